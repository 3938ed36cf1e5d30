#pragma once

#include <reel/core/tensor.h>

/// Rearrangements that no view can tell. Results are new contiguous tensors, of any dtype.
namespace reel {

/// Back to front along `axes` (none: not at all). Throws IndexError for an axis that isn't there or stands twice.
[[nodiscard]] Tensor flip(const Tensor& a, const Dims& axes);
/// Moves what is along axes[i] by shifts[i] towards the end, from where it comes in again at the front. Without axes,
/// one shift moves all in row-major order. Throws ValueError where their numbers differ.
[[nodiscard]] Tensor roll(const Tensor& a, const Dims& shifts, const Dims& axes = {});
/// counts[i] copies of `a` after each other along axis i; more counts than axes make new ones in front, as
/// torch.Tensor.repeat does. Throws ShapeError for fewer, ValueError for a negative one.
[[nodiscard]] Tensor repeat(const Tensor& a, const Dims& counts);
/// Each element `count` times after itself along `axis`.
[[nodiscard]] Tensor repeat_interleave(const Tensor& a, std::int64_t count, std::int64_t axis);
/// [..., R, C], with zeros below (triu) or above (tril) diagonal number `diagonal`: 0 is the main one, 1 that above it:
[[nodiscard]] Tensor triu(const Tensor& a, std::int64_t diagonal = 0);
[[nodiscard]] Tensor tril(const Tensor& a, std::int64_t diagonal = 0);
/// The elements where the place along axis_b is that along axis_a plus `offset`, as the last axis in place of both: a
/// view.
[[nodiscard]] Tensor diagonal(const Tensor& a, std::int64_t offset = 0, std::int64_t axis_a = 0,
                              std::int64_t axis_b = 1);

}  // namespace reel
