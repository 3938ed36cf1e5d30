#include <doctest/doctest.h>

#include <cmath>
#include <reel/core/kernels/elementwise.h>
#include <tests/core/random_tensors.h>

// Ops of two and three tensors of random shapes, layouts and dtypes against a loop that follows the definition.

using namespace reel;
using namespace reel::testing;

namespace {

enum class Takes { all, numbers, floats };

struct Binary {
  std::string_view name;
  Tensor (*op)(const Tensor&, const Tensor&);
  double (*f)(double, double);
  Takes takes;
  bool is_test = false;  // of which the result is bool
};

double larger(double x, double y) { return std::isnan(x) || x > y ? x : y; }
double python_modulo(double x, double y) {
  const double rest = std::fmod(x, y);
  return rest != 0 && (rest < 0) != (y < 0) ? rest + y : rest;
}

const Binary binary[] = {
    {"add", add, [](double x, double y) { return x + y; }, Takes::numbers},
    {"sub", sub, [](double x, double y) { return x - y; }, Takes::numbers},
    {"mul", mul, [](double x, double y) { return x * y; }, Takes::numbers},
    {"div", div, [](double x, double y) { return x / y; }, Takes::numbers},
    {"maximum", maximum, larger, Takes::numbers},
    {"minimum", minimum, [](double x, double y) { return -larger(-x, -y); }, Takes::numbers},
    {"pow", pow, [](double x, double y) { return std::pow(x, y); }, Takes::floats},
    {"atan2", atan2, [](double x, double y) { return std::atan2(x, y); }, Takes::floats},
    {"hypot", hypot, [](double x, double y) { return std::hypot(x, y); }, Takes::floats},
    {"fmod", fmod, [](double x, double y) { return std::fmod(x, y); }, Takes::floats},
    {"remainder", remainder, python_modulo, Takes::floats},
    {"eq", eq, [](double x, double y) { return double(x == y); }, Takes::all, true},
    {"ne", ne, [](double x, double y) { return double(x != y); }, Takes::all, true},
    {"lt", lt, [](double x, double y) { return double(x < y); }, Takes::all, true},
    {"le", le, [](double x, double y) { return double(x <= y); }, Takes::all, true},
    {"gt", gt, [](double x, double y) { return double(x > y); }, Takes::all, true},
    {"ge", ge, [](double x, double y) { return double(x >= y); }, Takes::all, true},
    {"logical_and", logical_and, [](double x, double y) { return double(x != 0 && y != 0); }, Takes::all, true},
    {"logical_or", logical_or, [](double x, double y) { return double(x != 0 || y != 0); }, Takes::all, true},
    {"logical_xor", logical_xor, [](double x, double y) { return double((x != 0) != (y != 0)); }, Takes::all, true},
};

bool takes(const Binary& op, DType dtype) {
  return op.takes == Takes::all || is_floating(dtype) || (op.takes == Takes::numbers && dtype == int64);
}

/// A shape that broadcasts to `shape`: some axes are 1, some of the first are missing.
Shape part_of(const Shape& shape, TensorDice& dice) {
  Shape out = shape;
  for (std::int64_t& size : out) {
    if (dice.one_in(3)) size = 1;
  }
  while (out.rank() > 0 && dice.one_in(5)) out.erase(0);
  return out;
}

/// NumPy's rule, taken literally: aligned at the last axis, sizes are equal or one of them is 1. None where they
/// aren't.
std::optional<Shape> broadcast(const Shape& a, const Shape& b) {
  Shape out;
  for (int i = std::max(a.rank(), b.rank()); i > 0; --i) {
    const std::int64_t x = i <= a.rank() ? a[a.rank() - i] : 1;
    const std::int64_t y = i <= b.rank() ? b[b.rank() - i] : 1;
    if (x != y && x != 1 && y != 1) return std::nullopt;
    out.push_back(x == 1 ? y : x);
  }
  return out;
}

void check_binary(const Binary& op, const Tensor& a, const Tensor& b, const Shape& shape) {
  CAPTURE(op.name);
  const Tensor out = op.op(a, b);
  REQUIRE(out.shape() == shape);
  REQUIRE(out.dtype() == (op.is_test ? boolean : a.dtype()));
  REQUIRE(out.is_contiguous());
  for (std::int64_t i = 0; i < out.numel(); ++i) {
    double expected = op.f(element(a, shape, i), element(b, shape, i));
    if (a.dtype() == int64) expected = std::trunc(expected);  // division
    REQUIRE(is_close(element(out, shape, i), expected, out.dtype()));
  }
}

void check_where(const Tensor& a, const Tensor& b, TensorDice& dice) {
  const Tensor condition = dice.numbers(part_of(*broadcast(a.shape(), b.shape()), dice), boolean);
  const Tensor out = where(condition, a, b);
  const Shape shape = *broadcast(a.shape(), b.shape());
  REQUIRE(out.shape() == shape);
  REQUIRE(out.dtype() == a.dtype());
  for (std::int64_t i = 0; i < out.numel(); ++i) {
    const double expected = element(element(condition, shape, i) != 0 ? a : b, shape, i);
    REQUIRE(is_close(element(out, shape, i), expected, out.dtype(), 0));
  }
}

}  // namespace

TEST_CASE("broadcasting sweep against the definition") {
  TensorDice dice(20261126);
  for (int i = 0; i < sweep_size(300); ++i) {
    const DType dtype = dice.dtype();
    const Shape whole = dice.shape();
    const Tensor a = dice.numbers(part_of(whole, dice), dtype);
    const Tensor b = dice.numbers(part_of(whole, dice), dtype, dtype == int64);
    CAPTURE(concat(a.shape(), " strides ", a.strides(), " and ", b.shape(), " strides ", b.strides(), " of ", dtype));
    const auto shape = broadcast(a.shape(), b.shape());
    REQUIRE(shape);
    REQUIRE(broadcast_shapes("sweep", a.shape(), b.shape()) == *shape);
    for (const Binary& op : binary) {
      if (takes(op, dtype)) check_binary(op, a, b, *shape);
      else CHECK_THROWS_AS(static_cast<void>(op.op(a, b)), TypeError);
    }
    check_where(a, b, dice);
  }
}

TEST_CASE("broadcasting sweep: shapes that do not fit are refused, all others are not") {
  TensorDice dice(7);
  int refused = 0;
  for (int i = 0; i < sweep_size(300); ++i) {
    const Tensor a = dice.numbers(dice.shape(), float32);
    const Tensor b = dice.numbers(dice.shape(), float32);
    CAPTURE(concat(a.shape(), " and ", b.shape()));
    if (const auto shape = broadcast(a.shape(), b.shape())) {
      REQUIRE(add(a, b).shape() == *shape);
      continue;
    }
    ++refused;
    for (const Binary& op : binary) REQUIRE_THROWS_AS(static_cast<void>(op.op(a, b)), ShapeError);
    REQUIRE_THROWS_AS(static_cast<void>(where(Tensor::ones({}, boolean), a, b)), ShapeError);
    REQUIRE_THROWS_AS(static_cast<void>(where(logical_not(a), b, b)), ShapeError);
  }
  CHECK(refused > 100);
}
