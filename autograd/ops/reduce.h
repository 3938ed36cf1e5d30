#pragma once

#include <reel/autograd/variable.h>
#include <reel/core/kernels/reduce.h>

/// Differentiable reductions; arguments and errors as in core/kernels/reduce.h.
namespace reel {

/// Sum, mean and variance along `axes`, all where there are none; see the functions of these names on Tensors:
[[nodiscard]] Variable sum(const Variable& a, const Dims& axes = {}, bool keepdim = false);
[[nodiscard]] Variable mean(const Variable& a, const Dims& axes = {}, bool keepdim = false);
[[nodiscard]] Variable var(const Variable& a, const Dims& axes = {}, bool keepdim = false, std::int64_t correction = 1);
/// The gradient where all values are equal is 0.
[[nodiscard]] Variable stddev(const Variable& a, const Dims& axes = {}, bool keepdim = false,
                              std::int64_t correction = 1);
/// The product; the gradient is right where elements are 0, too.
[[nodiscard]] Variable prod(const Variable& a, const Dims& axes = {}, bool keepdim = false);
/// The gradient where all values are 0 is 0, and so is that of a value which is 0.
[[nodiscard]] Variable norm(const Variable& a, double p = 2, const Dims& axes = {}, bool keepdim = false);
/// log(sum of exp(a)), whose gradient is softmax(a).
[[nodiscard]] Variable logsumexp(const Variable& a, const Dims& axes = {}, bool keepdim = false);
/// The largest or the smallest value. Equal ones share the gradient equally:
[[nodiscard]] Variable max(const Variable& a, const Dims& axes = {}, bool keepdim = false);
[[nodiscard]] Variable min(const Variable& a, const Dims& axes = {}, bool keepdim = false);
/// Sums a broadcast result back to the shape that was broadcast.
[[nodiscard]] Variable sum_to(Variable a, const Shape& shape);

}  // namespace reel
