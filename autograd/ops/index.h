#pragma once

#include <reel/autograd/variable.h>
#include <reel/core/kernels/advanced_index.h>
#include <vector>

/// Differentiable indexing; arguments and errors as for the namesakes on Tensors (core/kernels/index.h and
/// advanced_index.h). Where two values are written to one place, not added, the one that is lost gets the gradient too,
/// as in PyTorch.
namespace reel {

/// a[indices]: `index(a, {rows, Slice{}, columns})`.
[[nodiscard]] Variable index(const Variable& a, const std::vector<Index>& indices);
/// `a` with `values` written at [indices], or added there.
[[nodiscard]] Variable index_put(const Variable& a, const std::vector<Index>& indices, const Variable& values,
                                 bool accumulate = false);
/// The elements where the mask is true: [count].
[[nodiscard]] Variable masked_select(const Variable& a, const Tensor& mask);
/// `a`, with `value` where the mask is true.
[[nodiscard]] Variable masked_fill(const Variable& a, const Tensor& mask, double value);

/// Picks along an axis, adds there, or writes there; see the functions of these names on Tensors. index: int64 [K]:
[[nodiscard]] Variable index_select(const Variable& a, std::int64_t axis, const Tensor& index);
[[nodiscard]] Variable index_add(const Variable& a, std::int64_t axis, const Tensor& index, const Variable& source);
[[nodiscard]] Variable index_copy(const Variable& a, std::int64_t axis, const Tensor& index, const Variable& source);

/// The same element by element. index: int64, of a's rank:
[[nodiscard]] Variable gather(const Variable& a, std::int64_t axis, const Tensor& index);
[[nodiscard]] Variable scatter_add(const Variable& a, std::int64_t axis, const Tensor& index, const Variable& source);
[[nodiscard]] Variable scatter(const Variable& a, std::int64_t axis, const Tensor& index, const Variable& source);

}  // namespace reel
