#include <doctest/doctest.h>

#include <cmath>
#include <reel/core/kernels/conv.h>
#include <reel/core/kernels/elementwise.h>
#include <reel/core/kernels/reduce.h>
#include <reel/core/kernels/simd.h>
#include <reel/core/random.h>
#include <tests/threads.h>

// Which of Winograd's two tiles a convolution takes, and how much they round. That they compute a convolution at all is
// for test_conv_sweep.cpp.

using namespace reel;
using kernels::ConvAlgorithm;
using reel::testing::same_bits;

namespace {

/// y, dx and dw.
struct Results {
  Tensor y, dx, dw;
};

/// Of C channels in and out.
struct Problem {
  kernels::Conv2dGeometry geometry;
  Tensor x, w, grad;

  Problem(const Shape& input, std::int64_t outputs) {
    const Shape weight{outputs, input[1], 3, 3};
    geometry = kernels::conv2d_geometry("winograd", input, weight, Conv2dOptions{.padding = 1});
    Generator generator(23);
    x = normal(input, 0, 1, float32, generator);
    w = normal(weight, 0, 1, float32, generator);
    grad = normal(geometry.output_shape(), 0, 1, float32, generator);
  }

  [[nodiscard]] Results computed(ConvAlgorithm algorithm, DType dtype = float32) const {
    kernels::set_conv_algorithm(algorithm);
    const Tensor input = x.to(dtype), weight = w.to(dtype), dy = grad.to(dtype);
    Results all{kernels::conv2d_forward(input, weight, {}, geometry), kernels::conv2d_input_grad(dy, weight, geometry),
                kernels::conv2d_weight_grad(input, dy, geometry)};
    kernels::set_conv_algorithm(ConvAlgorithm::automatic);
    return all;
  }
};

bool same_results(const Results& a, const Results& b) {
  return same_bits(a.y, b.y) && same_bits(a.dx, b.dx) && same_bits(a.dw, b.dw);
}

/// Root mean square of the errors, as a part of that of the numbers.
double rounding(const Tensor& fast, const Tensor& exact) {
  const Tensor error = fast.to(float64) - exact;
  return std::sqrt(sum(error * error).item() / sum(exact * exact).item());
}

}  // namespace

TEST_CASE("conv2d takes Winograd's large tiles where they save enough products, else the small ones") {
  if (!kernels::has_fast_vectors()) return;
  const auto takes = [](const Shape& input, std::int64_t outputs) {
    const Problem problem(input, outputs);
    const Results chosen = problem.computed(ConvAlgorithm::automatic);
    const bool is_small = same_results(chosen, problem.computed(ConvAlgorithm::winograd));
    const bool is_large = same_results(chosen, problem.computed(ConvAlgorithm::winograd4));
    REQUIRE(is_small != is_large);
    return is_large ? 4 : 2;
  };
  CHECK(takes({8, 16, 14, 14}, 32) == 4);
  CHECK(takes({1, 32, 28, 28}, 16) == 4);
  CHECK(takes({16, 16, 7, 7}, 16) == 4);
  CHECK(takes({1, 32, 14, 14}, 32) == 2);   // too few pixels for the larger weight
  CHECK(takes({100, 16, 6, 6}, 16) == 2);   // 4 tiles of 36, of which half is wasted, or 9 of 16
  CHECK(takes({100, 16, 10, 2}, 16) == 2);  // the waste of one axis alone
}

TEST_CASE("Winograd's large tiles round to seven parts in ten million at most, for any number of channels") {
  if (!kernels::has_fast_vectors()) return;
  for (const std::int64_t channels : {16, 64, 200}) {
    CAPTURE(channels);
    const Problem problem({4, channels, 16, 16}, channels);
    const Results exact = problem.computed(ConvAlgorithm::im2col, float64);
    const Results large = problem.computed(ConvAlgorithm::winograd4);
    const Results small = problem.computed(ConvAlgorithm::winograd);
    CHECK(rounding(large.y, exact.y) < 7e-7);
    CHECK(rounding(large.dx, exact.dx) < 7e-7);
    CHECK(rounding(large.dw, exact.dw) < 9e-7);
    CHECK(rounding(small.y, exact.y) < 3e-7);
    CHECK(rounding(small.dx, exact.dx) < 3e-7);
    CHECK(rounding(small.dw, exact.dw) < 5e-7);
  }
}
