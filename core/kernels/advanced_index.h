#pragma once

#include <limits>
#include <reel/core/tensor.h>
#include <variant>
#include <vector>

/// What stands between the brackets of PyTorch's a[i, j, ...], and masks.
namespace reel {

/// Python's start:stop:step: bounds are clamped, and negative ones count from the end. `Slice{}` is all of an axis.
struct Slice {
  std::int64_t start = 0;                                        ///< the first index
  std::int64_t stop = std::numeric_limits<std::int64_t>::max();  ///< the index before which it ends
  std::int64_t step = 1;                                         ///< at least 1
};

/// One entry between the brackets, for the next axis of what is indexed:
/// - an int64 tensor of any shape, with places along the axis, from the end where they are negative;
/// - a bool tensor (a mask) of rank m, for m axes whose sizes it has: the places where it is true;
/// - an integer (or an int64 tensor []): one place, and the axis disappears;
/// - a Slice.
using Index = std::variant<Slice, std::int64_t, Tensor>;

/// a[indices], by PyTorch's rules: `index(a, {rows, Slice{}, columns})`. Axes without an entry are taken whole. The
/// tensors among the indices broadcast with one another; their common axes come in the place of those that they index
/// where these lie beside each other, and else in front. A new tensor. Throws IndexError for what is outside or for too
/// many entries, ShapeError for tensors that don't broadcast and masks of other sizes, TypeError for other dtypes.
[[nodiscard]] Tensor index(const Tensor& a, const std::vector<Index>& indices);
/// A copy of `a` with `values`, broadcast to the shape of a[indices], written there or, with `accumulate`, added. Of
/// two for one place the last one stays; they are added in order, so a result doesn't depend on the number of threads.
/// Throws as index does, and ShapeError for values that don't broadcast.
[[nodiscard]] Tensor index_put(const Tensor& a, const std::vector<Index>& indices, const Tensor& values,
                               bool accumulate = false);

/// The places of what is not 0, in row-major order: int64 [count, rank].
[[nodiscard]] Tensor nonzero(const Tensor& a);
/// The elements where the mask (bool) is true, in row-major order: [count]. Both broadcast.
[[nodiscard]] Tensor masked_select(const Tensor& a, const Tensor& mask);
/// a, with `value` where the mask (bool) is true. Both broadcast.
[[nodiscard]] Tensor masked_fill(const Tensor& a, const Tensor& mask, double value);
/// Throws ValueError for an undefined mask, and TypeError for one that is not bool.
void require_mask(std::string_view op, const Tensor& mask);

}  // namespace reel
