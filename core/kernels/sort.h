#pragma once

#include <reel/core/tensor.h>

/// Values in order along an axis. Any dtype. A NaN counts as the largest, and equal values stay in the order in which
/// they stand, both ways. Throws IndexError for an axis that isn't there.
namespace reel {

/// Values (a Tensor or a Variable), and where they stood along the axis (int64).
template <class Values>
struct Sorted {
  Values values;   ///< in order
  Tensor indices;  ///< int64, of the same shape
};

/// Values along `axis` from the smallest to the largest, or the other way, and where they stood.
[[nodiscard]] Sorted<Tensor> sort(const Tensor& a, std::int64_t axis = -1, bool descending = false);
/// The indices alone.
[[nodiscard]] Tensor argsort(const Tensor& a, std::int64_t axis = -1, bool descending = false);
/// The k largest (or smallest), in order; `topk(a, 1)` has the maximum and its place. Throws ValueError for a k outside
/// [0, n].
[[nodiscard]] Sorted<Tensor> topk(const Tensor& a, std::int64_t k, std::int64_t axis = -1, bool largest = true);

}  // namespace reel
