#include <doctest/doctest.h>

#include <reel/autograd/derivatives.h>
#include <reel/autograd/ops/activation.h>
#include <reel/autograd/ops/arithmetic.h>
#include <reel/autograd/ops/conv.h>
#include <reel/autograd/ops/matmul.h>
#include <reel/autograd/ops/reduce.h>
#include <reel/autograd/ops/view.h>
#include <reel/autograd/tape.h>
#include <reel/core/kernels/matmul.h>
#include <reel/core/kernels/reduce.h>
#include <reel/core/random.h>
#include <tests/autograd/errors.h>

using namespace reel;
using namespace reel::testing;
using In = std::vector<Variable>;

namespace {

Tensor draw(const Shape& shape, std::uint64_t seed, DType dtype = float64) {
  Generator generator(seed);
  return normal(shape, 0, 1, dtype, generator);
}

void check_close(const Tensor& got, const Tensor& expected, double tolerance = 1e-12) {
  REQUIRE(got.shape() == expected.shape());
  CHECK(max(abs(got - expected)).item() <= tolerance);
}

/// [*y.shape, *x.shape] by central differences.
Tensor numeric_jacobian(const UnaryFunction& f, const Tensor& x) {
  const Tensor y = f(x).value();
  Tensor all = Tensor::zeros({y.numel(), x.numel()}, float64);
  for (std::int64_t i = 0; i < x.numel(); ++i) {
    const auto at = [&](double by) {
      Tensor moved = x.clone();
      moved.mutable_data<double>()[i] += by;
      return f(moved).value().reshape({-1});
    };
    all.select(1, i).copy_from((at(1e-5) - at(-1e-5)) / 2e-5);
  }
  Shape shape = y.shape();
  for (const std::int64_t size : x.shape()) shape.push_back(size);
  return all.reshape(shape);
}

Variable network(const Variable& x) {
  return tanh(conv2d(x, draw({3, 2, 2, 2}, 7), {}, {.stride = 2})) * exp(sum(x * 0.1));
}

Variable quadratic(const Variable& x) {  // x^T A x / 2
  const Variable a = Tensor::of({4, 1, 1, 3}, {2, 2}, float64);
  return sum(x * squeeze(matmul(a, unsqueeze(x, 1)), 1)) * 0.5;
}

}  // namespace

TEST_CASE("derivatives: of a linear map, a product and a quadratic form") {
  const Tensor a = draw({3, 4}, 1);
  const Tensor x = draw({4}, 2);
  const auto map = [a](const Variable& v) { return squeeze(matmul(Variable(a), unsqueeze(v, 1)), 1); };
  const Tensor v = draw({3}, 3);
  const Tensor u = draw({4}, 4);
  check_close(vjp(map, x, v).product, sum(a * v.unsqueeze(1), {0}));
  check_close(vjp(map, x, v).value, sum(a * x, {1}));
  check_close(jvp(map, x, u).product, sum(a * u, {1}));
  check_close(jacobian(map, x), a);

  const Tensor at = Tensor::of({1, 2}, float64);
  const Tensor hess = Tensor::of({4, 1, 1, 3}, {2, 2}, float64);
  check_close(hessian(quadratic, at), hess);
  check_close(hvp(quadratic, at, Tensor::of({1, -1}, float64)).product, Tensor::of({3, -2}, float64));
  CHECK(hvp(quadratic, at, at).value.item() == doctest::Approx(10));
}

TEST_CASE("derivatives: of several inputs") {
  const Tensor a = draw({2, 3}, 1);
  const Tensor b = draw({3}, 2);
  const Function product = [](const In& in) { return in[0] * in[1]; };
  const Tensor v = draw({2, 3}, 3);
  const Products back = vjp(product, {a, b}, v);
  check_close(back.products[0], v * b);
  check_close(back.products[1], sum(v * a, {0}));
  const Tensor u = draw({3}, 4);
  check_close(jvp(product, {a, b}, {v, u}).product, v * b + a * u);
  const auto jacobians = jacobian(product, {a, b});
  CHECK(jacobians[0].shape() == Shape{2, 3, 2, 3});
  CHECK(jacobians[1].shape() == Shape{2, 3, 3});
  CHECK(jacobians[1].at({1, 2, 2}) == a.at({1, 2}));
  CHECK(jacobians[1].at({1, 2, 0}) == 0);

  const Function total = [](const In& in) { return sum(in[0] * in[0] * in[1]); };
  const auto h = hessian(total, {a, b});
  CHECK(h[0][1].shape() == Shape{2, 3, 3});
  CHECK(h[0][1].at({1, 2, 2}) == doctest::Approx(2 * a.at({1, 2})));
  CHECK(h[1][0].at({2, 1, 2}) == doctest::Approx(2 * a.at({1, 2})));
  CHECK(h[0][0].at({1, 0, 1, 0}) == doctest::Approx(2 * b.at({0})));
  check_close(h[1][1], Tensor::zeros({3, 3}, float64));
  const auto products = hvp(total, {a, b}, {v, u}).products;
  check_close(products[0], (v * b + a * u) * 2);
  check_close(products[1], sum(a * v, {0}) * 2);
}

TEST_CASE("derivatives: of a network, by central differences") {
  const Tensor x = draw({1, 2, 4, 4}, 5);
  const Tensor numeric = numeric_jacobian(network, x);
  check_close(jacobian(network, x), numeric, 1e-8);
  const Tensor v = draw({1, 3, 2, 2}, 6);
  const Tensor u = draw({1, 2, 4, 4}, 7);
  const Tensor flat = numeric.reshape({12, 32});
  check_close(vjp(network, x, v).product.reshape({32}), sum(flat * v.reshape({12, 1}), {0}), 1e-7);
  check_close(jvp(network, x, u).product.reshape({12}), sum(flat * u.reshape({32}), {1}), 1e-7);
  const auto loss = [](const Variable& at) { return sum(network(at)); };
  const auto slope = [&](const Variable& at) {
    return Variable(vjp(loss, at.value(), Tensor::scalar(1, float64)).product);
  };
  check_close(hessian(loss, x), numeric_jacobian(slope, x), 1e-7);
}

TEST_CASE("derivatives: functions that are flat, the identity, or within a recording") {
  const Tensor x = Tensor::of({1, 2});
  const auto flat = [](const Variable&) { return Variable(Tensor::ones({3})); };
  check_close(jvp(flat, x, x).product, Tensor::zeros({3}));
  check_close(vjp(flat, x, Tensor::ones({3})).product, Tensor::zeros({2}));
  check_close(jacobian(flat, x), Tensor::zeros({3, 2}));
  const auto linear_sum = [](const Variable& v) { return sum(v); };
  check_close(hessian(linear_sum, x), Tensor::zeros({2, 2}));
  check_close(hvp(linear_sum, x, x).product, Tensor::zeros({2}));
  const auto identity = [](const Variable& v) { return v; };
  check_close(jvp(identity, x, x).product, x);
  check_close(jacobian(identity, x), Tensor::eye(2));
  const Tape tape;
  check_close(jacobian(identity, x), Tensor::eye(2));
  CHECK(tape.size() == 0);
}

TEST_CASE("derivatives: errors") {
  const Tensor x = Tensor::of({1, 2});
  const auto square = [](const Variable& v) { return v * v; };
  const Function several = [](const In& v) { return v[0]; };
  const Tensor deep = Tensor::zeros({1, 1, 1, 1, 2});
  check_errors({
      {[&] { static_cast<void>(vjp(square, x, Tensor::ones({3}))); }, {"ShapeError: vjp: ", "[2]", "[3]"}},
      {[&] { static_cast<void>(jvp(square, x, Tensor::ones({2}, float64))); }, {"TypeError: jvp: ", "float64"}},
      {[&] { static_cast<void>(hvp(square, x, x)); }, {"ShapeError: hvp: ", "one element", "[2]"}},
      {[&] { static_cast<void>(hessian(square, x)); }, {"ShapeError: hessian: ", "one element", "[2]"}},
      {[&] {
         static_cast<void>(jvp(several, {x, x}, {x}));
       },
       {"ValueError: jvp: ", "2 inputs", "got 1"}},
      {[&] { static_cast<void>(jacobian(several, std::vector<Tensor>{})); }, {"ValueError: jacobian: ", "no inputs"}},
      {[&] { static_cast<void>(jacobian(square, Tensor::ones({2}, int64))); }, {"TypeError: ", "int64"}},
      {[&] { static_cast<void>(jacobian(square, Tensor())); }, {"ValueError: jacobian: "}},
      {[&] { static_cast<void>(jacobian(square, deep)); }, {"ShapeError: "}},
  });
}
