// Where a net looks. Saliency (Simonyan et al., 2014): the gradient of a class's logit with respect to the pixels; what
// is orange pulls towards the class, what is blue pushes away. Grad-CAM (Selvaraju et al., 2017): the feature maps of
// the last convolution, weighted by the mean gradient of the logit over each, and what is above zero of the sum.

#include <cstdio>
#include <iostream>
#include <reel/reel.h>
#include <string>
#include <vector>

#include "command_line.h"
#include "models/digits.h"
#include "models/mnist.h"
#include "pictures.h"

namespace {

using namespace reel;
using namespace examples;

struct Options {
  mnist::DigitSource source;
  std::string weights;
  std::string output = "saliency.png";
  std::uint64_t images = 6, seed = 0;
};

struct Net {
  std::string name;
  nn::Sequential model;
};

Net load(const std::string& weights) {
  const mnist::SavedModel saved = mnist::load_model(weights);
  Net net{saved.name, mnist::make_model(saved.name)};
  net.model.load_state_dict(saved.state);
  return net;
}

/// A cnn after one pass over drawn digits, where no weights are given.
Net train(std::uint64_t seed) {
  manual_seed(seed);
  Net net{"cnn", mnist::make_model("cnn")};
  optim::SGD optimizer(net.model.parameters(), {.lr = 0.05, .momentum = 0.9});
  data::DataLoader loader(data::synthetic_digits(6400, seed + 1),
                          {.seed = seed, .normalization = data::mnist_normalization()});
  training::ProgressBar bar("training a cnn", loader.size());
  for (std::int64_t step = 0; const auto& [images, labels] : loader) {
    Tape tape;
    tape.backward(cross_entropy(net.model(images), labels));
    optimizer.step();
    optimizer.zero_grad();
    bar.update(++step);
  }
  return net;
}

/// The last of the layers that give feature maps [N, C, H, W] with more than one pixel.
nn::Module& last_maps(nn::Sequential& model, const Tensor& images) {
  nn::Module* last = nullptr;
  Variable x = images;
  for (const auto& [name, layer] : model.named_children()) {
    x = (*layer)(x);
    if (x.rank() == 4 && x.shape()[2] * x.shape()[3] > 1) last = layer;
  }
  require<ValueError>(last != nullptr, "saliency",
                      "the net has no layer of feature maps, as a convolution's; "
                      "Grad-CAM has nothing to show for it");
  return *last;
}

/// Of N images: the classes, and for each of these
struct Look {
  Tensor classes;        // int64 [N], what the net takes them for
  Tensor probabilities;  // [N], how sure it is
  Tensor saliency;       // [N, H, W]
  Tensor cam;            // [N, H, W], 0 to 1
};

Look look(nn::Sequential& model, const Tensor& images) {
  nn::Module& layer = last_maps(model, images);
  Variable maps;
  const auto hook = layer.register_forward_hook([&](nn::Module&, const Variable&, const Variable& y) {
    maps = y;
    return y;
  });
  Tape tape;
  const Variable pixels = Variable::leaf(images);
  const Variable logits = model(pixels);
  Look result;
  result.classes = argmax(logits.value(), 1);
  result.probabilities = max(softmax(logits.value(), 1), {1});
  // The images of a batch don't mix in evaluation, so the sum's gradient is that of each image's own logit.
  const Variable score = sum(logits * one_hot(result.classes, logits.shape()[1]));
  const std::vector<Variable> gradients = grad({score}, {pixels, maps});
  result.saliency = gradients[0].value().select(1, 0);

  const Tensor weight = mean(gradients[1].value(), {2, 3}, /*keepdim=*/true);  // [N, C, 1, 1]
  const Tensor cam = relu(sum(weight * maps.value(), {1}, /*keepdim=*/true));  // [N, 1, h, w]
  const Tensor scaled = cam / (max(cam, {1, 2, 3}, /*keepdim=*/true) + 1e-12);
  result.cam = interpolate(scaled, {.size = Pair(images.size(2), images.size(3)), .mode = Interpolation::bilinear})
                   .value()
                   .select(1, 0);
  return result;
}

/// What is seen, [H, W], under the heat, [H, W]: both 0 to 1.
Tensor overlay(const Tensor& grey, const Tensor& heat) {
  const Tensor red = Tensor::of({1, 0.35, 0.1}, {3, 1, 1});
  return to_picture(grey * 0.55 * (1.0 - heat) + heat * red);
}

void run(const Options& o) {
  Net net = o.weights.empty() ? train(o.seed) : load(o.weights);
  net.model.eval();
  const data::ImageDataset digits = mnist::load_test_digits(o.source);
  const std::int64_t count = std::min(static_cast<std::int64_t>(o.images), digits.size());
  const auto seen = *data::DataLoader(digits, {.batch_size = count, .seed = o.seed}).begin();
  const auto shown =
      *data::DataLoader(digits, {.batch_size = count, .seed = o.seed, .normalization = data::mnist_normalization()})
           .begin();
  const Look looked = look(net.model, shown.images);

  constexpr std::int64_t times = 8;
  std::vector<Panel> panels;
  for (std::int64_t i = 0; i < count; ++i) {
    const Tensor grey = seen.images[i][0];
    panels.push_back({concat("a ", seen.labels.at({i})), enlarge(to_picture(grey.unsqueeze(0)), times)});
    const std::string taken = concat("saliency of ", looked.classes.at({i}));
    panels.push_back({taken, enlarge(signed_picture(looked.saliency[i]), times)});
    panels.push_back({"Grad-CAM", enlarge(overlay(grey, looked.cam[i]), times)});
    std::printf("a %d taken for a %d, with %.1f %%\n", static_cast<int>(seen.labels.at({i})),
                static_cast<int>(looked.classes.at({i})), 100 * looked.probabilities.at({i}));
  }
  data::write_png(o.output, lay_out(panels, 6));
  std::cout << "wrote " << o.output << ": what " << net.name
            << " looks at. Orange pulls towards the class, blue away.\n";
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Shows what a net looks at: saliency and Grad-CAM.", "saliency");
  Options o;
  app.add_option("--load", o.weights, "Weights written by mnist --save (default: a cnn that is trained at the start)");
  app.add_option("--data", o.source.data, "synthetic, mnist, fashion-mnist or a folder with IDX files")
      ->capture_default_str();
  app.add_option("--images", o.images, "Test images to look at")->capture_default_str()->transform(whole(1, 100));
  app.add_option("--seed", o.seed, "Which images, and of the net's weights")
      ->capture_default_str()
      ->transform(whole(0, most_counted));
  app.add_option("--output", o.output, "PNG file to write")->capture_default_str();
  return run_program(app, argc, argv, [&] { run(o); });
}
