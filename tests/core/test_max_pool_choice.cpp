#include <doctest/doctest.h>

#include <limits>
#include <reel/core/kernels/conv.h>
#include <reel/core/kernels/elementwise.h>
#include <reel/core/kernels/max_pool_choice.h>
#include <reel/core/kernels/pool.h>
#include <reel/core/random.h>
#include <tests/note.h>
#include <tests/threads.h>
#include <vector>

// A max pooling of the activation, and a convolution that is pooled on its way out, against their parts. The pooling
// itself is held against a naive loop in test_softmax_pool.cpp.

using namespace reel;
using reel::testing::same_bits;
using reel::testing::WithThreads;

namespace {

constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();

/// Few different numbers, so that there are ties.
Tensor draw(const Shape& shape, DType dtype, std::uint64_t seed = 7) {
  Generator generator(seed);
  return (randint(-3, 4, shape, generator).to(dtype)) * 0.5;
}

/// The pooling of the activation against its parts.
void check_alike(const Tensor& x, const Pool2dOptions& options) {
  const auto g = kernels::pool2d_geometry("max_pool2d", x.shape(), options);
  const Tensor cut = relu(x);
  const auto of_parts = kernels::max_pool2d_choosing(cut, g);
  const auto got = kernels::max_pool2d_choosing(x, g, Activation::relu);
  CHECK(same_bits(got.output + 0.0, of_parts.output + 0.0));  // which makes zeros alike
  const Tensor grad = draw(got.output.shape(), x.dtype(), 8) + 0.25;
  const Tensor expected = leaky_relu_grad(kernels::spread_to_choice(grad, of_parts.choice, g), cut, 0);
  CHECK(same_bits(kernels::spread_to_choice(grad, got.choice, g) + 0.0, expected + 0.0));
  const Tensor planes = draw(x.shape(), x.dtype(), 9) + 0.25;
  const Tensor picked = kernels::pick_choice(leaky_relu_grad(planes, cut, 0), of_parts.choice, g);
  CHECK(same_bits(kernels::pick_choice(planes, got.choice, g) + 0.0, picked + 0.0));
}

}  // namespace

TEST_CASE("a pooling of the ReLU gives the bits of its parts, and so do its choices") {
  for (const DType dtype : {float32, float64}) {
    for (const Pool2dOptions& options : {Pool2dOptions{}, Pool2dOptions{.kernel_size = 3, .stride = 2, .padding = 1}}) {
      for (std::int64_t w = 2; w < 40; ++w) {
        CAPTURE(w);
        check_alike(draw({2, 3, 5, w}, dtype), options);
      }
      check_alike(draw({0, 3, 4, 4}, dtype), options);
      check_alike(Tensor::of({not_a_number, 1, not_a_number, not_a_number, 2, not_a_number, 3, not_a_number,  //
                              -1, not_a_number, 4, 5, not_a_number, 7, 1, 2},
                             {1, 1, 4, 4}, dtype),
                  options);
    }
  }
}

TEST_CASE("a convolution that is pooled on its way out gives the bits of its parts, on any number of threads") {
  using kernels::ConvAlgorithm;
  struct Case {
    Shape input, weight;
    Conv2dOptions options;
  };
  const std::vector<Case> cases{{{70, 1, 28, 28}, {6, 1, 5, 5}, {.padding = 2}},
                                {{65, 6, 14, 14}, {16, 6, 5, 5}, {}},
                                {{3, 16, 9, 11}, {20, 16, 3, 3}, {.padding = 1}},
                                {{17, 16, 24, 24}, {16, 16, 3, 3}, {.padding = 1}},
                                {{20, 4, 25, 25}, {8, 2, 3, 3}, {.stride = 2, .groups = 2}},
                                {{9, 8, 26, 26}, {8, 1, 3, 3}, {.groups = 8}},
                                {{0, 1, 8, 8}, {2, 1, 3, 3}, {}}};
  for (const auto algorithm :
       {ConvAlgorithm::automatic, ConvAlgorithm::im2col, ConvAlgorithm::direct, ConvAlgorithm::images}) {
    kernels::set_conv_algorithm(algorithm);
    for (const auto& [input, weight, options] : cases) {
      const auto noted = note(input);
      Generator generator(1);
      const Tensor x = normal(input, 0, 1, float32, generator);
      const Tensor w = normal(weight, 0, 1, float32, generator);
      const Tensor b = normal({weight[0]}, 0, 1, float32, generator);
      const auto g = kernels::conv2d_geometry("conv2d", input, weight, options);
      const Tensor y = kernels::conv2d_forward(x, w, {b}, g);
      const auto windows = kernels::pool2d_geometry("max_pool2d", y.shape(), {});
      const auto expected = kernels::max_pool2d_choosing(y, windows, Activation::relu);
      for (const int threads : {1, 2, 5}) {
        const WithThreads guard(threads);
        const auto got = kernels::conv2d_pooled_forward(x, w, {b, Activation::relu}, g);
        CHECK(same_bits(got.output, expected.output));
        CHECK(same_bits(got.choice, expected.choice));
      }
    }
  }
  kernels::set_conv_algorithm(ConvAlgorithm::automatic);
}
