#include <doctest/doctest.h>

#include <reel/core/dtype.h>
#include <reel/core/error.h>
#include <reel/core/scope.h>
#include <reel/core/shape.h>
#include <thread>

using namespace reel;

TEST_CASE("concat joins whatever streams") {
  CHECK(concat("got ", Shape{8, 16}, ' ', float32, ' ', -3, ' ', 0.5) == "got [8, 16] float32 -3 0.5");
}

TEST_CASE("a scope's path is in the message") {
  CHECK(Scope::path().empty());
  CHECK(std::string(ShapeError("conv2d", "bad").what()) == "conv2d: bad");
  {
    const Scope root("");
    CHECK(with_scope("conv2d") == "conv2d");
    const Scope features("features");
    const Scope third("3");
    CHECK(Scope::path() == "features.3");
    CHECK(std::string(ShapeError("conv2d", "weight ", Shape{64, 32}).what()) == "conv2d (features.3): weight [64, 32]");
  }
  CHECK(Scope::path().empty());
}

TEST_CASE("a scope closes when an exception passes") {
  try {
    const Scope scope("layer");
    throw ValueError("op", "bad");
  } catch (const ValueError& error) {
    CHECK(std::string(error.what()) == "op (layer): bad");
  }
  CHECK(Scope::path().empty());
}

TEST_CASE("other threads have paths of their own") {
  const Scope scope("mine");
  std::string seen = "unset";
  std::thread([&seen] { seen = Scope::path(); }).join();
  CHECK(seen.empty());
}

TEST_CASE("every kind of error is an Error, and require throws the one asked for") {
  CHECK_NOTHROW(require<ShapeError>(true, "op", "unused"));
  CHECK_THROWS_AS(require<ShapeError>(false, "op", "x"), ShapeError);
  CHECK_THROWS_AS(require<TypeError>(false, "op", "x"), TypeError);
  CHECK_THROWS_AS(require<ValueError>(false, "op", "x"), Error);
  CHECK_THROWS_AS(require<IndexError>(false, "op", "x"), Error);
  CHECK_THROWS_AS(require<NumericError>(false, "op", "x"), std::runtime_error);
  CHECK_THROWS_WITH_AS(require<StateError>(false, "load", "key ", 'a', " is missing"), "load: key a is missing",
                       StateError);
}

TEST_CASE("dtypes know their names and sizes, and which ops take them") {
  struct Row {
    DType dtype;
    std::string_view name;
    std::size_t size;
    bool number, floating;
  };
  const Row rows[] = {{float32, "float32", 4, true, true},
                      {float64, "float64", 8, true, true},
                      {int64, "int64", 8, true, false},
                      {uint8, "uint8", 1, false, false},
                      {boolean, "bool", 1, false, false}};
  for (const Row& row : rows) {
    CAPTURE(row.name);
    const auto same = [&row]<class T>(T) { return dtype_of<T>() == row.dtype && sizeof(T) == row.size; };
    CHECK(name(row.dtype) == row.name);
    CHECK(size_of(row.dtype) == row.size);
    CHECK(is_floating(row.dtype) == row.floating);
    CHECK(visit_all(row.dtype, same));
    if (row.number) CHECK(visit_numbers("op", row.dtype, same));
    else CHECK_THROWS_AS(visit_numbers("op", row.dtype, same), TypeError);
    if (row.floating) CHECK(visit_floats("op", row.dtype, same));
    else CHECK_THROWS_AS(visit_floats("op", row.dtype, same), TypeError);
  }
}
