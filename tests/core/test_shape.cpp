#include <doctest/doctest.h>

#include <limits>
#include <reel/core/shape.h>
#include <tests/note.h>
#include <vector>

using namespace reel;
using doctest::Contains;

TEST_CASE("a shape has at most eight axes") {
  CHECK_THROWS_WITH_AS((Shape{1, 1, 1, 1, 1, 1, 1, 1, 1}), Contains("at most 8 axes, got 9"), ShapeError);
  Shape full = Dims::filled(8, 2);
  CHECK_THROWS_AS(full.push_back(1), ShapeError);
  CHECK(full.rank() == 8);
  CHECK_THROWS_AS(Dims::filled(9, 0), ShapeError);
}

TEST_CASE("a shape inserts, erases, compares and prints") {
  Shape shape{2, 3, 5};
  shape.insert(1, 7);
  CHECK(shape == Shape{2, 7, 3, 5});
  shape.insert(0, 1);
  shape.push_back(9);
  CHECK(concat(shape) == "[1, 2, 7, 3, 5, 9]");
  shape.erase(5);
  shape.erase(0);
  shape.erase(1);
  CHECK(shape == Shape{2, 3, 5});
  CHECK(shape != Shape{2, 3});
  CHECK(shape != Shape{2, 3, 6});
  CHECK(concat(Shape{}) == "[]");
}

TEST_CASE("numel counts elements and refuses what can't be counted") {
  struct Row {
    Shape shape;
    std::int64_t elements;
    Strides strides;
  };
  const std::int64_t huge = std::int64_t{1} << 32;
  const std::vector<Row> rows{{{}, 1, {}},
                              {{0}, 0, {1}},
                              {{2, 0, 3}, 0, {3, 3, 1}},
                              {{7}, 7, {1}},
                              {{2, 3, 4}, 24, {12, 4, 1}},
                              {{5, 1, 1}, 5, {1, 1, 1}}};
  for (const auto& [shape, elements, strides] : rows) {
    const auto noted = note(shape);
    CHECK(numel(shape) == elements);
    CHECK(contiguous_strides(shape) == strides);
  }
  CHECK_THROWS_AS(static_cast<void>(numel({huge, huge})), ShapeError);
  CHECK_THROWS_AS(static_cast<void>(numel({huge, huge, 0})), ShapeError);
  CHECK_THROWS_AS(static_cast<void>(numel({0, huge, huge})), ShapeError);
}

TEST_CASE("shapes broadcast as in NumPy") {
  struct Row {
    Shape a, b, out;
  };
  const std::vector<Row> rows{{{}, {}, {}},
                              {{}, {0}, {0}},
                              {{1}, {0}, {0}},
                              {{3}, {}, {3}},
                              {{2, 1}, {3}, {2, 3}},
                              {{4, 1, 5}, {3, 1}, {4, 3, 5}},
                              {{1, 1, 1}, {2}, {1, 1, 2}},
                              {{0, 3}, {1, 3}, {0, 3}}};
  for (const auto& [a, b, out] : rows) {
    const auto noted = note(a, " and ", b);
    CHECK(broadcast_shapes("test", a, b) == out);
    CHECK(broadcast_shapes("test", b, a) == out);
  }
  CHECK_THROWS_WITH_AS(static_cast<void>(broadcast_shapes("add", {2, 3}, {4})),
                       "add: shapes [2, 3] and [4] do not broadcast: axis 1 has 3 and 4 (sizes must be equal, or one "
                       "of them 1)",
                       ShapeError);
  CHECK_THROWS_AS(static_cast<void>(broadcast_shapes("add", {0}, {2})), ShapeError);
}

TEST_CASE("axes count from either end") {
  for (std::int64_t axis = 0; axis < 3; ++axis) {
    CHECK(normalize_axis("test", axis, 3) == axis);
    CHECK(normalize_axis("test", axis - 3, 3) == axis);
  }
  for (const std::int64_t axis : {std::int64_t{3}, std::int64_t{-4}, std::numeric_limits<std::int64_t>::min()}) {
    CHECK_THROWS_AS(static_cast<void>(normalize_axis("sum", axis, 3)), IndexError);
  }
  CHECK_THROWS_WITH_AS(static_cast<void>(normalize_axis("sum", 3, 3)), Contains("sum: axis 3 is outside [-3, 3)"),
                       IndexError);
  CHECK_THROWS_AS(static_cast<void>(normalize_axis("sum", 0, 0)), IndexError);
}
