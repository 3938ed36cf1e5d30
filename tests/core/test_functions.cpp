#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <reel/core/kernels/elementwise.h>
#include <string_view>
#include <tests/note.h>
#include <vector>

using namespace reel;
using doctest::Contains;

namespace {

constexpr double inf = std::numeric_limits<double>::infinity();
constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();

struct Unary {
  std::string_view name;
  Tensor (*op)(const Tensor&);
  double (*f)(double);
  bool takes_int64 = false;
};

const Unary functions[] = {
    {"neg", neg, [](double x) { return -x; }, true},
    {"abs", abs, [](double x) { return std::abs(x); }, true},
    {"sign", sign, [](double x) { return x > 0   ? 1.0
                                         : x < 0 ? -1.0
                                                 : 0.0; }, true},
    {"square", square, [](double x) { return x * x; }, true},
    {"pow 2", [](const Tensor& a) { return pow(a, 2); }, [](double x) { return x * x; }},
    {"pow 3", [](const Tensor& a) { return pow(a, 3); }, [](double x) { return x * x * x; }},
    {"pow 1/2", [](const Tensor& a) { return pow(a, 0.5); }, [](double x) { return std::sqrt(x); }},
    {"pow 1", [](const Tensor& a) { return pow(a, 1); }, [](double x) { return x; }},
    {"pow -1/2", [](const Tensor& a) { return pow(a, -0.5); }, [](double x) { return 1 / std::sqrt(x); }},
    {"pow 2.5", [](const Tensor& a) { return pow(a, 2.5); }, [](double x) { return std::pow(x, 2.5); }},
    {"pow of 2", [](const Tensor& a) { return pow(2, a); }, [](double x) { return std::exp2(x); }},
    {"exp", exp, [](double x) { return std::exp(x); }},
    {"log", log, [](double x) { return std::log(x); }},
    {"sqrt", sqrt, [](double x) { return std::sqrt(x); }},
    {"sin", sin, [](double x) { return std::sin(x); }},
    {"cos", cos, [](double x) { return std::cos(x); }},
    {"exp2", exp2, [](double x) { return std::exp2(x); }},
    {"expm1", expm1, [](double x) { return std::expm1(x); }},
    {"log2", log2, [](double x) { return std::log2(x); }},
    {"log10", log10, [](double x) { return std::log10(x); }},
    {"log1p", log1p, [](double x) { return std::log1p(x); }},
    {"tan", tan, [](double x) { return std::tan(x); }},
    {"asin", asin, [](double x) { return std::asin(x); }},
    {"acos", acos, [](double x) { return std::acos(x); }},
    {"atan", atan, [](double x) { return std::atan(x); }},
    {"sinh", sinh, [](double x) { return std::sinh(x); }},
    {"cosh", cosh, [](double x) { return std::cosh(x); }},
    {"asinh", asinh, [](double x) { return std::asinh(x); }},
    {"acosh", acosh, [](double x) { return std::acosh(x); }},
    {"atanh", atanh, [](double x) { return std::atanh(x); }},
    {"erfc", erfc, [](double x) { return std::erfc(x); }},
    {"floor", floor, [](double x) { return std::floor(x); }},
    {"ceil", ceil, [](double x) { return std::ceil(x); }},
    {"trunc", trunc, [](double x) { return std::trunc(x); }},
    {"round", round, [](double x) { return std::nearbyint(x); }},
    {"frac", frac, [](double x) { return x - std::trunc(x); }},
    {"rsqrt", rsqrt, [](double x) { return 1 / std::sqrt(x); }},
    {"reciprocal", reciprocal, [](double x) { return 1 / x; }},
    {"erf", erf, [](double x) { return std::erf(x); }},
    {"tanh", tanh, [](double x) { return std::tanh(x); }},
    {"sigmoid", sigmoid, [](double x) { return 1 / (1 + std::exp(-x)); }},
    {"softplus", softplus, [](double x) { return std::log(1 + std::exp(x)); }},
    {"relu", relu, [](double x) { return x < 0 ? 0 : x; }},
    {"leaky_relu", [](const Tensor& a) { return leaky_relu(a, 0.25); }, [](double x) { return x < 0 ? x / 4 : x; }},
    {"gelu", gelu, [](double x) { return x * 0.5 * std::erfc(-x / std::sqrt(2.0)); }}};

}  // namespace

TEST_CASE("unary functions agree with the standard library on any layout") {
  const std::vector<Tensor> inputs{Tensor::scalar(0.75, float64),
                                   Tensor::zeros({0, 3}, float64),
                                   Tensor::arange(-4, 4, 0.125, float64),
                                   Tensor::arange(-4, 4, 0.125, float64).reshape({8, 8}).transpose(0, 1),
                                   Tensor::arange(-4, 4, 0.125, float64).slice(0, 1, 60, 3),
                                   Tensor::of({0, not_a_number}, float64).expand({3, 2})};
  for (const auto& [name, op, f, takes_int64] : functions) {
    const auto noted = note(name);
    for (const Tensor& wide : inputs) {
      for (const DType dtype : {float64, float32}) {
        const Tensor a = wide.to(dtype);
        const Tensor out = op(a).to(float64);
        REQUIRE(op(a).dtype() == dtype);
        REQUIRE(out.shape() == a.shape());
        const Tensor flat = a.to(float64).flatten();
        for (std::int64_t i = 0; i < flat.numel(); ++i) {
          const double expected = f(flat.at({i}));
          const double got = out.flatten().at({i});
          const double tolerance = (dtype == float64 ? 1e-14 : 1e-6) * std::max(1.0, std::abs(expected));
          if (std::isnan(expected)) CHECK(std::isnan(got));
          else CHECK((got == expected || std::abs(got - expected) <= tolerance));
        }
      }
    }
  }
}

TEST_CASE("functions refuse the dtypes that they have no values in") {
  for (const auto& [name, op, f, takes_int64] : functions) {
    const auto noted = note(name);
    CHECK_THROWS_WITH_AS(static_cast<void>(op(Tensor::ones({2}, uint8))), Contains("got uint8"), TypeError);
    CHECK_THROWS_AS(static_cast<void>(op(Tensor::ones({2}, boolean))), TypeError);
    if (takes_int64) CHECK(op(Tensor::of({-3}, int64)).item() == f(-3));
    else CHECK_THROWS_AS(static_cast<void>(op(Tensor::ones({2}, int64))), TypeError);
  }
}

TEST_CASE("functions keep their heads at the ends of the number line") {
  struct Row {
    std::string_view name;
    Tensor (*op)(const Tensor&);
    double x, y;
  };
  const double tiny32 = std::exp(-80.0);
  const std::vector<Row> rows{{"sigmoid", sigmoid, 1e4, 1},
                              {"sigmoid", sigmoid, -1e4, 0},
                              {"sigmoid", sigmoid, -80, tiny32},
                              {"sigmoid", sigmoid, inf, 1},
                              {"sigmoid", sigmoid, -inf, 0},
                              {"softplus", softplus, 1e4, 1e4},
                              {"softplus", softplus, -1e4, 0},
                              {"softplus", softplus, -80, tiny32},
                              {"softplus", softplus, inf, inf},
                              {"softplus", softplus, -inf, 0},
                              {"tanh", tanh, -inf, -1},
                              {"erf", erf, inf, 1},
                              {"gelu", gelu, 1e4, 1e4},
                              {"gelu", gelu, -1e4, 0},
                              {"relu", relu, -inf, 0},
                              {"relu", relu, inf, inf},
                              {"exp", exp, 1e4, inf},
                              {"log", log, 0, -inf}};
  for (const auto& [name, op, x, y] : rows) {
    for (const DType dtype : {float32, float64}) {
      const auto noted = note(name, " of ", x, " in ", dtype);
      const double got = op(Tensor::scalar(x, dtype)).item();
      if (std::isinf(y) || y == 0) CHECK(got == y);
      else CHECK(got / y == doctest::Approx(1).epsilon(1e-6));
    }
  }
}

TEST_CASE("a NaN comes through every function but sign") {
  for (const auto& [name, op, f, takes_int64] : functions) {
    const auto noted = note(name);
    const double got = op(Tensor::scalar(not_a_number)).item();
    if (name == std::string("sign")) CHECK(got == 0);
    else CHECK(std::isnan(got));
  }
}

TEST_CASE("abs of a negative zero is positive") { CHECK(!std::signbit(abs(Tensor::scalar(-0.0)).item())); }

TEST_CASE("logarithms of whole powers are whole numbers, and halves are rounded to even ones") {
  for (int k = -20; k <= 20; ++k) {
    CHECK(log2(Tensor::scalar(std::ldexp(1, k))).item() == k);
    CHECK(exp2(Tensor::scalar(k)).item() == std::ldexp(1, k));
  }
  const Tensor rounded = round(Tensor::of({-2.5, -1.5, -0.5, 0.5, 1.5, 2.5, 2.6}));
  const double expected[] = {-2, -2, 0, 0, 2, 2, 3};
  for (std::int64_t i = 0; i < 7; ++i) CHECK(rounded.at({i}) == expected[i]);
}

TEST_CASE("logical_not and isfinite give bools") {
  for (const DType dtype : {float32, float64, int64, uint8, boolean}) {
    const Tensor out = logical_not(Tensor::of({0, 1, 0}, dtype));
    CHECK(out.dtype() == boolean);
    CHECK(out.at({0}) == 1);
    CHECK(out.at({1}) == 0);
    CHECK(out.at({2}) == 1);
  }
  const Tensor finite = isfinite(Tensor::of({0, not_a_number, inf, -inf, 3e38}));
  CHECK(finite.dtype() == boolean);
  const Tensor some = Tensor::of({0, not_a_number, inf, -inf, 3e38});
  for (std::int64_t i = 0; i < 5; ++i) {
    CHECK(finite.at({i}) == (i == 0 || i == 4));
    CHECK(isnan(some).at({i}) == (i == 1));
    CHECK(isinf(some).at({i}) == (i == 2 || i == 3));
  }
}

TEST_CASE("leaky_relu_grad is told by the output's sign and stops infinities at dead units") {
  const Tensor grad = Tensor::of({1, 2, inf, 4});
  const Tensor y = Tensor::of({-1, 0, -2, 3});
  const Tensor through = leaky_relu_grad(grad, y, 0.5);
  const Tensor relu_through = leaky_relu_grad(grad, y, 0);
  const double leaky[] = {0.5, 1, inf, 4};
  const double plain[] = {0, 0, 0, 4};
  for (std::int64_t i = 0; i < 4; ++i) {
    CHECK(through.at({i}) == leaky[i]);
    CHECK(relu_through.at({i}) == plain[i]);
  }
  CHECK_THROWS_AS(static_cast<void>(leaky_relu_grad(grad, y.to(float64), 0)), TypeError);
}
