#pragma once

#include <doctest/doctest.h>

#include <algorithm>
#include <reel/core/tensor.h>
#include <tests/sweep.h>
#include <vector>

/// What sweeps over random shapes need: numbers that are read and written by their places, and the drawing of inputs.
namespace reel::testing {

/// Calls `f(place)` for every place in `shape`, in row-major order.
template <class F>
void for_each_place(const Shape& shape, const F& f) {
  Dims place = Dims::filled(shape.rank(), 0);
  for (std::int64_t left = numel(shape); left > 0; --left) {
    f(place);
    for (int i = shape.rank() - 1; i >= 0 && ++place[i] == shape[i]; --i) place[i] = 0;
  }
}

/// The numbers of a tensor: `a[place]`.
class Array {
 public:
  explicit Array(const Shape& sizes) : shape(sizes), values_(static_cast<std::size_t>(numel(sizes))) {}
  explicit Array(const Tensor& tensor) : Array(tensor.shape()) {
    const Tensor dense = tensor.to(float64).contiguous();
    std::ranges::copy(dense.span<double>(), values_.begin());
  }

  double& operator[](const Dims& place) { return values_[flat(place)]; }
  double operator[](const Dims& place) const { return values_[flat(place)]; }
  /// The number that broadcasting puts at a place of a larger shape.
  [[nodiscard]] double broadcast_at(const Dims& place) const {
    Dims own = Dims::filled(shape.rank(), 0);
    for (int i = 0; i < shape.rank(); ++i) {
      own[i] = shape[i] == 1 ? 0 : place[place.rank() - shape.rank() + i];
    }
    return (*this)[own];
  }
  friend bool operator==(const Array& a, const Array& b) { return a.shape == b.shape && a.values_ == b.values_; }

  const Shape shape;

 private:
  [[nodiscard]] std::size_t flat(const Dims& place) const {
    std::int64_t out = 0;
    for (int i = 0; i < shape.rank(); ++i) {
      require<IndexError>(place[i] >= 0 && place[i] < shape[i], "Array", place, " is outside ", shape);
      out = out * shape[i] + place[i];
    }
    return static_cast<std::size_t>(out);
  }

  std::vector<double> values_;
};

/// Draws shapes and tensors, the same on every platform.
class Draw : public Dice {
 public:
  using Dice::Dice;

  int rank(int low, int high) { return static_cast<int>(pick(low, high)); }
  int axis(const Shape& shape) { return rank(0, shape.rank() - 1); }
  /// Some axis as one may also write it: from the end.
  std::int64_t either_way(int axis, const Shape& shape) { return one_in(2) ? axis : axis - shape.rank(); }
  Shape shape(int rank, std::int64_t low, std::int64_t high) {
    Shape out;
    for (int i = 0; i < rank; ++i) out.push_back(pick(low, high));
    return out;
  }
  /// A shape that broadcasts to `wide`.
  Shape narrower(const Shape& wide) {
    Shape out;
    for (int i = rank(0, wide.rank()); i > 0; --i) out.push_back(one_in(3) ? 1 : wide[wide.rank() - i]);
    return out;
  }
  DType dtype() { return std::array{float32, float64, int64}[static_cast<std::size_t>(pick(0, 2))]; }
  /// Whole numbers from low to high, so that sums are exact; of any layout.
  Tensor numbers(const Shape& shape, DType dtype, std::int64_t low = -9, std::int64_t high = 9) {
    std::vector<std::int64_t> values(static_cast<std::size_t>(numel(shape)));
    for (auto& value : values) value = pick(low, high);
    return any_layout(Tensor::from<std::int64_t>(values, shape).to(dtype));
  }
  Tensor mask(const Shape& shape) { return numbers(shape, boolean, 0, 1); }
};

inline void check_same(std::string_view what, const Tensor& got, const Array& expected) {
  CAPTURE(what);
  REQUIRE(got.shape() == expected.shape);
  REQUIRE(Array(got) == expected);
}

}  // namespace reel::testing
