#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <reel/autograd/ops/activation.h>
#include <reel/autograd/ops/arithmetic.h>
#include <reel/autograd/ops/reduce.h>
#include <reel/autograd/tape.h>
#include <reel/core/kernels/conv.h>
#include <reel/nn/activation.h>
#include <reel/nn/batch_norm.h>
#include <reel/nn/conv.h>
#include <reel/nn/linear.h>
#include <reel/nn/pooling.h>
#include <reel/nn/sequential.h>
#include <tests/autograd/golden.h>

// A layer of a Sequential does a ReLU, a max pooling and a batch normalisation behind it on its way out. It must not
// show: same values, same gradients.

using namespace reel;
using namespace reel::testing;

namespace {

/// Runs x through the layers one after the other, each as it is.
Variable one_by_one(nn::Sequential& model, const Variable& x) {
  Variable out = x;
  for (std::size_t i = 0; i < model.size(); ++i) out = model[i](out);
  return out;
}

/// The output, the gradient of x, and those of the parameters, for a fixed gradient of the output.
template <class F>
std::vector<Tensor> results(nn::Sequential& model, const Tensor& input, const F& run) {
  const Variable x = Variable::leaf(input.clone(), "x");
  Tape tape;
  const Variable y = run(model, x);
  Generator generator(8);
  tape.backward(y, {.gradient = normal(y.shape(), 0, 1, float32, generator)});
  std::vector<Tensor> out{y.value(), x.grad()};
  for (const Variable& p : model.parameters()) out.push_back(p.grad());
  model.zero_grad();
  return out;
}

/// `tolerance` is that of the output in evaluation.
void check_alike(nn::Sequential model, const Shape& shape, double tolerance = 0) {
  Generator generator(7);
  const Tensor x = normal(shape, 0, 1, float32, generator);
  for (const bool training : {true, false}) {
    model.train(training);
    const auto expected = results(model, x, one_by_one);
    const auto got = results(model, x, [](nn::Sequential& m, const Variable& input) { return m(input); });
    REQUIRE(got.size() == expected.size());
    CHECK(relative_error(got[0], expected[0]) <= (training ? 0 : tolerance));
    for (std::size_t i = 1; i < got.size(); ++i) CHECK(relative_error(got[i], expected[i]) < 1e-6 + tolerance);
  }
  CHECK(relative_error(model(x).value(), one_by_one(model, x).value()) <= tolerance);  // no tape
}

}  // namespace

TEST_CASE("a ReLU on the way out of a layer gives what it gives behind it") {
  using kernels::ConvAlgorithm;
  for (const auto algorithm :
       {ConvAlgorithm::automatic, ConvAlgorithm::im2col, ConvAlgorithm::direct, ConvAlgorithm::images}) {
    CAPTURE(static_cast<int>(algorithm));
    kernels::set_conv_algorithm(algorithm);
    check_alike(nn::Sequential{nn::Conv2d({.in_channels = 16, .out_channels = 20, .kernel_size = 3, .padding = 1}),
                               nn::ReLU(), nn::MaxPool2d(2)},
                {3, 16, 9, 8});
    check_alike(
        nn::Sequential{nn::Conv2d({.in_channels = 3, .out_channels = 6, .kernel_size = 5, .stride = 2}), nn::ReLU()},
        {2, 3, 12, 11});
    check_alike(nn::Sequential{nn::Conv1d({.in_channels = 5, .out_channels = 6, .kernel_size = 3, .padding = "same"}),
                               nn::ReLU()},
                {2, 5, 31});
    check_alike(
        nn::Sequential{
            nn::ConvTranspose2d({.in_channels = 5, .out_channels = 6, .kernel_size = 4, .stride = 2}), nn::ReLU(),
            nn::ConvTranspose2d({.in_channels = 6, .out_channels = 3, .kernel_size = 3, .bias = false}), nn::ReLU()},
        {2, 5, 7, 6});
  }
  kernels::set_conv_algorithm(ConvAlgorithm::automatic);
  check_alike(nn::Sequential{nn::Linear(7, 5), nn::ReLU(), nn::Linear(5, 3, false), nn::ReLU()}, {4, 7});
  check_alike(nn::Sequential{nn::BatchNorm2d(3), nn::ReLU()}, {4, 3, 5, 5});
  // A layer that knows nothing of it, and two ReLUs in a row.
  check_alike(nn::Sequential{nn::Tanh(), nn::ReLU(), nn::ReLU()}, {4, 7});
}

TEST_CASE("a max pooling on the way out of a convolution gives what it gives behind it") {
  const nn::Conv2dOptions conv{.in_channels = 2, .out_channels = 6, .kernel_size = 3};
  check_alike(nn::Sequential{nn::Conv2d(conv), nn::MaxPool2d(2)}, {4, 2, 9, 12});
  check_alike(nn::Sequential{nn::Conv2d(conv), nn::ReLU(), nn::MaxPool2d(2), nn::ReLU()}, {33, 2, 28, 28});
  // Not on the way: other windows, and a ReLU that comes after.
  check_alike(nn::Sequential{nn::Conv2d(conv), nn::ReLU(), nn::MaxPool2d(3)}, {4, 2, 11, 12});
  check_alike(nn::Sequential{nn::Conv2d(conv), nn::ReLU(), nn::MaxPool2d({.kernel_size = 2, .stride = 1})},
              {4, 2, 9, 12});
  check_alike(nn::Sequential{nn::Conv2d(conv), nn::MaxPool2d(2), nn::ReLU()}, {4, 2, 9, 12});
  check_alike(nn::Sequential{nn::Linear(7, 5), nn::MaxPool2d(2)}, {2, 2, 4, 7});
}

TEST_CASE("a batch normalisation on the way out of a convolution in evaluation gives what it gives behind it") {
  using kernels::ConvAlgorithm;
  const nn::Conv2dOptions wide{.in_channels = 16, .out_channels = 20, .kernel_size = 3, .padding = 1, .bias = false};
  const nn::Conv2dOptions few{
      .in_channels = 2, .out_channels = 6, .kernel_size = 3, .padding = 1, .padding_mode = PaddingMode::reflect};
  for (const auto algorithm :
       {ConvAlgorithm::automatic, ConvAlgorithm::im2col, ConvAlgorithm::direct, ConvAlgorithm::images}) {
    CAPTURE(static_cast<int>(algorithm));
    kernels::set_conv_algorithm(algorithm);
    check_alike(nn::Sequential{nn::Conv2d(wide), nn::BatchNorm2d(20), nn::ReLU(), nn::MaxPool2d(2)}, {3, 16, 9, 8},
                2e-6);
    check_alike(nn::Sequential{nn::Conv2d(few), nn::BatchNorm2d(6), nn::MaxPool2d(2), nn::ReLU()}, {33, 2, 20, 20},
                2e-6);
    check_alike(nn::Sequential{nn::Conv2d(few), nn::BatchNorm2d(6), nn::BatchNorm2d(6)}, {5, 2, 9, 7}, 2e-6);
  }
  kernels::set_conv_algorithm(ConvAlgorithm::automatic);
}

TEST_CASE("a normalisation that doesn't fit the convolution before it is an error of its own") {
  nn::Sequential model{nn::Conv2d({.in_channels = 1, .out_channels = 2, .kernel_size = 3}), nn::BatchNorm2d(3),
                       nn::ReLU()};
  for (const bool training : {true, false}) {
    model.train(training);
    CHECK_THROWS_WITH_AS(static_cast<void>(model(Tensor::ones({4, 1, 8, 8}))),
                         doctest::Contains("batch_norm (1): input [4, 2, 6, 6] has 2 channels, weight has shape [3]"),
                         ShapeError);
  }
}

TEST_CASE("a max pooling on the way out of a batch normalisation gives what it gives behind it") {
  for (const Shape& shape : {Shape{4, 3, 2, 3}, Shape{4, 3, 7, 7}, Shape{3, 3, 28, 30}}) {
    check_alike(nn::Sequential{nn::BatchNorm2d(3), nn::ReLU(), nn::MaxPool2d(2)}, shape);
    check_alike(nn::Sequential{nn::BatchNorm2d(3), nn::MaxPool2d(2), nn::ReLU()}, shape);
  }
  nn::Sequential model{nn::BatchNorm2d(3), nn::ReLU(), nn::MaxPool2d(2)};
  const Tape tape;
  static_cast<void>(model(Tensor::ones({4, 3, 8, 8})));
  CHECK(tape.size() == 3);  // weight, bias, batch_norm_relu_max_pool2d
  CHECK_THROWS_WITH_AS(static_cast<void>(model(Tensor::ones({4, 3, 8, 1}))),
                       doctest::Contains("max_pool2d (2): a window of 2"), ShapeError);
}

TEST_CASE("a max pooling on the way is one op on the tape; what it can't do is that layer's own error") {
  nn::Sequential model{nn::Conv2d({.in_channels = 1, .out_channels = 2, .kernel_size = 3}), nn::ReLU(),
                       nn::MaxPool2d(2)};
  const Tape tape;
  static_cast<void>(model(Tensor::ones({4, 1, 8, 8})));
  CHECK(tape.size() == 3);  // weight, bias, conv2d_relu_max_pool2d
  CHECK_THROWS_WITH_AS(static_cast<void>(model(Tensor::ones({4, 1, 8, 3}))),
                       doctest::Contains("max_pool2d (2): a window of 2"), ShapeError);
}

TEST_CASE("a ReLU lets NaN through, behind a layer and on the way out of it") {
  nn::Sequential model{nn::Conv2d({.in_channels = 1, .out_channels = 1, .kernel_size = 1}), nn::ReLU()};
  Tensor weight = model.parameters()[0].value();
  weight.fill(std::numeric_limits<double>::quiet_NaN());
  CHECK(std::isnan(model(Tensor::ones({1, 1, 4, 4})).value().at({0, 0, 1, 1})));
}

TEST_CASE("NaN in a channel reaches its bias through batch_norm and ReLU, on the way or behind") {
  Tensor x = Tensor::ones({2, 1, 2, 2});
  x.fill(std::numeric_limits<double>::quiet_NaN());
  nn::Sequential model{nn::BatchNorm2d(1), nn::ReLU()};
  const auto bias_grad = [&](auto run) { return results(model, x, run)[3].at({0}); };
  const double behind = bias_grad(one_by_one);
  CHECK(behind != 0);
  CHECK(bias_grad([](nn::Sequential& m, const Variable& input) { return m(input); }) == doctest::Approx(behind));
}

TEST_CASE("a layer that is derived from one with a ReLU of its own is asked, too") {
  struct Halved : nn::Linear {
    using nn::Linear::Linear;
    Variable forward_with(const Variable& x, nn::LayersBehind& behind) override {
      return nn::Linear::forward_with(x, behind) * 0.5;
    }
  };
  check_alike(nn::Sequential{Halved(7, 5), nn::ReLU()}, {4, 7});
}

TEST_CASE("a ReLU on the way out is one op on the tape") {
  nn::Sequential model{nn::Linear(7, 5), nn::ReLU()};
  const Tape tape;
  static_cast<void>(model(Tensor::ones({4, 7})));
  CHECK(tape.size() == 3);  // weight, bias, linear_relu
}
