#include <doctest/doctest.h>

#include <bit>
#include <cmath>
#include <limits>
#include <reel/core/kernels/elementwise.h>
#include <reel/core/tensor.h>
#include <string_view>
#include <tests/note.h>
#include <vector>

// Functions of float32 against those of the standard library in double, over all of its numbers.

using namespace reel;

namespace {

constexpr float inf = std::numeric_limits<float>::infinity();

struct Function {
  std::string_view name;
  Tensor (*op)(const Tensor&);
  double (*exact)(double);
  double units;  // in the last place that the result may be off
};

const Function functions[] = {
    {"exp", exp, [](double x) { return std::exp(x); }, 1.5},
    {"log", log, [](double x) { return std::log(x); }, 1.5},
    {"exp2", exp2, [](double x) { return std::exp2(x); }, 2},
    {"expm1", expm1, [](double x) { return std::expm1(x); }, 4},
    {"log2", log2, [](double x) { return std::log2(x); }, 2},
    {"log10", log10, [](double x) { return std::log10(x); }, 2.5},
    {"log1p", log1p, [](double x) { return std::log1p(x); }, 2.5},
    {"sin", sin, [](double x) { return std::sin(x); }, 3},
    {"cos", cos, [](double x) { return std::cos(x); }, 3},
    {"tan", tan, [](double x) { return std::tan(x); }, 4},
    {"asin", asin, [](double x) { return std::asin(x); }, 2.5},
    {"acos", acos, [](double x) { return std::acos(x); }, 2},
    {"atan", atan, [](double x) { return std::atan(x); }, 3},
    {"sinh", sinh, [](double x) { return std::sinh(x); }, 4},
    {"cosh", cosh, [](double x) { return std::cosh(x); }, 3},
    {"asinh", asinh, [](double x) { return std::asinh(x); }, 3},
    {"acosh", acosh, [](double x) { return std::acosh(x); }, 3},
    {"atanh", atanh, [](double x) { return std::atanh(x); }, 3.5},
    {"erfc", erfc, [](double x) { return std::erfc(x); }, 3},
    {"tanh", tanh, [](double x) { return std::tanh(x); }, 4},
    {"sigmoid", sigmoid, [](double x) { return 1 / (1 + std::exp(-x)); }, 3},
    {"softplus", softplus, [](double x) { return x > 700 ? x : std::log1p(std::exp(x)); }, 3},
    {"erf", erf, [](double x) { return std::erf(x); }, 1.5},
};

/// Every 1009th float32: of both signs, from 0 by way of the subnormal numbers to infinity, and NaN of many kinds.
Tensor sweep() {
  std::vector<float> numbers{0.0F,
                             -0.0F,
                             inf,
                             -inf,
                             std::numeric_limits<float>::max(),
                             std::numeric_limits<float>::min(),
                             std::numeric_limits<float>::denorm_min(),
                             -std::numeric_limits<float>::denorm_min(),
                             1.0F};
  for (std::uint64_t bits = 0; bits < (std::uint64_t{1} << 32); bits += 1009) {
    numbers.push_back(std::bit_cast<float>(static_cast<std::uint32_t>(bits)));
  }
  return Tensor::from<float>(numbers, {static_cast<std::int64_t>(numbers.size())});
}

/// How far `got` is from the exact value, in units of the last place of a float32 beside it.
double units_off(float got, double exact) {
  const auto nearest = static_cast<float>(exact);
  if (std::isnan(nearest) || std::isinf(nearest)) {
    const bool is_same = got == nearest || (std::isnan(got) && std::isnan(nearest));
    return is_same ? 0 : inf;
  }
  const float above = std::nextafter(std::abs(nearest), inf);
  const double unit = std::isinf(above) ? std::ldexp(1.0, 104) : static_cast<double>(above) - std::abs(nearest);
  return std::abs(static_cast<double>(got) - exact) / unit;
}

}  // namespace

TEST_CASE("functions of float32 are right to some units in the last place") {
  const Tensor x = sweep();
  for (const auto& [name, op, exact, units] : functions) {
    const Tensor y = op(x);
    double most = 0;
    float where = 0;
    for (std::int64_t i = 0; i < x.numel(); ++i) {
      const float from = x.data<float>()[i];
      const double off = units_off(y.data<float>()[i], exact(from));
      if (!(off <= most)) {
        most = off;
        where = from;
      }
    }
    const auto noted = note(name, " of ", where, " is ", op(Tensor::scalar(where)).item(), ", not ", exact(where));
    CHECK(most <= units);
  }
}

TEST_CASE("gelu of float32 is right beside its argument") {
  const Tensor x = Tensor::arange(-12, 12, 1.0 / 4096);
  const Tensor y = gelu(x);
  for (std::int64_t i = 0; i < x.numel(); ++i) {
    const double from = x.data<float>()[i];
    const double exact = from * 0.5 * std::erfc(-from / std::sqrt(2.0));
    REQUIRE(std::abs(static_cast<double>(y.data<float>()[i]) - exact) <= 2e-7 * std::abs(from));
  }
  CHECK(gelu(Tensor::scalar(inf)).item() == inf);
}

TEST_CASE("a function gives an element the same bits wherever it lies") {
  const Tensor all = Tensor::arange(-3, 3, 1.0 / 64);
  for (const auto& [name, op, exact, units] : functions) {
    const auto noted = note(name);
    const Tensor whole = op(abs(all) + 0.5);
    for (const std::int64_t n : {1, 3, 15, 16, 17, 40}) {
      const Tensor some = op(abs(all.slice(0, 7, 7 + 2 * n, 2)) + 0.5);
      for (std::int64_t i = 0; i < n; ++i) {
        const double expected = whole.at({7 + 2 * i});
        REQUIRE((some.at({i}) == expected || std::isnan(expected)));
      }
    }
  }
}
