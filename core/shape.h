#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <initializer_list>
#include <ostream>
#include <reel/core/error.h>
#include <span>
#include <string_view>

namespace reel {

/// Up to `max_rank` int64 numbers held inline: the sizes of a tensor's axes, its strides, or a list of axes.
class Dims {
 public:
  /// The most axes that a tensor has.
  static constexpr int max_rank = 8;

  Dims() = default;
  /// `{8, 16, 14, 14}`, or numbers from elsewhere. Throw ShapeError for more than max_rank.
  Dims(std::initializer_list<std::int64_t> values) : Dims(std::span(values.begin(), values.size())) {}
  explicit Dims(std::span<const std::int64_t> values);
  /// `rank` numbers, all `value`.
  static Dims filled(int rank, std::int64_t value);

  /// How many numbers there are.
  [[nodiscard]] int rank() const { return rank_; }
  /// Number i, which is not checked: 0 <= i < rank().
  [[nodiscard]] std::int64_t operator[](int i) const { return values_[static_cast<std::size_t>(i)]; }
  [[nodiscard]] std::int64_t& operator[](int i) { return values_[static_cast<std::size_t>(i)]; }
  /// Adds a number at the end or before number `position`, or takes one out. What is added throws ShapeError beyond
  /// max_rank:
  void push_back(std::int64_t value);
  void insert(int position, std::int64_t value);
  void erase(int position);

  /// For a range-for:
  [[nodiscard]] const std::int64_t* begin() const { return values_.data(); }
  [[nodiscard]] const std::int64_t* end() const { return values_.data() + rank_; }
  [[nodiscard]] std::int64_t* begin() { return values_.data(); }
  [[nodiscard]] std::int64_t* end() { return values_.data() + rank_; }

  /// Whether rank and numbers are equal.
  friend bool operator==(const Dims& a, const Dims& b) { return std::equal(a.begin(), a.end(), b.begin(), b.end()); }
  /// `[8, 16, 14, 14]`
  friend std::ostream& operator<<(std::ostream& out, const Dims& dims);

 private:
  std::array<std::int64_t, max_rank> values_{};
  int rank_ = 0;
};

/// Sizes of axes, and steps from one index to the next along them, in elements:
using Shape = Dims;
using Strides = Dims;

/// The number of elements of a tensor of this shape; 1 for the scalar's empty shape.
[[nodiscard]] std::int64_t numel(const Shape& shape);
/// Strides, in elements, of a row-major tensor.
[[nodiscard]] Strides contiguous_strides(const Shape& shape);
/// NumPy's broadcasting: aligned at the last axis, sizes equal or 1. Throws ShapeError.
[[nodiscard]] Shape broadcast_shapes(std::string_view op, const Shape& a, const Shape& b);
/// Maps an axis in [-rank, rank) to [0, rank). Throws IndexError.
[[nodiscard]] int normalize_axis(std::string_view op, std::int64_t axis, int rank);

}  // namespace reel
