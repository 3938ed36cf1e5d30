#include <doctest/doctest.h>

#include <cmath>
#include <functional>
#include <limits>
#include <reel/core/kernels/elementwise.h>
#include <string_view>
#include <tests/core/random_tensors.h>
#include <tests/note.h>
#include <vector>

using namespace reel;
using doctest::Contains;
using reel::testing::element;

namespace {

constexpr double inf = std::numeric_limits<double>::infinity();
constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();

/// Numbers from -2 to 2 in no particular order, whole ones for integers.
Tensor numbers(const Shape& shape, DType dtype = float64, std::int64_t salt = 1) {
  Tensor out = Tensor::empty(shape, float64);
  for (std::int64_t i = 0; i < out.numel(); ++i) {
    const double x = static_cast<double>((i * 37 + salt * 11) % 41 - 20) / 10;
    out.mutable_data<double>()[i] = dtype == int64 ? std::round(x * 10) : x;
  }
  return out.to(dtype);
}

bool same(double a, double b) { return a == b || (std::isnan(a) && std::isnan(b)); }

template <class F>
void check_binary(const Tensor& a, const Tensor& b, const Tensor& out, const F& f) {
  const Shape shape = broadcast_shapes("test", a.shape(), b.shape());
  REQUIRE(out.shape() == shape);
  REQUIRE(out.is_contiguous());
  int wrong = 0;
  for (std::int64_t i = 0; i < out.numel(); ++i) {
    wrong += !same(element(out, shape, i), f(element(a, shape, i), element(b, shape, i)));
  }
  CHECK(wrong == 0);
}

struct Binary {
  std::string_view name;
  Tensor (*op)(const Tensor&, const Tensor&);
  double (*f)(double, double);
};

const Binary arithmetic[] = {{"add", add, [](double x, double y) { return x + y; }},
                             {"sub", sub, [](double x, double y) { return x - y; }},
                             {"mul", mul, [](double x, double y) { return x * y; }},
                             {"maximum", maximum, [](double x, double y) { return std::isnan(x) || x > y ? x : y; }},
                             {"minimum", minimum, [](double x, double y) { return std::isnan(x) || x < y ? x : y; }}};

const Binary comparisons[] = {{"eq", eq, [](double x, double y) { return double(x == y); }},
                              {"ne", ne, [](double x, double y) { return double(x != y); }},
                              {"lt", lt, [](double x, double y) { return double(x < y); }},
                              {"le", le, [](double x, double y) { return double(x <= y); }},
                              {"gt", gt, [](double x, double y) { return double(x > y); }},
                              {"ge", ge, [](double x, double y) { return double(x >= y); }}};

}  // namespace

TEST_CASE("operands of every pair of shapes and layouts broadcast like a naive loop") {
  const std::vector<Tensor> operands{numbers({}),
                                     numbers({1}),
                                     numbers({0}),
                                     numbers({5}, float64, 3),
                                     numbers({3, 1}),
                                     numbers({3, 5}, float64, 2),
                                     numbers({5, 3}).transpose(0, 1),
                                     numbers({2, 1, 5}),
                                     numbers({2, 3, 5}, float64, 4),
                                     numbers({5, 3, 2}).permute({2, 1, 0}),
                                     numbers({2, 3, 12}).slice(2, 1, 11, 2),
                                     numbers({1, 5}).expand({3, 5}),
                                     numbers({15}).as_strided({3, 5}, {-5, -1}, 14),
                                     numbers({2, 0, 1}),
                                     numbers({2, 1, 1, 5}),
                                     numbers({1, 1, 1, 1, 1})};
  int fitting = 0;
  for (const Tensor& a : operands) {
    for (const Tensor& b : operands) {
      CAPTURE(concat(a.shape(), " and ", b.shape()));
      try {
        static_cast<void>(broadcast_shapes("test", a.shape(), b.shape()));
      } catch (const ShapeError&) {
        CHECK_THROWS_AS(static_cast<void>(sub(a, b)), ShapeError);
        CHECK_THROWS_AS(static_cast<void>(lt(a, b)), ShapeError);
        continue;
      }
      ++fitting;
      check_binary(a, b, sub(a, b), [](double x, double y) { return x - y; });
      check_binary(a, b, lt(a, b), [](double x, double y) { return double(x < y); });
    }
  }
  CHECK(fitting > 150);
}

TEST_CASE("long operands, which are cut for the threads, broadcast too") {
  for (const auto& [a, b] :
       std::vector<std::pair<Tensor, Tensor>>{{numbers({100'003}), numbers({})},
                                              {numbers({300, 401}), numbers({300, 1})},
                                              {numbers({300, 401}), numbers({401, 300}).transpose(0, 1)},
                                              {numbers({40'000, 3}), numbers({3})}}) {
    check_binary(a, b, a - b, [](double x, double y) { return x - y; });
  }
}

TEST_CASE("binary ops are right for every dtype, NaN and infinity") {
  for (const DType dtype : {float32, float64, int64}) {
    CAPTURE(dtype);
    Tensor a = numbers({7, 9}, dtype);
    Tensor b = numbers({7, 9}, dtype, 5);
    if (is_floating(dtype)) {
      a = where(gt(a, Tensor::scalar(1.5, dtype)), Tensor::scalar(not_a_number, dtype), a);
      b = where(lt(b, Tensor::scalar(-1.5, dtype)), Tensor::scalar(inf, dtype), b);
      b = where(gt(b, Tensor::scalar(1.7, dtype)), Tensor::scalar(not_a_number, dtype), b);
    }
    for (const auto& [name, op, f] : arithmetic) {
      const auto noted = note(name);
      check_binary(a, b, op(a, b), [dtype, f = f](double x, double y) {
        return dtype == float32 ? static_cast<double>(static_cast<float>(f(x, y))) : f(x, y);
      });
      CHECK(op(a, b).dtype() == dtype);
    }
  }
  for (const DType dtype : {float32, float64, int64, uint8, boolean}) {
    const Tensor a = Tensor::of({0, 1, 1, 0, 3}, dtype);
    const Tensor b = Tensor::of({0, 0, 1, 1, 2}, dtype);
    for (const auto& [name, op, f] : comparisons) {
      const auto noted = note(name);
      CHECK(op(a, b).dtype() == boolean);
      check_binary(a, b, op(a, b), f);
      if (is_floating(dtype)) {
        const Tensor nans = Tensor::full({5}, not_a_number, dtype);
        check_binary(a, nans, op(a, nans), f);
        check_binary(nans, b, op(nans, b), f);
      }
    }
  }
}

TEST_CASE("division truncates for int64 and follows IEEE for floats") {
  const Tensor out = div(Tensor::of({7, -7, 7, -7, 0}, int64), Tensor::of({2, 2, -2, -2, 5}, int64));
  check_binary(out, Tensor::of({3, -3, -3, 3, 0}, int64), out, [](double, double y) { return y; });
  CHECK_THROWS_WITH_AS(static_cast<void>(div(Tensor::of({1}, int64), Tensor::of({0}, int64))),
                       Contains("div: an int64 is divided by zero"), ValueError);
  CHECK_THROWS_AS(static_cast<void>(Tensor::ones({100'000}, int64) / 0), ValueError);
  // The one quotient that int64 does not hold; a plain division would end the program.
  const std::int64_t lowest = std::numeric_limits<std::int64_t>::min();
  const Tensor a = Tensor::from(std::span<const std::int64_t>(&lowest, 1), {1});
  CHECK(*div(a, Tensor::of({-1}, int64)).data<std::int64_t>() == lowest);
  CHECK((Tensor::of({6}, int64) / -1).item() == -6);
  const Tensor quotients = div(Tensor::of({1, -1, 0, 3}), Tensor::of({0, 0, 0, 2}));
  CHECK(quotients.at({0}) == inf);
  CHECK(quotients.at({1}) == -inf);
  CHECK(std::isnan(quotients.at({2})));
  CHECK(quotients.at({3}) == 1.5);
}

TEST_CASE("operators take numbers on either side") {
  const Tensor a = Tensor::of({4});
  CHECK((a + 1).item() == 5);
  CHECK((a - 1).item() == 3);
  CHECK((a * 2).item() == 8);
  CHECK((a / 2).item() == 2);
  CHECK((1 + a).item() == 5);
  CHECK((1 - a).item() == -3);
  CHECK((2 * a).item() == 8);
  CHECK((2 / a).item() == 0.5);
  CHECK((-a).item() == -4);
  CHECK((Tensor::of({4}, int64) * 2).dtype() == int64);
}

TEST_CASE("operands of two dtypes, or of one that is not calculated in, are refused") {
  const Tensor f = Tensor::ones({2});
  const Tensor d = Tensor::ones({2}, float64);
  const Tensor u = Tensor::ones({2}, uint8);
  for (const auto& [name, op, unused] : arithmetic) {
    const auto noted = note(name);
    CHECK_THROWS_WITH_AS(static_cast<void>(op(f, d)), Contains("float32 and float64"), TypeError);
    CHECK_THROWS_WITH_AS(static_cast<void>(op(u, u)), Contains(concat(name, ": wants float32").c_str()), TypeError);
  }
  for (const auto& [name, op, unused] : comparisons) CHECK_THROWS_AS(static_cast<void>(op(f, d)), TypeError);
  CHECK_THROWS_AS(static_cast<void>(where(f, f, f)), TypeError);
  CHECK_THROWS_AS(static_cast<void>(where(Tensor::ones({2}, boolean), f, d)), TypeError);
  CHECK_THROWS_AS(static_cast<void>(isfinite(u)), TypeError);
}

TEST_CASE("where picks with all three operands broadcast") {
  for (const DType dtype : {float32, float64, int64, uint8, boolean}) {
    const Tensor condition = Tensor::of({1, 0}, {2, 1}, boolean);
    const Tensor out = where(condition, Tensor::of({1, 0, 1}, dtype), Tensor::zeros({4, 1, 1}, dtype));
    REQUIRE(out.shape() == Shape{4, 2, 3});
    CHECK(out.dtype() == dtype);
    check_binary(condition, Tensor::of({1, 0, 1}).expand({4, 2, 3}), out, [](double c, double x) { return c * x; });
  }
  CHECK(where(Tensor::of({1}, boolean), Tensor::zeros({0}), Tensor::ones({1})).numel() == 0);
  CHECK_THROWS_AS(static_cast<void>(where(Tensor::ones({3}, boolean), Tensor::ones({2}), Tensor::ones({1}))),
                  ShapeError);
}

TEST_CASE("add_scaled adds in place") {
  Tensor a = numbers({3, 5});
  const Tensor before = a.clone();
  const Tensor b = numbers({5, 3}, float64, 7).transpose(0, 1);
  add_scaled(a, b, -0.5);
  check_binary(before, b, a, [](double x, double y) { return x - 0.5 * y; });
  Tensor turned = a.transpose(0, 1);
  CHECK_THROWS_AS(add_scaled(turned, b.transpose(0, 1)), ShapeError);
  CHECK_THROWS_WITH_AS(add_scaled(a, Tensor::ones({5}, float64)), Contains("[5], got [3, 5]"), ShapeError);
  CHECK_THROWS_AS(add_scaled(a, b.to(float32)), TypeError);
}

TEST_CASE("a fraction beside an int64 tensor is an error, not a truncated number") {
  const Tensor whole = Tensor::of({1, 2}, int64);
  CHECK_THROWS_AS(static_cast<void>(whole + 0.5), TypeError);
  CHECK((whole + 2.0).at({1}) == 4);
}
