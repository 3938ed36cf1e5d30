#pragma once

#include <reel/core/tensor.h>

/// Reductions. `axes` may be negative and in any order, and empty means all; `keepdim` leaves reduced axes with size 1.
/// Float sums are added blockwise in a fixed order: accurate, and the same for any number of threads.
/// Throws IndexError for an axis that isn't there or that comes twice.
namespace reel {

[[nodiscard]] Tensor sum(const Tensor& a, const Dims& axes = {}, bool keepdim = false);
[[nodiscard]] Tensor mean(const Tensor& a, const Dims& axes = {}, bool keepdim = false);
/// The variance, divided by n - correction (1: Bessel's, PyTorch's default; 0: that of the population).
[[nodiscard]] Tensor var(const Tensor& a, const Dims& axes = {}, bool keepdim = false, std::int64_t correction = 1);
/// The largest value; NaN if there is one. Throws ShapeError for an empty range.
[[nodiscard]] Tensor max(const Tensor& a, const Dims& axes = {}, bool keepdim = false);
[[nodiscard]] Tensor min(const Tensor& a, const Dims& axes = {}, bool keepdim = false);
/// The index (int64) of the first largest value along `axis`. Throws ShapeError for an empty range.
[[nodiscard]] Tensor argmax(const Tensor& a, std::int64_t axis = -1, bool keepdim = false);
/// True where every value is finite.
[[nodiscard]] bool all_finite(const Tensor& a);

/// Sums a broadcast result back to the shape that was broadcast: the one adjoint of every broadcasting op.
/// Throws ShapeError where `a` can't have come from `shape`.
[[nodiscard]] Tensor sum_to(const Tensor& a, const Shape& shape);

/// Which of the axes [0, rank) `axes` names; all, where it names none.
[[nodiscard]] std::array<bool, Dims::max_rank> axis_set(std::string_view op, const Dims& axes, int rank);
/// `shape` without the reduced axes, or with size 1 in their place.
[[nodiscard]] Shape reduced_shape(std::string_view op, const Shape& shape, const Dims& axes, bool keepdim);

}  // namespace reel
