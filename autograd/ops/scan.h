#pragma once

#include <reel/autograd/variable.h>
#include <reel/core/kernels/scan.h>

/// Differentiable running totals; arguments and errors as in core/kernels/scan.h.
namespace reel {

[[nodiscard]] Variable cumsum(const Variable& a, std::int64_t axis, bool reverse = false);
[[nodiscard]] Variable cumprod(const Variable& a, std::int64_t axis);

}  // namespace reel
