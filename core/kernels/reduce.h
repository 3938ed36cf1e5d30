#pragma once

#include <reel/core/tensor.h>

/// Reductions. `axes` may be negative and in any order, and empty means all; `keepdim` leaves reduced axes with size 1.
/// Float sums are added blockwise in a fixed order: accurate, and the same for any number of threads.
/// Throws IndexError for an axis that isn't there or that comes twice.
namespace reel {

/// The sum (0 of nothing), and the mean (NaN of nothing):
[[nodiscard]] Tensor sum(const Tensor& a, const Dims& axes = {}, bool keepdim = false);
[[nodiscard]] Tensor mean(const Tensor& a, const Dims& axes = {}, bool keepdim = false);
/// The variance, divided by n - correction (1: Bessel's, PyTorch's default; 0: that of the population).
[[nodiscard]] Tensor var(const Tensor& a, const Dims& axes = {}, bool keepdim = false, std::int64_t correction = 1);
/// Its square root: torch.std, whose own name is the standard library's here.
[[nodiscard]] Tensor stddev(const Tensor& a, const Dims& axes = {}, bool keepdim = false, std::int64_t correction = 1);
/// The product; 1 of nothing.
[[nodiscard]] Tensor prod(const Tensor& a, const Dims& axes = {}, bool keepdim = false);
/// (sum of |a|^p)^(1 / p); for p = infinity the largest |a|, for -infinity the smallest, and for 0 how many are not 0:
/// torch.linalg.vector_norm. float32 and float64.
[[nodiscard]] Tensor norm(const Tensor& a, double p = 2, const Dims& axes = {}, bool keepdim = false);
/// log(sum of exp(a)), shifted by the largest value so that nothing overflows; -infinity of nothing. float32 and
/// float64.
[[nodiscard]] Tensor logsumexp(const Tensor& a, const Dims& axes = {}, bool keepdim = false);
/// The largest or the smallest value; NaN if there is one. Throws ShapeError for an empty range:
[[nodiscard]] Tensor max(const Tensor& a, const Dims& axes = {}, bool keepdim = false);
[[nodiscard]] Tensor min(const Tensor& a, const Dims& axes = {}, bool keepdim = false);
/// The index (int64) of the first largest value along `axis`. Throws ShapeError for an empty range.
[[nodiscard]] Tensor argmax(const Tensor& a, std::int64_t axis = -1, bool keepdim = false);
/// The same of the smallest.
[[nodiscard]] Tensor argmin(const Tensor& a, std::int64_t axis = -1, bool keepdim = false);
/// Whether any value is not 0, or all are not; of nothing, none is and all are. Any dtype in, bool out:
[[nodiscard]] Tensor any(const Tensor& a, const Dims& axes = {}, bool keepdim = false);
[[nodiscard]] Tensor all(const Tensor& a, const Dims& axes = {}, bool keepdim = false);
/// How many values are not 0 (int64). Any dtype.
[[nodiscard]] Tensor count_nonzero(const Tensor& a, const Dims& axes = {}, bool keepdim = false);
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
