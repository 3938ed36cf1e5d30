#pragma once

#include <reel/autograd/variable.h>
#include <reel/core/kernels/scan.h>

/// Differentiable running totals; arguments and errors as in core/kernels/scan.h.
namespace reel {

/// out[k] = a[0] + ... + a[k] along `axis`, or from the other end: a[k] + ... + a[n - 1].
[[nodiscard]] Variable cumsum(const Variable& a, std::int64_t axis, bool reverse = false);
/// out[k] = a[0] * ... * a[k] along `axis`.
[[nodiscard]] Variable cumprod(const Variable& a, std::int64_t axis);

}  // namespace reel
