#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <reel/core/kernels/elementwise.h>
#include <reel/core/kernels/gemm.h>
#include <reel/core/kernels/linear.h>
#include <reel/core/kernels/matmul.h>
#include <reel/core/kernels/reduce.h>
#include <reel/core/kernels/simd.h>
#include <reel/core/random.h>
#include <tests/note.h>
#include <tests/threads.h>
#include <utility>
#include <vector>

using namespace reel;
using doctest::Contains;
using reel::testing::same_bits;
using reel::testing::WithThreads;

namespace {

Tensor numbers(const Shape& shape, DType dtype) {
  Generator generator(static_cast<std::uint64_t>(numel(shape)));
  return uniform(shape, -1, 1, dtype, generator);
}

/// The product by its definition, in double; leading axes broadcast.
Tensor naive(const Tensor& a, const Tensor& b) {
  const Tensor left = a.to(float64).unsqueeze(-1);   // (..., M, K, 1)
  const Tensor right = b.to(float64).unsqueeze(-3);  // (..., 1, K, N)
  return sum(left * right, {-2});
}

void check_product(const Tensor& a, const Tensor& b) {
  CAPTURE(concat(a.dtype(), ' ', a.shape(), " by ", a.strides(), " x ", b.shape(), " by ", b.strides()));
  const Tensor expected = naive(a, b);
  const Tensor out = matmul(a, b);
  REQUIRE(out.dtype() == a.dtype());
  REQUIRE(out.shape() == expected.shape());
  REQUIRE(out.is_contiguous());
  if (out.numel() == 0) return;
  const double unit = a.dtype() == float64 ? 1e-15 : 5e-7;
  CHECK(max(abs(out.to(float64) - expected)).item() <= unit * (1 + std::sqrt(static_cast<double>(a.size(-1)))));
}

/// Matrices (m, n) that lie in memory in many ways.
std::vector<Tensor> layouts(std::int64_t m, std::int64_t n, DType dtype) {
  return {numbers({m, n}, dtype),
          numbers({n, m}, dtype).transpose(0, 1),
          numbers({m, n + 3}, dtype).narrow(1, 2, n),
          numbers({n + 1, m}, dtype).narrow(0, 1, n).transpose(0, 1),
          numbers({m, 2 * n}, dtype).slice(1, 0, 2 * n, 2),
          numbers({2 * m, n}, dtype).slice(0, 1, 2 * m, 2),
          numbers({1, n}, dtype).expand({m, n}),
          numbers({m, 1}, dtype).expand({m, n}),
          numbers({m * n}, dtype).as_strided({m, n}, {-n, -1}, m * n - 1),
          numbers({m, n, 2}, dtype).select(2, 1)};
}

}  // namespace

TEST_CASE("products of every pair of layouts agree with the definition") {
  for (const DType dtype : {float32, float64}) {
    struct Sizes {
      std::int64_t m, k, n;
    };
    for (const auto& [m, k, n] : std::vector<Sizes>{{3, 4, 5}, {1, 1, 1}, {1, 6, 1}, {5, 1, 4}, {1, 3, 7}, {7, 3, 1}}) {
      for (const Tensor& a : layouts(m, k, dtype)) {
        for (const Tensor& b : layouts(k, n, dtype)) check_product(a, b);
      }
    }
  }
}

TEST_CASE("leading axes broadcast") {
  const std::vector<std::pair<Shape, Shape>> rows{
      {{3, 4, 5}, {3, 5, 2}},       {{3, 4, 5}, {5, 2}}, {{4, 5}, {3, 5, 2}}, {{2, 1, 4, 5}, {3, 5, 2}},
      {{2, 3, 4, 5}, {1, 1, 5, 2}}, {{0, 4, 5}, {5, 2}}, {{2, 0, 5}, {5, 2}}, {{40, 1, 3}, {40, 3, 1}}};
  for (const DType dtype : {float32, float64}) {
    for (const auto& [a, b] : rows) check_product(numbers(a, dtype), numbers(b, dtype));
    const Tensor turned = numbers({5, 3, 4}, dtype).permute({1, 2, 0});
    check_product(turned, numbers({3, 2, 5}, dtype).transpose(1, 2));
    check_product(turned, numbers({2, 5}, dtype).transpose(0, 1));
    check_product(numbers({1, 4, 5}, dtype).expand({3, 4, 5}), numbers({3, 5, 2}, dtype));
  }
}

TEST_CASE("products that are cut into pieces agree with the definition") {
  for (const DType dtype : {float32, float64}) {
    check_product(numbers({300, 90}, dtype), numbers({90, 60}, dtype));
    check_product(numbers({90, 300}, dtype).transpose(0, 1), numbers({60, 90}, dtype).transpose(0, 1));
    check_product(numbers({40, 90}, dtype), numbers({90, 500}, dtype));
    check_product(numbers({90, 40}, dtype).transpose(0, 1), numbers({500, 90}, dtype).transpose(0, 1));
    check_product(numbers({20'000, 11}, dtype), numbers({11, 9}, dtype));
  }
}

TEST_CASE("a sum over nothing is zero, whatever was in memory") {
  { const Tensor dirty = Tensor::full({3, 5}, std::numeric_limits<double>::quiet_NaN()); }
  const Tensor out = matmul(Tensor::zeros({3, 0}), Tensor::zeros({0, 5}));
  REQUIRE(out.shape() == Shape{3, 5});
  CHECK(max(abs(out)).item() == 0);
  CHECK(matmul(Tensor::zeros({0, 3}), Tensor::zeros({3, 5})).shape() == Shape{0, 5});
  CHECK(matmul(Tensor::zeros({2, 0, 3}), Tensor::zeros({3, 0})).shape() == Shape{2, 0, 0});
}

TEST_CASE("results do not hang on what was in memory before") {
  for (const std::int64_t n : {4, 40, 200}) {
    { const Tensor dirty = Tensor::full({n, n}, std::numeric_limits<double>::quiet_NaN()); }
    CHECK(all_finite(matmul(Tensor::ones({n, n}), Tensor::ones({n, n}))));
  }
}

TEST_CASE("a NaN reaches just its row and column") {
  Tensor a = Tensor::ones({3, 3});
  a.select(0, 1).select(0, 2).fill(std::numeric_limits<double>::quiet_NaN());
  const Tensor out = matmul(a, Tensor::zeros({3, 2}));
  for (std::int64_t i = 0; i < 3; ++i) CHECK(std::isnan(out.at({i, 0})) == (i == 1));
}

TEST_CASE("factors that do not fit are refused") {
  const Tensor a = Tensor::zeros({2, 3});
  CHECK_THROWS_WITH_AS(static_cast<void>(matmul(a, Tensor::zeros({4, 5}))),
                       "matmul: wants (..., M, K) x (..., K, N), got [2, 3] x [4, 5]", ShapeError);
  CHECK_THROWS_AS(static_cast<void>(matmul(a, Tensor::zeros({3}))), ShapeError);
  CHECK_THROWS_AS(static_cast<void>(matmul(Tensor::scalar(1), a)), ShapeError);
  CHECK_THROWS_WITH_AS(static_cast<void>(matmul(Tensor::zeros({2, 2, 3}), Tensor::zeros({4, 3, 5}))),
                       Contains("shapes [2] and [4] do not broadcast"), ShapeError);
  CHECK_THROWS_AS(static_cast<void>(matmul(a, Tensor::zeros({3, 2}, float64))), TypeError);
  CHECK_THROWS_AS(static_cast<void>(matmul(a.to(int64), Tensor::zeros({3, 2}, int64))), TypeError);
}

TEST_CASE("gemm adds to what is there, scaled by beta") {
  const float a[] = {1, 2, 3, 4};
  float c[] = {1, 1, 9, 1, 1, 9};  // two rows of two, three apart
  kernels::gemm<float>(2, 2, 2, {a, 2}, {a, 2, true}, 2, c, 3);
  const float expected[] = {7, 13, 9, 13, 27, 9};
  for (int i = 0; i < 6; ++i) CHECK(c[i] == expected[i]);
  kernels::gemm<float>(2, 2, 0, {a, 1}, {a, 2}, 2, c, 3);
  CHECK(c[0] == 14);
  CHECK(c[2] == 9);
}

TEST_CASE("linear_forward: few inputs and many, bias and ReLU, the same bits for any number of threads") {
  for (const DType dtype : {float32, float64}) {
    for (const std::int64_t n : {1, 2, 3, 4, 5, 9}) {
      for (const auto& [outputs, inputs] :
           std::vector<std::pair<int, int>>{{1, 1}, {3, 7}, {9, 16}, {130, 33}, {5, 400}}) {
        const auto noted = note(dtype, " n ", n, " outputs ", outputs, " inputs ", inputs);
        const Tensor x = numbers({n, inputs}, dtype);
        const Tensor w = numbers({outputs, inputs}, dtype);
        const Tensor b = numbers({outputs}, dtype);
        const Tensor expected = naive(x, w.transpose(0, 1));
        const double tolerance = (dtype == float64 ? 4e-15 : 2e-6) * (2 + std::sqrt(static_cast<double>(inputs)));
        const Tensor plain = kernels::linear_forward(x, w, {}, Activation::none);
        CHECK(max(abs(plain.to(float64) - expected)).item() <= tolerance);
        const Tensor full = kernels::linear_forward(x, w, b, Activation::relu);
        CHECK(max(abs(full.to(float64) - relu(expected + b.to(float64)))).item() <= tolerance);
      }
    }
  }
  const Tensor x = numbers({2, 4000}, float32);
  const Tensor w = numbers({100, 4000}, float32);
  const WithThreads one(1);
  const Tensor expected = kernels::linear_forward(x, w, {}, Activation::none);
  for (const int threads : {2, 3, 8}) {
    const WithThreads guard(threads);
    CHECK(same_bits(kernels::linear_forward(x, w, {}, Activation::none), expected));
  }
}

TEST_CASE("linear_forward: many inputs, whole vectors of outputs and what is left over, and with threads") {
  for (const std::int64_t outputs : {32, 33, 47, 64, 100, 700}) {
    for (const std::int64_t rows : {8, 9, 63, 130}) {
      for (const std::int64_t inputs : {1, 5, 16, 333}) {
        CAPTURE(concat(Shape{rows, inputs, outputs}));
        const Tensor x = numbers({rows, inputs}, float32);
        const Tensor w = numbers({outputs, inputs}, float32);
        const Tensor b = numbers({outputs}, float32);
        const Tensor y = kernels::linear_forward(x, w, b, Activation::relu);
        const Tensor expected = relu(naive(x, w.transpose(0, 1)) + b.to(float64));
        CHECK(max(abs(y.to(float64) - expected)).item() <= 2e-6 * (1 + std::sqrt(static_cast<double>(inputs))));
        if (!kernels::has_fast_vectors()) continue;  // BLAS has other kernels for other sizes
        const Tensor part = kernels::linear_forward(x.narrow(0, rows - 8, 8), w, b, Activation::relu);
        CHECK(same_bits(part, y.narrow(0, rows - 8, 8).clone()));
      }
    }
  }
  const Tensor x = numbers({300, 70}, float32), w = numbers({500, 70}, float32);
  const WithThreads one(1);
  const Tensor expected = kernels::linear_forward(x, w, {}, Activation::none);
  for (const int threads : {2, 3, 8}) {
    const WithThreads guard(threads);
    CHECK(same_bits(kernels::linear_forward(x, w, {}, Activation::none), expected));
  }
}
