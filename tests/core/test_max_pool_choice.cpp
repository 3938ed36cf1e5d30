#include <doctest/doctest.h>

#include <limits>
#include <reel/core/kernels/conv.h>
#include <reel/core/kernels/elementwise.h>
#include <reel/core/kernels/max_pool_choice.h>
#include <reel/core/kernels/pool.h>
#include <reel/core/random.h>
#include <tests/threads.h>
#include <vector>

// A max pooling that keeps its choices, against the one that finds them again, and a convolution that is pooled on its
// way out against its parts.

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

void check_alike(const Tensor& x, Activation activation) {
  const bool is_relu = activation == Activation::relu;
  const auto g = kernels::pool2d_geometry("max_pool2d", x.shape(), {});
  const Tensor cut = is_relu ? relu(x) : x;
  const Tensor y = kernels::max_pool2d(cut, g);
  kernels::Pooled got = kernels::Pooled::empty(x.shape(), x.dtype());
  kernels::pool_choosing(x, activation, got);
  CHECK(same_bits(got.output + 0.0, y + 0.0));  // which makes zeros alike
  const Tensor grad = draw(y.shape(), x.dtype(), 8) + 0.25;
  const Tensor at_cut = kernels::max_pool2d_adjoint(grad, cut, y, g);
  const Tensor expected = is_relu ? leaky_relu_grad(at_cut, cut, 0) : at_cut;
  CHECK(same_bits(kernels::spread_to_choice(grad, got.choice, g.in_h, g.in_w) + 0.0, expected + 0.0));
  const Tensor planes = draw(x.shape(), x.dtype(), 9) + 0.25;
  const Tensor masked = is_relu ? leaky_relu_grad(planes, cut, 0) : planes;
  CHECK(same_bits(kernels::pick_choice(planes, got.choice) + 0.0, kernels::max_pool2d_pick(masked, cut, y, g) + 0.0));
}

}  // namespace

TEST_CASE("a pooling that keeps its choices makes those that are found again") {
  for (const DType dtype : {float32, float64}) {
    for (const auto activation : {Activation::none, Activation::relu}) {
      for (std::int64_t w = 2; w < 40; ++w) {
        CAPTURE(w);
        check_alike(draw({2, 3, 5, w}, dtype), activation);
      }
      check_alike(draw({0, 3, 4, 4}, dtype), activation);
      check_alike(Tensor::of({not_a_number, 1, not_a_number, not_a_number, 2, not_a_number, 3, not_a_number,  //
                              -1, not_a_number, 4, 5, not_a_number, 7, 1, 2},
                             {1, 1, 4, 4}, dtype),
                  activation);
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
      CAPTURE(input);
      Generator generator(1);
      const Tensor x = normal(input, 0, 1, float32, generator);
      const Tensor w = normal(weight, 0, 1, float32, generator);
      const Tensor b = normal({weight[0]}, 0, 1, float32, generator);
      const auto g = kernels::conv2d_geometry("conv2d", input, weight, options);
      const Tensor y = kernels::conv2d_forward(x, w, b, g);
      kernels::Pooled expected = kernels::Pooled::empty(y.shape(), float32);
      kernels::pool_choosing(y, Activation::relu, expected);
      for (const int threads : {1, 2, 5}) {
        const WithThreads guard(threads);
        const auto got = kernels::conv2d_pooled_forward(x, w, b, g, Activation::relu);
        CHECK(same_bits(got.output, expected.output));
        CHECK(same_bits(got.choice, expected.choice));
      }
    }
  }
  kernels::set_conv_algorithm(ConvAlgorithm::automatic);
}
