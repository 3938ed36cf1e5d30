// A convolution with weights of +-1, trained through a straight-through estimator: the sign has no gradient worth the
// name, so its backward pretends to be that of clip(w, -1, 1) (Hubara et al., 2016), and each filter has a scale, the
// mean of its |w| (Rastegari et al., 2016).

#include <iostream>
#include <reel/reel.h>

#include "no_options.h"

using namespace reel;

namespace {

/// The sign of w (+1 at 0), with the gradient of clip(w, -1, 1).
Variable binarize(const Variable& w) {
  const Tensor one = scalar_like(1, w.value());
  return record("binarize", {w}, where(ge(w.value(), one - one), one, -one),
                [inside = le(abs(w.value()), one)](const Variable& grad, const Step&) -> Gradients {
                  return {where(inside, grad, grad * 0.0)};
                });
}

struct BinaryConv2d : nn::Module {
  BinaryConv2d(std::int64_t in, std::int64_t out, std::int64_t k)
      : weight(parameter("weight", nn::init::default_weight({out, in, k, k}))) {}

  Variable forward(const Variable& x) override {
    const Variable scale = mean(abs(weight), {1, 2, 3}, true);
    return conv2d(x, scale * binarize(weight), {}, {.padding = "same"});
  }

  const Variable& weight;
};

void train(nn::Module& model, data::DataLoader& loader) {
  optim::Adam optimizer(model.parameters(), {.lr = 0.005});
  for (int epoch = 0; epoch < 3; ++epoch) {
    for (const auto& [images, labels] : loader) {
      Tape tape;
      tape.backward(cross_entropy(model(images), labels));
      optimizer.step();
      optimizer.zero_grad();
    }
  }
}

/// The share of digits that are read right, in percent.
double accuracy(nn::Module& model, data::DataLoader& loader) {
  double right = 0;
  for (const auto& [images, labels] : loader)
    right += mean(eq(argmax(model(images).value()), labels).to(float32)).item();
  return 100 * right / static_cast<double>(loader.size());
}

void run() {
  manual_seed(1);
  nn::Sequential model{BinaryConv2d(1, 8, 5),  nn::BatchNorm2d(8),     nn::ReLU(), nn::MaxPool2d(2),
                       BinaryConv2d(8, 16, 5), nn::BatchNorm2d(16),    nn::ReLU(), nn::MaxPool2d(2),
                       nn::Flatten(),          nn::Linear(16 * 49, 10)};
  data::DataLoader training(data::synthetic_digits(5000, 1), {.batch_size = 50});
  train(model, training);
  model.eval();
  data::DataLoader test(data::synthetic_digits(1000, 2), {.batch_size = 50});
  std::cout << model << "\nread right with filters of +-1: " << accuracy(model, test) << " % of 1000 drawn digits\n";
}

}  // namespace

int main(int argc, char** argv) {
  if (const auto code = examples::refuse_options(argc, argv, "A convolution with filters of +-1.")) return *code;
  try {
    run();
    return 0;
  } catch (const std::exception& error) {
    std::cerr << "binary_conv: " << error.what() << '\n';
    return 1;
  }
}
