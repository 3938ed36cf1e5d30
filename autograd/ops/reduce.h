#pragma once

#include <reel/autograd/variable.h>
#include <reel/core/kernels/reduce.h>

/// Differentiable reductions; arguments and errors as in core/kernels/reduce.h.
namespace reel {

[[nodiscard]] Variable sum(const Variable& a, const Dims& axes = {}, bool keepdim = false);
[[nodiscard]] Variable mean(const Variable& a, const Dims& axes = {}, bool keepdim = false);
[[nodiscard]] Variable var(const Variable& a, const Dims& axes = {}, bool keepdim = false, std::int64_t correction = 1);
/// Equal largest values share the gradient equally.
[[nodiscard]] Variable max(const Variable& a, const Dims& axes = {}, bool keepdim = false);
[[nodiscard]] Variable min(const Variable& a, const Dims& axes = {}, bool keepdim = false);
/// Sums a broadcast result back to the shape that was broadcast.
[[nodiscard]] Variable sum_to(Variable a, const Shape& shape);

}  // namespace reel
