// A generative adversarial net that draws digits: Gulrajani et al., "Improved Training of Wasserstein GANs" (2017). The
// critic rates real images higher than drawn ones, with a slope of at most about 1 between them; the generator draws
// what is rated high. The slope stands in the critic's loss, so its training takes the gradient of a gradient.

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
  std::uint64_t steps = 1600, batch_size = 64, critic_steps = 5, seed = 0;
  std::string output = "wgan_gp.png";
};

constexpr std::int64_t noise = 64;
constexpr double penalty_weight = 10;

/// noise [N, 64] -> images [N, 1, 28, 28] in (0, 1)
class Generator : public nn::Module {
 protected:
  Variable forward(const Variable& z) override {
    return grow_(reshape(relu(norm_(spread_(z))), {z.shape()[0], 64, 7, 7}));
  }

 private:
  nn::Linear& spread_ = add("spread", nn::Linear(noise, 64 * 7 * 7));
  nn::BatchNorm1d& norm_ = add("norm", nn::BatchNorm1d(64 * 7 * 7));
  nn::Sequential& grow_ =
      add("grow",
          nn::Sequential{
              nn::ConvTranspose2d({.in_channels = 64, .out_channels = 32, .kernel_size = 4, .stride = 2, .padding = 1}),
              nn::BatchNorm2d(32), nn::ReLU(),
              nn::ConvTranspose2d({.in_channels = 32, .out_channels = 1, .kernel_size = 4, .stride = 2, .padding = 1}),
              nn::Sigmoid()});
};

/// images [N, 1, 28, 28] -> ratings [N, 1]. No batch normalisation: the penalty is on each image's own gradient.
nn::Sequential make_critic() {
  return nn::Sequential{
      nn::Conv2d({.in_channels = 1, .out_channels = 32, .kernel_size = 4, .stride = 2, .padding = 1}),
      nn::LeakyReLU(0.2),
      nn::Conv2d({.in_channels = 32, .out_channels = 64, .kernel_size = 4, .stride = 2, .padding = 1}),
      nn::LeakyReLU(0.2),
      nn::Flatten(),
      nn::Linear(64 * 7 * 7, 1)};
}

/// Of images on the way from real ones to drawn ones: the mean of (length of the rating's gradient - 1)^2.
Variable gradient_penalty(nn::Sequential& critic, const Tensor& real, const Tensor& drawn) {
  const Tensor share = uniform({real.size(0), 1, 1, 1});
  const Variable between = Variable::leaf(real * share + drawn * (1.0 - share));
  const Variable slope = grad({sum(critic(between))}, {between}, {.create_graph = true})[0];
  const Variable excess = sqrt(sum(slope * slope, {1, 2, 3}) + 1e-12) - 1.0;
  return mean(excess * excess);
}

struct Losses {
  double gap;      // how much higher real images are rated: an estimate of the Wasserstein distance
  double penalty;  // as above
};

class Trainer {
 public:
  explicit Trainer(const Options& o)
      : generator_optimizer_(generator.parameters(), {.lr = 2e-4, .beta1 = 0.5, .beta2 = 0.9}),
        critic_optimizer_(critic.parameters(), {.lr = 2e-4, .beta1 = 0.5, .beta2 = 0.9}),
        batch_size_(static_cast<std::int64_t>(o.batch_size)) {}

  Losses train_critic(const Tensor& real) {
    const Tensor drawn = draw(real.size(0)).value();  // no tape: the generator's gradient is not wanted here
    Tape tape;
    const Variable gap = mean(critic(real)) - mean(critic(drawn));
    const Variable penalty = gradient_penalty(critic, real, drawn);
    tape.backward(penalty_weight * penalty - gap);
    critic_optimizer_.step();
    critic_optimizer_.zero_grad();
    return {gap.item(), penalty.item()};
  }

  void train_generator() {
    critic.freeze();  // saves the gradients of its weights
    {
      Tape tape;
      tape.backward(-mean(critic(draw(batch_size_))));
    }
    critic.unfreeze();
    generator_optimizer_.step();
    generator_optimizer_.zero_grad();
  }

  Variable draw(std::int64_t count) { return generator(normal({count, noise})); }

  Generator generator;
  nn::Sequential critic = make_critic();

 private:
  optim::Adam generator_optimizer_, critic_optimizer_;
  std::int64_t batch_size_;
};

/// Batch after batch, without end.
class Stream {
 public:
  Stream(const data::ImageDataset& images, const Options& o)
      : loader_(images, {.batch_size = static_cast<std::int64_t>(o.batch_size), .seed = o.seed, .drop_last = true}),
        place_(loader_.begin()) {}

  Tensor next() {
    if (place_ == data::DataLoader::end()) place_ = loader_.begin();
    Tensor images = place_->images;
    ++place_;
    return images;
  }

 private:
  data::DataLoader loader_;
  data::DataLoader::Iterator place_;
};

void run(const Options& o) {
  const data::Mnist digits = mnist::load_digits(o.source);
  manual_seed(o.seed);
  Trainer trainer(o);
  std::cout << "generator: " << trainer.generator.parameter_count()
            << " parameters, critic: " << trainer.critic.parameter_count() << '\n';
  const Tensor kept = normal({64, noise});  // the same for every row of the picture
  Stream stream(digits.train, o);
  std::vector<Tensor> rows;
  const training::Stopwatch watch;
  for (std::uint64_t step = 1; step <= o.steps; ++step) {
    Losses losses{};
    for (std::uint64_t i = 0; i < o.critic_steps; ++i) losses = trainer.train_critic(stream.next());
    trainer.train_generator();
    if (step != 1 && step % std::max<std::uint64_t>(1, o.steps / 8) != 0 && step != o.steps) continue;
    std::printf("step %5llu: distance %7.3f, penalty %.4f, %.0f s\n", static_cast<unsigned long long>(step), losses.gap,
                losses.penalty, watch.seconds());
    std::fflush(stdout);
    trainer.generator.eval();
    rows.push_back(trainer.generator(kept.narrow(0, 0, 16)).value());
    trainer.generator.train();
  }
  data::write_png(o.output, examples::tile(concatenate(rows), 16));
  std::cout << "wrote " << o.output << ": the same 16 drawings, a row each time that a line was printed\n";
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Trains a net to draw digits, by a critic with a gradient penalty.", "wgan_gp");
  Options o;
  const auto number = [&](const char* name, std::uint64_t& value, const char* text, std::uint64_t least) {
    app.add_option(name, value, text)->capture_default_str()->transform(examples::whole(least, examples::most_counted));
  };
  app.add_option("--data", o.source.data, "synthetic, mnist, fashion-mnist or a folder with IDX files")
      ->capture_default_str();
  number("--steps", o.steps, "Of the generator", 1);
  number("--critic-steps", o.critic_steps, "Of the critic for each of the generator's", 1);
  number("--batch-size", o.batch_size, "Images a step", 2);
  number("--seed", o.seed, "Of the weights, the noise and the order of the images", 0);
  app.add_option("--output", o.output, "PNG file to write")->capture_default_str();
  return examples::run_program(app, argc, argv, [&] { run(o); });
}
