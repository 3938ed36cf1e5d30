#include <doctest/doctest.h>

#include <reel/core/kernels/elementwise.h>
#include <reel/core/kernels/index.h>
#include <reel/core/kernels/reduce.h>
#include <vector>

using namespace reel;
using doctest::Contains;

namespace {

Tensor counted(const Shape& shape, DType dtype = float32) {
  return Tensor::arange(0, static_cast<double>(numel(shape)), 1, float32).reshape(shape).to(dtype);
}

bool equal(const Tensor& a, const Tensor& b) {
  return a.shape() == b.shape() && a.dtype() == b.dtype() && sum(ne(a, b).to(int64)).item() == 0;
}

Tensor indices(std::initializer_list<double> values) { return Tensor::of(values, int64); }

}  // namespace

TEST_CASE("concatenate and stack put parts where slices find them again") {
  for (const DType dtype : {float32, int64, uint8}) {
    const Tensor a = counted({2, 3}, dtype);
    const Tensor b = counted({5, 2}, dtype).transpose(0, 1);
    const Tensor none = Tensor::zeros({2, 0}, dtype);
    const Tensor joined = concatenate({a, none, b}, -1);
    REQUIRE(joined.shape() == Shape{2, 8});
    CHECK(equal(joined.narrow(1, 0, 3), a));
    CHECK(equal(joined.narrow(1, 3, 5), b));
    for (std::int64_t axis = -3; axis < 3; ++axis) {
      CAPTURE(axis);
      const Tensor other = Tensor::full({2, 3}, 7, dtype);
      const Tensor piled = stack({a, other, a}, axis);
      CHECK(piled.size(axis) == 3);
      CHECK(equal(piled.select(axis, 1), other));
      CHECK(equal(piled.select(axis, 2), a));
    }
  }
  CHECK(stack({Tensor::scalar(1), Tensor::scalar(2)}).at({1}) == 2);
}

TEST_CASE("parts that do not fit are refused") {
  const Tensor a = Tensor::zeros({2, 3});
  CHECK_THROWS_AS(static_cast<void>(concatenate({})), ValueError);
  CHECK_THROWS_AS(static_cast<void>(stack({})), ValueError);
  CHECK_THROWS_WITH_AS(static_cast<void>(concatenate({a, Tensor::zeros({3, 2})})),
                       Contains("concatenate: shapes [2, 3] and [3, 2] differ outside axis 0"), ShapeError);
  CHECK_THROWS_AS(static_cast<void>(concatenate({a, Tensor::zeros({3})})), ShapeError);
  CHECK_THROWS_AS(static_cast<void>(concatenate({a, a.to(int64)})), TypeError);
  CHECK_THROWS_AS(static_cast<void>(concatenate({a}, 2)), IndexError);
  CHECK_THROWS_AS(static_cast<void>(concatenate({Tensor::scalar(1)})), IndexError);
  CHECK_THROWS_WITH_AS(static_cast<void>(stack({a, Tensor::zeros({2, 4})})), Contains("[2, 3] and [2, 4]"), ShapeError);
  CHECK_THROWS_AS(static_cast<void>(stack({a, a}, 3)), IndexError);
}

TEST_CASE("index_select picks along every axis, and index_add is its adjoint") {
  const Tensor picks = indices({1, 0, 1});
  for (const DType dtype : {float32, float64, int64, uint8, boolean}) {
    const Tensor a = counted({2, 3, 4}, dtype).permute({2, 0, 1});
    for (std::int64_t axis = 0; axis < 3; ++axis) {
      const Tensor out = index_select(a, axis, picks);
      CHECK(out.size(axis) == 3);
      for (std::int64_t i = 0; i < 3; ++i) CHECK(equal(out.select(axis, i), a.select(axis, i % 2 == 0 ? 1 : 0)));
      if (dtype == uint8 || dtype == boolean) continue;
      const Tensor back = index_add(Tensor::zeros(a.shape(), dtype), axis, picks, out);
      CHECK(equal(back.select(axis, 1), a.select(axis, 1) * 2));
      CHECK(equal(back.select(axis, 0), a.select(axis, 0)));
      CHECK(sum(back).item() == sum(out).item());
    }
  }
  const Tensor long_axis = counted({100'000});
  CHECK(index_select(long_axis, 0, long_axis.to(int64)).at({99'999}) == 99'999);
}

TEST_CASE("an empty index picks nothing") {
  const Tensor none = Tensor::zeros({0}, int64);
  CHECK(index_select(Tensor::zeros({2, 3}), 1, none).shape() == Shape{2, 0});
  CHECK(index_select(Tensor::zeros({0, 3}), 0, none).shape() == Shape{0, 3});
  CHECK(index_select(Tensor::zeros({2, 0}), 0, indices({1})).shape() == Shape{1, 0});
  CHECK(sum(index_add(Tensor::zeros({2, 3}), 1, none, Tensor::zeros({2, 0}))).item() == 0);
  CHECK(gather(Tensor::zeros({2, 3}), 1, Tensor::zeros({2, 0}, int64)).shape() == Shape{2, 0});
  CHECK(one_hot(none, 3).shape() == Shape{0, 3});
}

TEST_CASE("gather and scatter_add follow their index") {
  const Tensor a = counted({3, 4}).transpose(0, 1).contiguous();                       // a[i][j] = 4 j + i
  const Tensor index = Tensor::of({0, 2, 1, 1, 0, 2}, {3, 2}, int64).transpose(0, 1);  // [2, 3]
  const Tensor along1 = gather(a, 1, index);
  const Tensor along0 = gather(a, -2, index);
  REQUIRE(along1.shape() == Shape{2, 3});
  Tensor expected = Tensor::zeros({4, 3});
  for (std::int64_t i = 0; i < 2; ++i) {
    for (std::int64_t j = 0; j < 3; ++j) {
      const auto pick = static_cast<std::int64_t>(index.at({i, j}));
      CHECK(along1.at({i, j}) == a.at({i, pick}));
      CHECK(along0.at({i, j}) == a.at({pick, j}));
      expected.mutable_data<float>()[i * 3 + pick] += static_cast<float>(10 * i + j);
    }
  }
  const Tensor values = Tensor::of({0, 1, 2, 10, 11, 12}, {2, 3});
  CHECK(equal(scatter_add(Tensor::zeros({4, 3}), 1, index, values), expected));
  CHECK(equal(gather(counted({2, 3}, uint8), 1, indices({2, 0}).unsqueeze(1)), Tensor::of({2, 3}, {2, 1}, uint8)));
}

TEST_CASE("one_hot sets one at each label") {
  for (const DType dtype : {float32, float64, int64, uint8, boolean}) {
    const Tensor out = one_hot(indices({2, 0, 1, 2}).reshape({2, 2}).transpose(0, 1), 3, dtype);
    REQUIRE(out.shape() == Shape{2, 2, 3});
    CHECK(out.dtype() == dtype);
    CHECK(sum(out.to(float32)).item() == 4);
    CHECK(out.at({0, 0, 2}) == 1);
    CHECK(out.at({0, 1, 1}) == 1);
    CHECK(out.at({1, 0, 0}) == 1);
    CHECK(out.at({1, 1, 2}) == 1);
  }
}

TEST_CASE("bad indices are named with their place") {
  const Tensor a = Tensor::zeros({2, 3});
  CHECK_THROWS_WITH_AS(static_cast<void>(index_select(a, 1, indices({0, 3}))),
                       "index_select: index 3 at position 1 is outside [0, 3)", IndexError);
  CHECK_THROWS_AS(static_cast<void>(index_select(a, 0, indices({-1}))), IndexError);
  CHECK_THROWS_AS(static_cast<void>(index_select(a, 2, indices({0}))), IndexError);
  CHECK_THROWS_AS(static_cast<void>(index_select(a, 0, Tensor::zeros({1}))), TypeError);
  CHECK_THROWS_AS(static_cast<void>(index_select(a, 0, Tensor::zeros({1, 1}, int64))), ShapeError);
  CHECK_THROWS_AS(static_cast<void>(index_select(Tensor::zeros({0, 3}), 0, indices({0}))), IndexError);
  CHECK_THROWS_WITH_AS(static_cast<void>(index_add(a, 1, indices({0, 1}), a)),
                       Contains("source wants shape [2, 2], got [2, 3]"), ShapeError);
  CHECK_THROWS_AS(static_cast<void>(index_add(a, 1, indices({0, 1, 3}), a)), IndexError);
  CHECK_THROWS_AS(static_cast<void>(gather(a, 1, Tensor::zeros({3, 1}, int64))), ShapeError);
  CHECK_THROWS_AS(static_cast<void>(gather(a, 1, Tensor::zeros({2}, int64))), ShapeError);
  CHECK_THROWS_AS(static_cast<void>(gather(a, 1, Tensor::full({2, 1}, 3, int64))), IndexError);
  CHECK_THROWS_AS(static_cast<void>(scatter_add(a, 1, Tensor::zeros({2, 1}, int64), a)), ShapeError);
  CHECK_THROWS_WITH_AS(static_cast<void>(one_hot(indices({1, 10}), 10)), Contains("10 at position 1"), IndexError);
  CHECK_THROWS_AS(static_cast<void>(one_hot(Tensor::zeros({1}), 10)), TypeError);
  CHECK_THROWS_WITH_AS(require_indices("cross_entropy", indices({7}), 5, "label"),
                       "cross_entropy: label 7 at position 0 is outside [0, 5)", IndexError);
}
