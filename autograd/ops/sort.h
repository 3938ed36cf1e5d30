#pragma once

#include <reel/autograd/variable.h>
#include <reel/core/kernels/sort.h>

/// Differentiable choices by order, as in core/kernels/sort.h: the gradient goes to where the values stood.
namespace reel {

/// Values in order along `axis`, and where they stood; the gradient goes back to there.
[[nodiscard]] Sorted<Variable> sort(const Variable& a, std::int64_t axis = -1, bool descending = false);
/// The k largest (or smallest) along `axis`, in order, and where they stood. Throws ValueError for a k outside [0, n].
[[nodiscard]] Sorted<Variable> topk(const Variable& a, std::int64_t k, std::int64_t axis = -1, bool largest = true);

}  // namespace reel
