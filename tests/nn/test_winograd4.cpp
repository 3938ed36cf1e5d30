#include <doctest/doctest.h>

#include <reel/autograd/ops/loss.h>
#include <reel/autograd/tape.h>
#include <reel/core/kernels/conv.h>
#include <reel/core/random.h>
#include <reel/data/loader.h>
#include <reel/data/synthetic.h>
#include <reel/nn/activation.h>
#include <reel/nn/batch_norm.h>
#include <reel/nn/conv.h>
#include <reel/nn/linear.h>
#include <reel/nn/pooling.h>
#include <reel/nn/sequential.h>
#include <reel/optim/sgd.h>
#include <vector>

// Training with Winograd's large tiles, which round more, goes the way that it goes without them.

using namespace reel;
using kernels::ConvAlgorithm;

namespace {

/// The losses of training a small net of convolutions and batch normalisation, step by step.
std::vector<double> losses(ConvAlgorithm algorithm) {
  kernels::set_conv_algorithm(algorithm);
  manual_seed(3);
  nn::Sequential model{nn::Conv2d({.in_channels = 1, .out_channels = 16, .kernel_size = 3, .stride = 2, .padding = 1}),
                       nn::ReLU()};
  for (int i = 0; i < 2; ++i) {
    model.append(nn::Conv2d({.in_channels = 16, .out_channels = 16, .kernel_size = 3, .padding = 1, .bias = false}));
    model.append(nn::BatchNorm2d(16));
    model.append(nn::ReLU());
  }
  model.append(nn::MaxPool2d(2)).append(nn::Flatten()).append(nn::Linear(16 * 7 * 7, 10));
  optim::SGD optimizer(model.parameters(), {.lr = 0.02, .momentum = 0.9});
  data::DataLoader loader(data::synthetic_digits(3200, 1), {.batch_size = 32});
  std::vector<double> out;
  for (const auto& [images, labels] : loader) {
    Tape tape;
    const Variable loss = cross_entropy(model(images), labels);
    tape.backward(loss);
    optimizer.step();
    optimizer.zero_grad();
    out.push_back(loss.item());
  }
  kernels::set_conv_algorithm(ConvAlgorithm::automatic);
  return out;
}

double mean_of_last(const std::vector<double>& losses, std::size_t count) {
  double sum = 0;
  for (std::size_t i = losses.size() - count; i < losses.size(); ++i) sum += losses[i];
  return sum / static_cast<double>(count);
}

}  // namespace

TEST_CASE("a DataLoader and Winograd's large tiles: training stays near that with small ones") {
  const std::vector<double> small = losses(ConvAlgorithm::winograd);
  const std::vector<double> large = losses(ConvAlgorithm::winograd4);
  REQUIRE(small.size() == 100);
  REQUIRE(large.size() == 100);
  CHECK(large != small);  // they did take different ways
  for (std::size_t i = 0; i < 10; ++i) CHECK(large[i] == doctest::Approx(small[i]).epsilon(1e-4));
  CHECK(mean_of_last(large, 20) == doctest::Approx(mean_of_last(small, 20)).epsilon(0.05));
  CHECK(mean_of_last(large, 20) < 0.3 * small[0]);
}
