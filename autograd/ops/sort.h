#pragma once

#include <reel/autograd/variable.h>
#include <reel/core/kernels/sort.h>

/// Differentiable choices by order, as in core/kernels/sort.h: the gradient goes to where the values stood.
namespace reel {

[[nodiscard]] Sorted<Variable> sort(const Variable& a, std::int64_t axis = -1, bool descending = false);
[[nodiscard]] Sorted<Variable> topk(const Variable& a, std::int64_t k, std::int64_t axis = -1, bool largest = true);

}  // namespace reel
