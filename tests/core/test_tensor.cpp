#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <reel/core/tensor.h>
#include <vector>

using namespace reel;
using doctest::Contains;

namespace {

constexpr DType all_dtypes[] = {float32, float64, int64, uint8, boolean};

std::vector<double> values(const Tensor& t) {
  const Tensor wide = t.to(float64).contiguous();
  return {wide.span<double>().begin(), wide.span<double>().end()};
}

}  // namespace

TEST_CASE("an undefined tensor throws at every use") {
  const Tensor none;
  CHECK(!none.defined());
  CHECK_THROWS_WITH_AS(static_cast<void>(none.shape()), Contains("undefined"), ValueError);
  CHECK_THROWS_AS(static_cast<void>(none.item()), ValueError);
  CHECK_THROWS_AS(static_cast<void>(none.reshape({1})), ValueError);
  CHECK_THROWS_AS(static_cast<void>(none.data<float>()), ValueError);
  CHECK_THROWS_AS(static_cast<void>(none.clone()), ValueError);
  CHECK_THROWS_AS(Tensor().fill(1), ValueError);
}

TEST_CASE("shapes that no memory holds are refused before any is taken") {
  const std::int64_t huge = std::int64_t{1} << 32;
  CHECK_THROWS_WITH_AS(static_cast<void>(Tensor::empty({2, -1})), Contains("[2, -1] has a negative size"), ShapeError);
  CHECK_THROWS_AS(static_cast<void>(Tensor::empty({huge, huge})), ShapeError);
  CHECK_THROWS_AS(static_cast<void>(Tensor::empty({0, huge, huge})), ShapeError);
  CHECK_THROWS_AS(static_cast<void>(Tensor::empty({huge, 1 << 29}, float64)), ShapeError);  // 2^64 bytes
  CHECK_THROWS_AS(static_cast<void>(Tensor::empty({huge, 1 << 20})), ValueError);
  CHECK_THROWS_AS(static_cast<void>(Tensor::eye(-1)), ShapeError);
  CHECK_THROWS_AS(static_cast<void>(Tensor::of({1, 2, 3}, {2, 2})), ShapeError);
}

TEST_CASE("factories fill every dtype") {
  for (const DType dtype : all_dtypes) {
    CAPTURE(dtype);
    CHECK(Tensor::empty({2, 3}, dtype).dtype() == dtype);
    CHECK(Tensor::empty({2, 3}, dtype).nbytes() == 6 * size_of(dtype));
    CHECK(values(Tensor::full({3}, 7, dtype)) == std::vector<double>(3, dtype == boolean ? 1 : 7));
    CHECK(values(Tensor::zeros({2, 2}, dtype)) == std::vector<double>(4, 0));
    CHECK(values(Tensor::ones({4}, dtype)) == std::vector<double>(4, 1));
    CHECK(Tensor::scalar(1, dtype).shape() == Shape{});
    CHECK(values(Tensor::eye(2, dtype)) == std::vector<double>{1, 0, 0, 1});
    CHECK(Tensor::zeros({0, 3}, dtype).numel() == 0);
  }
  CHECK(values(Tensor::eye(0)).empty());
  CHECK(Tensor::of({1, 2, 3}).shape() == Shape{3});
  CHECK(values(Tensor::of({1, 0, 2.5}, boolean)) == std::vector<double>{1, 0, 1});
  const std::int64_t large = std::numeric_limits<std::int64_t>::max();
  const Tensor exact = Tensor::from(std::span<const std::int64_t>(&large, 1), {1, 1});
  CHECK(*exact.data<std::int64_t>() == large);  // which no double holds
}

TEST_CASE("arange steps up and down") {
  CHECK(values(Tensor::arange(0, 4)) == std::vector<double>{0, 1, 2, 3});
  CHECK(values(Tensor::arange(1, 2, 0.25)) == std::vector<double>{1, 1.25, 1.5, 1.75});
  CHECK(values(Tensor::arange(3, 0, -2, int64)) == std::vector<double>{3, 1});
  CHECK(Tensor::arange(0, -1).numel() == 0);
  CHECK(Tensor::arange(5, 5).numel() == 0);
  CHECK_THROWS_AS(static_cast<void>(Tensor::arange(0, 1, 0)), ValueError);
  CHECK_THROWS_AS(static_cast<void>(Tensor::arange(0, INFINITY)), ValueError);
  CHECK_THROWS_AS(static_cast<void>(Tensor::arange(0, NAN)), ValueError);
  CHECK_THROWS_AS(static_cast<void>(Tensor::arange(0, 1e300)), ValueError);
}

TEST_CASE("item and at read single elements") {
  const Tensor t = Tensor::arange(0, 6).reshape({2, 3});
  CHECK(t.at({1, 2}) == 5);
  CHECK(t.at({-1, -3}) == 3);
  CHECK(t.transpose(0, 1).at({2, 1}) == 5);
  CHECK(Tensor::full({1, 1}, 3).item() == 3);
  CHECK(Tensor::scalar(2, int64).at({}) == 2);
  CHECK_THROWS_WITH_AS(static_cast<void>(t.item()), "item: wants a tensor of one element, got shape [2, 3]",
                       ShapeError);
  CHECK_THROWS_AS(static_cast<void>(Tensor::zeros({0}).item()), ShapeError);
  CHECK_THROWS_WITH_AS(static_cast<void>(t.at({1})), Contains("shape [2, 3] wants 2 indices, got 1"), IndexError);
  CHECK_THROWS_WITH_AS(static_cast<void>(t.at({2, 0})), "at: index 2 is outside axis 0 of shape [2, 3]", IndexError);
  CHECK_THROWS_WITH_AS(static_cast<void>(t.at({0, -4})), "at: index -4 is outside axis 1 of shape [2, 3]", IndexError);
  CHECK(t.size(-1) == 3);
  CHECK_THROWS_AS(static_cast<void>(t.size(2)), IndexError);
}

TEST_CASE("data of the wrong dtype is a TypeError") {
  for (const DType dtype : all_dtypes) {
    Tensor t = Tensor::zeros({2}, dtype);
    for (const DType asked : all_dtypes) {
      visit_all(asked, [&]<class T>(T) {
        if (asked == dtype) CHECK(static_cast<const void*>(t.data<T>()) == t.bytes());
        else CHECK_THROWS_WITH_AS(static_cast<void>(t.mutable_data<T>()), Contains(concat(asked).c_str()), TypeError);
      });
    }
  }
  CHECK_THROWS_AS(static_cast<void>(Tensor::zeros({2, 3}).transpose(0, 1).span<float>()), ShapeError);
}

TEST_CASE("handles share memory and clones do not") {
  Tensor a = Tensor::zeros({2, 2});
  CHECK(a.is_sole_owner());
  Tensor b = a;
  Tensor row = a.select(0, 1);
  const Tensor copy = a.clone();
  CHECK(!a.is_sole_owner());
  b.fill(1);
  row.fill(2);
  CHECK(values(a) == std::vector<double>{1, 1, 2, 2});
  CHECK(values(copy) == std::vector<double>(4, 0));
  CHECK(a.shares_memory_with(row));
  CHECK(!a.shares_memory_with(copy));
  CHECK(a.contiguous().shares_memory_with(a));
  CHECK(a.to(float32).shares_memory_with(a));
  const Tensor turned = a.transpose(0, 1);
  CHECK(!turned.contiguous().shares_memory_with(a));
  CHECK(turned.clone().is_contiguous());
  CHECK(values(turned.clone()) == std::vector<double>{1, 2, 1, 2});
}

TEST_CASE("conversion between all dtypes truncates towards zero") {
  for (const DType from : all_dtypes) {
    for (const DType to : all_dtypes) {
      CAPTURE(concat(from, " to ", to));
      const Tensor source = Tensor::of({0, 1, 2.75, 200}, {2, 2}, from);
      const Tensor out = source.transpose(0, 1).to(to);
      REQUIRE(out.dtype() == to);
      for (const std::int64_t i : {0, 1}) {
        for (const std::int64_t j : {0, 1}) {
          const double x = source.at({j, i});
          CHECK(out.at({i, j}) == (to == boolean ? x != 0 : is_floating(to) ? x : std::trunc(x)));
        }
      }
    }
  }
  CHECK(values(Tensor::of({-1.9, 1.9}).to(int64)) == std::vector<double>{-1, 1});
  CHECK(values(Tensor::of({NAN, -0.0, 0.25}).to(boolean)) == std::vector<double>{1, 0, 1});
  CHECK(Tensor::zeros({0, 2}).to(int64).shape() == Shape{0, 2});
}

TEST_CASE("copy_from broadcasts, converts and writes through views") {
  Tensor t = Tensor::zeros({2, 3});
  t.copy_from(Tensor::of({1, 2, 3}, int64));
  CHECK(values(t) == std::vector<double>{1, 2, 3, 1, 2, 3});
  t.transpose(0, 1).copy_from(Tensor::of({4, 5}));
  CHECK(values(t) == std::vector<double>{4, 4, 4, 5, 5, 5});
  t.slice(1, 0, 3, 2).copy_from(Tensor::scalar(9));
  CHECK(values(t) == std::vector<double>{9, 4, 9, 9, 5, 9});
  t.narrow(0, 0, 0).copy_from(Tensor::zeros({0, 3}));
  CHECK_THROWS_WITH_AS(t.copy_from(Tensor::zeros({2})), "copy_from: a source of shape [2] does not expand to [2, 3]",
                       ShapeError);
  CHECK_THROWS_WITH_AS(t.copy_from(Tensor::zeros({1, 2, 3})), Contains("copy_from: "), ShapeError);
  CHECK_THROWS_WITH_AS(t.copy_from(Tensor()), Contains("copy_from: got an undefined tensor"), ValueError);
}
