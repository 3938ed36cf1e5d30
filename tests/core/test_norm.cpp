#include <doctest/doctest.h>

#include <cmath>
#include <reel/core/kernels/elementwise.h>
#include <reel/core/kernels/norm.h>
#include <reel/core/kernels/reduce.h>
#include <reel/core/random.h>
#include <tests/threads.h>
#include <vector>

using namespace reel;
using reel::testing::same_bits;

namespace {

Tensor numbers(const Shape& shape, double mean, DType dtype, std::uint64_t seed = 3) {
  Generator generator(seed);
  return normal(shape, mean, 1, dtype, generator);
}

double largest_difference(const Tensor& a, const Tensor& b) {
  REQUIRE(a.shape() == b.shape());
  return max(abs(a.to(float64) - b.to(float64))).item();
}

/// Everything but the channels of a tensor of this rank.
Dims others(int rank) {
  Dims axes{0};
  for (int i = 2; i < rank; ++i) axes.push_back(i);
  return axes;
}

/// [C] as [1, C, 1...].
Tensor spread(const Tensor& channels, int rank) {
  Shape shape = Dims::filled(rank, 1);
  shape[1] = -1;
  return channels.reshape(shape);
}

struct Moments {
  Tensor mean, variance;
};
Moments moments(const Tensor& x) {
  const Shape channels{x.size(1)};
  const auto out = kernels::batch_norm(x, Tensor::ones(channels, x.dtype()), Tensor::zeros(channels, x.dtype()), 1e-5,
                                       Activation::none);
  return {out.statistics.mean, out.statistics.variance};
}

const Shape shapes[] = {{4, 3},        {1, 2, 5},       {5, 3, 4, 6},  {2, 1, 40, 41},
                        {3, 70, 1, 1}, {2, 2, 2, 3, 4}, {3, 20, 7, 7}, {2, 3, 70, 71}};

}  // namespace

TEST_CASE("channel moments agree with mean and var, and stay accurate beside a large mean") {
  for (const double centre : {0.0, 100.0, 1e4}) {
    for (const Shape& shape : {Shape{16, 3, 30, 31}, Shape{4000, 5}, Shape{1, 1, 300, 300}}) {
      CAPTURE(concat(shape, " around ", centre));
      const Tensor x = numbers(shape, centre, float32);
      const auto [mean32, variance] = moments(x);
      const Tensor wide = x.to(float64);
      CHECK(largest_difference(mean32, mean(wide, others(x.rank()))) <= 1e-6 * std::max(1.0, centre));
      CHECK(largest_difference(variance, var(wide, others(x.rank()), false, 0)) < 1e-5);
    }
  }
}

TEST_CASE("channel moments of any shape and layout, in float64") {
  for (const Shape& shape : shapes) {
    CAPTURE(concat(shape));
    const Tensor x = numbers(shape, 2, float64);
    for (const Tensor& layout : {x, x.transpose(0, 1)}) {
      const auto [average, variance] = moments(layout);
      CHECK(largest_difference(average, mean(layout, others(x.rank()))) < 1e-13);
      CHECK(largest_difference(variance, var(layout, others(x.rank()), false, 0)) < 1e-13);
    }
  }
  const auto constant = moments(Tensor::full({3, 2, 4}, 0.1));
  CHECK(constant.variance.at({1}) == 0);
  CHECK(constant.mean.at({1}) == Tensor::scalar(0.1).item());
}

TEST_CASE("channel moments of nothing are NaN, not a read out of bounds") {
  for (const Shape& shape : {Shape{0, 100, 30, 30}, Shape{4, 2000, 0}}) {
    const auto [average, variance] = moments(Tensor::zeros(shape));
    CHECK(average.numel() == shape[1]);
    CHECK(std::isnan(average.at({-1})));
  }
  CHECK(moments(Tensor::zeros({4, 0, 3})).mean.numel() == 0);
}

TEST_CASE("batch_norm is what its moments say, with and without a ReLU") {
  for (const DType dtype : {float32, float64}) {
    for (const Shape& shape : shapes) {
      CAPTURE(concat(dtype, ' ', shape));
      const Tensor x = numbers(shape, 3, dtype);
      const Tensor weight = numbers({shape[1]}, 1, dtype, 5);
      const Tensor bias = numbers({shape[1] * 2}, 1, dtype, 6).slice(0, 0, shape[1] * 2, 2);
      const int rank = x.rank();
      const Tensor wide = x.to(float64);
      const Tensor r = pow(var(wide, others(rank), true, 0) + 1e-5, -0.5);
      const Tensor expected = (wide - mean(wide, others(rank), true)) * r * spread(weight.to(float64), rank) +
                              spread(bias.to(float64), rank);
      const double unit = dtype == float32 ? 1e-5 : 1e-13;
      const double tolerance = unit * (1 + max(r).item() + max(abs(expected)).item());
      const auto out = kernels::batch_norm(x, weight, bias, 1e-5, Activation::none);
      CHECK(largest_difference(out.output, expected) < tolerance);
      CHECK(largest_difference(out.statistics.rstd, r.reshape({-1})) < unit * max(r).item());
      const auto cut = kernels::batch_norm(x, weight, bias, 1e-5, Activation::relu);
      CHECK(largest_difference(cut.output, relu(expected)) < tolerance);
    }
  }
}

TEST_CASE("channel_affine scales and shifts channels") {
  for (const DType dtype : {float32, float64}) {
    for (const Shape& shape : shapes) {
      const Tensor x = numbers(shape, 0, dtype);
      const Tensor scale = numbers({shape[1]}, 1, dtype, 5);
      const Tensor shift = numbers({shape[1] * 2}, 1, dtype, 6).slice(0, 0, shape[1] * 2, 2);
      const Tensor expected = x * spread(scale, x.rank()) + spread(shift, x.rank());
      CHECK(largest_difference(kernels::channel_affine(x, scale, shift, Activation::none), expected) <
            (dtype == float32 ? 1e-5 : 1e-14));
    }
  }
}

TEST_CASE("batch_norm_grads agree with the derivation, term by term") {
  for (const DType dtype : {float32, float64}) {
    for (const Shape& shape : shapes) {
      CAPTURE(concat(dtype, ' ', shape));
      const Tensor x = numbers(shape, 3, dtype);
      const Tensor grad = numbers(shape, 0.5, dtype, 8);
      const Tensor weight = numbers({shape[1]}, 1, dtype, 9);
      const auto [average, variance] = moments(x);
      const Tensor rstd = 1.0 / sqrt(variance + 1e-5);
      const auto forward = kernels::batch_norm(x, weight, weight, 1e-5, Activation::none);
      const auto out = kernels::batch_norm_grads(grad, x, forward.statistics, weight, Activation::none);

      const int rank = x.rank();
      const Dims rest = others(rank);
      const Tensor g = grad.to(float64);
      const Tensor r = spread(rstd.to(float64), rank);
      const Tensor xhat = (x.to(float64) - spread(average.to(float64), rank)) * r;
      const Tensor dx =
          spread(weight.to(float64), rank) * r * (g - mean(g, rest, true) - xhat * mean(g * xhat, rest, true));
      const double unit = dtype == float32 ? 1e-5 : 1e-13;
      CHECK(largest_difference(out.bias, sum(g, rest)) < unit * 40);
      CHECK(largest_difference(out.weight, sum(g * xhat, rest)) < unit * 40);
      CHECK(largest_difference(out.input, dx) < unit * (1 + max(abs(dx)).item()));
    }
  }
}

TEST_CASE("batch_norm_grads count what the ReLU let through") {
  for (const DType dtype : {float32, float64}) {
    for (const Shape& shape : shapes) {
      CAPTURE(concat(dtype, ' ', shape));
      const Tensor x = numbers(shape, 3, dtype);
      const Tensor grad = numbers(shape, 0.5, dtype, 8);
      const Tensor weight = numbers({shape[1]}, 1, dtype, 9);
      const auto [y, statistics] = kernels::batch_norm(x, weight, weight * 0.5, 1e-5, Activation::relu);
      const auto expected =
          kernels::batch_norm_grads(leaky_relu_grad(grad, y, 0), x, statistics, weight, Activation::none);
      const auto got = kernels::batch_norm_grads(grad, x, statistics, weight, Activation::relu);
      CHECK(same_bits(got.input, expected.input));
      CHECK(same_bits(got.weight, expected.weight));
      CHECK(same_bits(got.bias, expected.bias));
    }
  }
}

TEST_CASE("batch_norm_pooled and its gradients give the bits of their parts") {
  const Shape images[] = {{4, 3, 2, 2}, {3, 2, 5, 6},   {2, 5, 7, 7},   {1, 2, 40, 41},
                          {5, 3, 3, 9}, {2, 20, 14, 4}, {3, 40, 28, 28}};
  for (const DType dtype : {float32, float64}) {
    for (const Shape& shape : images) {
      for (const Activation activation : {Activation::none, Activation::relu}) {
        CAPTURE(concat(dtype, ' ', shape));
        const Tensor x = numbers(shape, 1, dtype);
        const Tensor weight = numbers({shape[1]}, 0, dtype, 9);
        const auto [y, statistics] = kernels::batch_norm(x, weight, weight * 0.5, 1e-5, Activation::none);
        const auto windows = kernels::pool2d_geometry("max_pool2d", shape, {.kernel_size = 2});
        const auto pooled = kernels::max_pool2d_choosing(y, windows, activation);
        const auto got = kernels::batch_norm_pooled(x, weight, weight * 0.5, 1e-5, activation);
        CHECK(same_bits(got.pooled.output, pooled.output));
        CHECK(same_bits(got.pooled.choice, pooled.choice));
        CHECK(same_bits(got.statistics.variance, statistics.variance));
        const Tensor grad = numbers(pooled.output.shape(), 0.5, dtype, 8);
        const auto expected = kernels::batch_norm_grads(kernels::spread_to_choice(grad, pooled.choice, windows), x,
                                                        statistics, weight, Activation::none);
        const auto grads = kernels::batch_norm_pooled_grads(grad, got.pooled.choice, x, got.statistics, weight);
        CHECK(same_bits(grads.input, expected.input));
        CHECK(same_bits(grads.weight, expected.weight));
        CHECK(same_bits(grads.bias, expected.bias));
      }
    }
  }
}
