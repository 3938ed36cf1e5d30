#pragma once

#include <reel/core/tensor.h>

/// Running totals along an axis: torch.cumsum and torch.cumprod. float32 (added up in double), float64 and int64.
/// Throws IndexError for an axis that isn't there.
namespace reel {

/// out[k] = a[0] + ... + a[k], or from the other end: a[k] + ... + a[n - 1]. Each is the adjoint of the other.
[[nodiscard]] Tensor cumsum(const Tensor& a, std::int64_t axis, bool reverse = false);
/// out[k] = a[0] * ... * a[k]
[[nodiscard]] Tensor cumprod(const Tensor& a, std::int64_t axis);

}  // namespace reel
