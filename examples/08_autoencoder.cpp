// A convolutional autoencoder: a digit of 784 pixels goes through a few numbers and comes out again. Strided
// convolutions halve the picture on the way in, transposed ones of the same geometry double it on the way out.

#include <cstdio>
#include <iostream>
#include <reel/reel.h>
#include <string>
#include <vector>

#include "command_line.h"
#include "models/digits.h"
#include "pictures.h"

namespace {

using namespace reel;

struct Options {
  mnist::DigitSource source;
  std::uint64_t epochs = 3, batch_size = 64, code = 16, train_limit = 0, seed = 0;
  std::string output = "autoencoder.png";
};

/// x [N, 1, 28, 28] with values in [0, 1] -> code [N, K]
nn::Sequential make_encoder(std::int64_t code) {
  return nn::Sequential{
      nn::Conv2d({.in_channels = 1, .out_channels = 16, .kernel_size = 3, .stride = 2, .padding = 1}),
      nn::ReLU(),
      nn::Conv2d({.in_channels = 16, .out_channels = 32, .kernel_size = 3, .stride = 2, .padding = 1}),
      nn::ReLU(),
      nn::Flatten(),
      nn::Linear(32 * 7 * 7, code)};
}

/// code [N, K] -> logits of the pixels [N, 1, 28, 28]
class Decoder : public nn::Module {
 public:
  explicit Decoder(std::int64_t code) : spread_(add("spread", nn::Linear(code, 32 * 7 * 7))) {}

 protected:
  Variable forward(const Variable& code) override {
    return grow_(reshape(relu(spread_(code)), {code.shape()[0], 32, 7, 7}));
  }

 private:
  // output_padding = 1: of the two sizes that a stride of 2 takes to the same, the even one
  static constexpr std::int64_t kernel = 3;
  nn::Linear& spread_;
  nn::Sequential& grow_ = add("grow", nn::Sequential{nn::ConvTranspose2d({.in_channels = 32,
                                                                          .out_channels = 16,
                                                                          .kernel_size = kernel,
                                                                          .stride = 2,
                                                                          .padding = 1,
                                                                          .output_padding = 1}),
                                                     nn::ReLU(),
                                                     nn::ConvTranspose2d({.in_channels = 16,
                                                                          .out_channels = 1,
                                                                          .kernel_size = kernel,
                                                                          .stride = 2,
                                                                          .padding = 1,
                                                                          .output_padding = 1})});
};

struct Autoencoder : nn::Module {
  explicit Autoencoder(std::int64_t code)
      : encoder(add("encoder", make_encoder(code))), decoder(add("decoder", Decoder(code))) {}
  Variable forward(const Variable& x) override { return decoder(encoder(x)); }

  nn::Sequential& encoder;
  Decoder& decoder;
};

/// Each pixel is a probability of ink, so the loss is the binary cross-entropy, the mean over all pixels.
double mean_loss(Autoencoder& model, const data::ImageDataset& images) {
  training::RunningMean mean;
  for (const auto& [x, labels] :
       data::DataLoader(images, {.batch_size = std::min<std::int64_t>(500, images.size()), .shuffle = false})) {
    mean.add(binary_cross_entropy_with_logits(model(x), x).item(), static_cast<double>(labels.numel()));
  }
  return mean.mean();
}

void train(Autoencoder& model, const data::Mnist& digits, const Options& o) {
  optim::Adam optimizer(model.parameters(), {.lr = 2e-3});
  data::DataLoader loader(
      digits.train,
      {.batch_size = std::min(static_cast<std::int64_t>(o.batch_size), digits.train.size()), .seed = o.seed});
  const auto epochs = static_cast<std::int64_t>(o.epochs);
  optim::CosineAnnealingLR schedule(optimizer, epochs * loader.size());
  for (std::int64_t epoch = 1; epoch <= epochs; ++epoch) {
    const training::Stopwatch watch;
    training::RunningMean mean;
    for (const auto& [x, labels] : loader) {
      Tape tape;
      const Variable loss = binary_cross_entropy_with_logits(model(x), x);
      tape.backward(loss);
      optimizer.step();
      optimizer.zero_grad();
      schedule.step();
      mean.add(loss.item(), static_cast<double>(labels.numel()));
    }
    std::printf("epoch %lld/%lld: loss of a pixel %.4f in training, %.4f in the test, %.1f s\n",
                static_cast<long long>(epoch), static_cast<long long>(epochs), mean.mean(),
                mean_loss(model, digits.test), watch.seconds());
    std::fflush(stdout);
  }
}

/// Below one another: the pictures, what came out; then, row by row, the way from one digit's code to another's.
Tensor show(Autoencoder& model, const data::ImageDataset& images) {
  constexpr std::int64_t columns = 12;
  const data::Batch batch = *data::DataLoader(images, {.batch_size = columns, .shuffle = false}).begin();
  const Tensor code = model.encoder(batch.images).value();
  std::vector<Tensor> rows{batch.images, sigmoid(model.decoder(code).value())};
  const Tensor share = Tensor::arange(0, columns).unsqueeze(1) / static_cast<double>(columns - 1);
  for (std::int64_t i = 0; i < 4; ++i) {
    const Tensor way = code[2 * i] * (1.0 - share) + code[2 * i + 1] * share;
    rows.push_back(sigmoid(model.decoder(way).value()));
  }
  return examples::tile(concatenate(rows), columns);
}

void run(const Options& o) {
  data::Mnist digits = mnist::load_digits(o.source);
  if (o.train_limit > 0) {
    digits.train = digits.train.slice(0, std::min(static_cast<std::int64_t>(o.train_limit), digits.train.size()));
  }
  manual_seed(o.seed);
  Autoencoder model(static_cast<std::int64_t>(o.code));
  std::cout << nn::summary(model, {1, 1, 28, 28}) << "\n784 pixels go through " << o.code << " numbers\n";
  train(model, digits, o);
  data::write_png(o.output, show(model, digits.test));
  std::cout << "wrote " << o.output << ": test images, what comes out, and ways from one code to another\n";
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Trains an autoencoder on digits, and shows what it makes of them.", "autoencoder");
  Options o;
  app.add_option("--data", o.source.data, "synthetic, mnist, fashion-mnist or a folder with IDX files")
      ->capture_default_str();
  app.add_option("--epochs", o.epochs, "Passes over the training images")
      ->capture_default_str()
      ->transform(examples::whole(1, examples::most_counted));
  app.add_option("--batch-size", o.batch_size, "Images a step")
      ->capture_default_str()
      ->transform(examples::whole(1, examples::most_counted));
  app.add_option("--code", o.code, "Numbers that a picture is squeezed into")
      ->capture_default_str()
      ->transform(examples::whole(1, 1024));
  app.add_option("--train-limit", o.train_limit, "Only the first of the training images; 0: all")
      ->capture_default_str()
      ->transform(examples::whole(0, examples::most_counted));
  app.add_option("--seed", o.seed, "Of the weights and the order of the images")
      ->capture_default_str()
      ->transform(examples::whole(0, examples::most_counted));
  app.add_option("--output", o.output, "PNG file to write")->capture_default_str();
  return examples::run_program(app, argc, argv, [&] { run(o); });
}
