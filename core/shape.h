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
  static constexpr int max_rank = 8;

  Dims() = default;
  Dims(std::initializer_list<std::int64_t> values) : Dims(std::span(values.begin(), values.size())) {}
  explicit Dims(std::span<const std::int64_t> values);
  /// `rank` numbers, all `value`.
  static Dims filled(int rank, std::int64_t value);

  [[nodiscard]] int rank() const { return rank_; }
  [[nodiscard]] std::int64_t operator[](int i) const { return values_[static_cast<std::size_t>(i)]; }
  [[nodiscard]] std::int64_t& operator[](int i) { return values_[static_cast<std::size_t>(i)]; }
  void push_back(std::int64_t value);
  void insert(int position, std::int64_t value);
  void erase(int position);

  [[nodiscard]] const std::int64_t* begin() const { return values_.data(); }
  [[nodiscard]] const std::int64_t* end() const { return values_.data() + rank_; }
  [[nodiscard]] std::int64_t* begin() { return values_.data(); }
  [[nodiscard]] std::int64_t* end() { return values_.data() + rank_; }

  friend bool operator==(const Dims& a, const Dims& b) { return std::equal(a.begin(), a.end(), b.begin(), b.end()); }
  /// `[8, 16, 14, 14]`
  friend std::ostream& operator<<(std::ostream& out, const Dims& dims);

 private:
  std::array<std::int64_t, max_rank> values_{};
  int rank_ = 0;
};

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
