#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <reel/core/tensor.h>
#include <vector>

using namespace reel;

TEST_CASE("tensors print as NumPy users expect, followed by dtype and shape") {
  const double inf = std::numeric_limits<double>::infinity();
  const double not_a_number = std::numeric_limits<double>::quiet_NaN();
  struct Row {
    Tensor tensor;
    const char* text;
  };
  const std::vector<Row> rows{
      {Tensor(), "Tensor(undefined)"},
      {Tensor::zeros({0}), "[]  float32 [0]"},
      {Tensor::zeros({2, 0}), "[]  float32 [2, 0]"},
      {Tensor::zeros({1'000'000, 0}), "[]  float32 [1000000, 0]"},
      {Tensor::scalar(1.5), "1.5000  float32 []"},
      {Tensor::scalar(-3, int64), "-3  int64 []"},
      {Tensor::scalar(1, boolean), "true  bool []"},
      {Tensor::of({1, 2, 3}), "[1.0, 2.0, 3.0]  float32 [3]"},
      {Tensor::of({1.5, -22.25, 0}, float64), "[  1.5000, -22.2500,   0.0000]  float64 [3]"},
      {Tensor::of({0.1, 0.12345678}), "[0.1000, 0.1235]  float32 [2]"},
      {Tensor::of({1, 10, -100}, int64), "[   1,   10, -100]  int64 [3]"},
      {Tensor::of({0, 255}, uint8), "[  0, 255]  uint8 [2]"},
      {Tensor::of({1, 0}, boolean), "[ true, false]  bool [2]"},
      {Tensor::of({1e-5, 1}), "[1.0000e-05, 1.0000e+00]  float32 [2]"},
      {Tensor::of({2.5e9, -1}), "[ 2.5000e+09, -1.0000e+00]  float32 [2]"},
      {Tensor::of({-not_a_number, 1}), "[nan, 1.0]  float32 [2]"},
      {Tensor::scalar(std::copysign(not_a_number, -1.0), float64), "nan  float64 []"},
      {Tensor::of({not_a_number, inf, -inf, 1}), "[ nan,  inf, -inf,  1.0]  float32 [4]"},
      {Tensor::of({1, 2, 3, 4}, {2, 2}), "[[1.0, 2.0],\n [3.0, 4.0]]  float32 [2, 2]"},
      {Tensor::of({1, 2, 3, 4}, {2, 2}).transpose(0, 1), "[[1.0, 3.0],\n [2.0, 4.0]]  float32 [2, 2]"},
      {Tensor::arange(0, 8, 1, int64).reshape({2, 2, 2}),
       "[[[0, 1],\n  [2, 3]],\n\n [[4, 5],\n  [6, 7]]]  int64 [2, 2, 2]"},
      {Tensor::arange(0, 1001, 1, int64), "[   0,    1,    2, ...,  998,  999, 1000]  int64 [1001]"},
      {Tensor::zeros({400, 4}, uint8),
       "[[0, 0, 0, 0],\n [0, 0, 0, 0],\n [0, 0, 0, 0],\n ...,\n [0, 0, 0, 0],\n [0, 0, 0, 0],\n [0, 0, 0, 0]]"
       "  uint8 [400, 4]"}};
  for (const auto& [tensor, text] : rows) CHECK(to_string(tensor) == text);
}

TEST_CASE("int64 prints every digit") {
  const std::int64_t values[] = {9007199254740993, std::numeric_limits<std::int64_t>::min()};
  CHECK(to_string(Tensor::from(std::span<const std::int64_t>(values), {2})) ==
        "[    9007199254740993, -9223372036854775808]  int64 [2]");
}
