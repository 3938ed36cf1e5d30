#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <reel/core/kernels/elementwise.h>
#include <reel/core/kernels/reduce.h>
#include <string_view>
#include <tests/note.h>
#include <vector>

using namespace reel;
using doctest::Contains;

namespace {

constexpr double inf = std::numeric_limits<double>::infinity();
constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();

Tensor numbers(const Shape& shape) {
  Tensor out = Tensor::empty(shape, float64);
  for (std::int64_t i = 0; i < out.numel(); ++i) {
    out.mutable_data<double>()[i] = static_cast<double>((i * 37 + 5) % 101 - 50) / 8;
  }
  return out;
}

/// The values of a rank-4 tensor that go into each element of its reduction over the axes in `mask`, in order.
std::vector<std::vector<double>> groups(const Tensor& a, unsigned mask) {
  const Shape& s = a.shape();
  std::map<std::vector<std::int64_t>, std::vector<double>> found;
  for (std::int64_t i = 0; i < s[0]; ++i) {
    for (std::int64_t j = 0; j < s[1]; ++j) {
      for (std::int64_t k = 0; k < s[2]; ++k) {
        for (std::int64_t l = 0; l < s[3]; ++l) {
          const std::vector<std::int64_t> key{mask & 1 ? 0 : i, mask & 2 ? 0 : j, mask & 4 ? 0 : k, mask & 8 ? 0 : l};
          found[key].push_back(a.at({i, j, k, l}));
        }
      }
    }
  }
  std::vector<std::vector<double>> out;
  for (auto& [key, values] : found) out.push_back(std::move(values));
  return out;
}

double total(const std::vector<double>& v) {
  double sum = 0;
  for (const double x : v) sum += x;
  return sum;
}

double variance(const std::vector<double>& v) {
  const double centre = total(v) / static_cast<double>(v.size());
  double sum = 0;
  for (const double x : v) sum += (x - centre) * (x - centre);
  return sum / static_cast<double>(v.size() - 1);
}

struct Reduction {
  std::string_view name;
  Tensor (*op)(const Tensor&, const Dims&, bool);
  double (*f)(const std::vector<double>&);
};

const Reduction reductions[] = {
    {"sum", sum, total},
    {"mean", mean, [](const std::vector<double>& v) { return total(v) / static_cast<double>(v.size()); }},
    {"var", [](const Tensor& a, const Dims& axes, bool keep) { return var(a, axes, keep); }, variance},
    {"max", max, [](const std::vector<double>& v) { return *std::max_element(v.begin(), v.end()); }},
    {"min", min, [](const std::vector<double>& v) { return *std::min_element(v.begin(), v.end()); }}};

}  // namespace

TEST_CASE("reductions over every subset of axes agree with a naive loop") {
  const Tensor dense = numbers({2, 3, 4, 5});
  const Tensor tall = numbers({2, 70, 3, 2});  // more rows than one block of partial sums
  for (const Tensor& a : {dense, numbers({5, 3, 2, 4}).permute({2, 1, 3, 0}), dense.slice(3, 0, 5, 2), tall}) {
    for (unsigned mask = 1; mask < 16; ++mask) {
      Dims axes;
      for (int axis = 3; axis >= 0; --axis) {
        if (mask >> axis & 1) axes.push_back(axis % 2 == 0 ? axis : axis - 4);
      }
      CAPTURE(concat("axes ", axes, " of ", a.shape()));
      const auto expected = groups(a, mask);
      for (const auto& [name, op, f] : reductions) {
        const auto noted = note(name);
        const Tensor kept = op(a, axes, true);
        const Tensor out = op(a, axes, false);
        for (int axis = 0; axis < 4; ++axis) REQUIRE(kept.shape()[axis] == (mask >> axis & 1 ? 1 : a.shape()[axis]));
        REQUIRE(out.shape() == reduced_shape("test", a.shape(), axes, false));
        REQUIRE(out.numel() == static_cast<std::int64_t>(expected.size()));
        double worst = 0;
        for (std::size_t i = 0; i < expected.size(); ++i) {
          const double want = f(expected[i]);
          if (std::isnan(want)) continue;  // the variance of one value
          worst = std::max(worst, std::abs(out.data<double>()[i] - want) / std::max(1.0, std::abs(want)));
          worst = std::max(worst, std::abs(kept.data<double>()[i] - out.data<double>()[i]));
        }
        CHECK(worst < 1e-13);
      }
    }
  }
}

TEST_CASE("no axes means all of them, and a scalar reduces to itself") {
  const Tensor a = numbers({3, 4});
  CHECK(sum(a).shape() == Shape{});
  CHECK(sum(a, {}, true).shape() == Shape{1, 1});
  CHECK(sum(a).item() == sum(a, {0, 1}).item());
  CHECK(sum(Tensor::scalar(3)).item() == 3);
  CHECK(max(Tensor::scalar(3), {}, true).shape() == Shape{});
  CHECK(sum(Tensor::of({1, 2, 3}, int64)).dtype() == int64);
}

TEST_CASE("bad axes and dtypes are refused") {
  const Tensor a = numbers({2, 3});
  CHECK_THROWS_WITH_AS(static_cast<void>(sum(a, {2})), Contains("sum: axis 2 is outside [-2, 2)"), IndexError);
  CHECK_THROWS_WITH_AS(static_cast<void>(sum(a, {0, -2})), Contains("comes twice in [0, -2]"), IndexError);
  CHECK_THROWS_AS(static_cast<void>(argmax(a, 2)), IndexError);
  CHECK_THROWS_AS(static_cast<void>(sum(a.to(uint8))), TypeError);
  CHECK_THROWS_AS(static_cast<void>(max(a.to(boolean))), TypeError);
  CHECK_THROWS_AS(static_cast<void>(mean(a.to(int64))), TypeError);
}

TEST_CASE("empty ranges: sums are 0, means are NaN, nothing is the largest") {
  const Tensor none = Tensor::zeros({2, 0, 3});
  CHECK(sum(none).item() == 0);
  CHECK(sum(none, {1}).shape() == Shape{2, 3});
  CHECK(max(sum(none, {1})).item() == 0);
  CHECK(sum(none, {0}).shape() == Shape{0, 3});
  CHECK(std::isnan(mean(none).item()));
  CHECK(mean(none, {0}).shape() == Shape{0, 3});
  CHECK(std::isnan(var(none).item()));
  CHECK(std::isnan(var(Tensor::of({5})).item()));
  CHECK(var(Tensor::of({5}), {}, false, 0).item() == 0);
  CHECK_THROWS_WITH_AS(static_cast<void>(max(none)), Contains("max: shape [2, 0, 3] has no elements"), ShapeError);
  CHECK_THROWS_AS(static_cast<void>(min(none, {1})), ShapeError);
  CHECK_THROWS_AS(static_cast<void>(max(none, {1, 2})), ShapeError);
  CHECK_THROWS_AS(static_cast<void>(argmax(none, 1)), ShapeError);
  // Here every range has elements; only, there is no range.
  CHECK(max(none, {2}).shape() == Shape{2, 0});
  CHECK(argmax(none, 0).shape() == Shape{0, 3});
}

TEST_CASE("argmax takes the first of equals, and the first NaN before all") {
  const Tensor a = Tensor::of({1, 3, 3, 2, not_a_number, 5, not_a_number, 9, -1, -1, -1, -1}, {3, 4});
  const Tensor rows = argmax(a);
  CHECK(rows.dtype() == int64);
  CHECK(rows.at({0}) == 1);
  CHECK(rows.at({1}) == 0);
  CHECK(rows.at({2}) == 0);
  const Tensor columns = argmax(a, 0, true);
  REQUIRE(columns.shape() == Shape{1, 4});
  CHECK(columns.at({0, 0}) == 1);
  CHECK(columns.at({0, 1}) == 1);
  CHECK(columns.at({0, 2}) == 1);
  CHECK(columns.at({0, 3}) == 1);
  CHECK(argmax(a.transpose(0, 1), 0).at({0}) == 1);
  CHECK(argmax(Tensor::of({3, 7, 7}, int64)).item() == 1);
}

TEST_CASE("a NaN comes through every reduction, wherever it stands") {
  for (const std::int64_t place : {0, 13, 63}) {
    Tensor a = numbers({4, 16});
    a.mutable_data<double>()[place] = not_a_number;
    for (const auto& [name, op, f] : reductions) {
      const auto noted = note(name);
      CHECK(std::isnan(op(a, {}, false).item()));
      const Tensor columns = op(a, {0}, false);
      for (std::int64_t i = 0; i < 16; ++i) CHECK(std::isnan(columns.at({i})) == (i == place % 16));
    }
  }
  CHECK(max(Tensor::of({-inf, -inf})).item() == -inf);
  CHECK(min(Tensor::of({inf, -inf})).item() == -inf);
}

TEST_CASE("float32 sums stay accurate over ten million values") {
  const std::int64_t n = 10'000'000;
  const Tensor a = Tensor::full({n}, 0.1F);
  const double exact = static_cast<double>(0.1F) * static_cast<double>(n);
  CHECK(std::abs(sum(a).item() / exact - 1) < 1e-6);
  CHECK(std::abs(mean(a).item() / 0.1F - 1) < 1e-6);
  CHECK(std::abs(sum(a.reshape({n / 2, 2}), {0}).at({1}) / exact * 2 - 1) < 1e-6);
  CHECK(var(a.narrow(0, 0, 1000)).item() < 1e-12);
}

TEST_CASE("the mean of equal numbers is that number") {
  for (const std::int64_t n : {3, 7, 41, 49, 98, 1000}) {
    CHECK(mean(Tensor::ones({n}, float64)).item() == 1);
    CHECK(mean(Tensor::ones({n})).item() == 1);
  }
}

TEST_CASE("sum_to takes back what broadcasting did") {
  const Tensor a = numbers({2, 3, 4});
  struct Row {
    Shape shape;
    Dims axes;
  };
  for (const auto& [shape, axes] :
       std::vector<Row>{{{4}, {0, 1}}, {{3, 1}, {0, 2}}, {{1, 3, 4}, {0}}, {{}, {0, 1, 2}}}) {
    const auto noted = note(shape);
    const Tensor out = sum_to(a, shape);
    REQUIRE(out.shape() == shape);
    CHECK(max(abs(out - sum(a, axes).reshape(shape))).item() < 1e-13);
  }
  CHECK(sum_to(a, a.shape()).shares_memory_with(a));
  CHECK(sum_to(Tensor::zeros({0, 3}), {1, 3}).shape() == Shape{1, 3});
  for (const Shape& bad : {Shape{3}, Shape{2, 3, 4, 1}, Shape{1, 2, 3, 4}, Shape{6, 4}}) {
    CHECK_THROWS_WITH_AS(static_cast<void>(sum_to(a, bad)), Contains("[2, 3, 4]"), ShapeError);
  }
}

TEST_CASE("all_finite finds each NaN and infinity, and is not fooled by a sum that overflows") {
  CHECK(all_finite(Tensor::zeros({0})));
  CHECK(all_finite(Tensor::ones({3}, int64)));
  CHECK(all_finite(Tensor::full({1000}, 3e38)));
  for (const double bad : {not_a_number, inf, -inf}) {
    Tensor a = Tensor::full({1000}, 3e38);
    CHECK(all_finite(a));
    a.select(0, 777).fill(bad);
    CHECK(!all_finite(a));
  }
  CHECK(!all_finite(Tensor::of({inf, -inf})));
}
