#pragma once

#include <reel/autograd/variable.h>
#include <reel/core/kernels/unary.h>

/// Differentiable functions of one Variable, element by element, as in core/kernels/unary.h. float32 and float64.
namespace reel {

/// The gradient at 0 is 0.
[[nodiscard]] Variable abs(const Variable& x);
[[nodiscard]] Variable square(const Variable& x);
[[nodiscard]] Variable exp(const Variable& x);
[[nodiscard]] Variable exp2(const Variable& x);
[[nodiscard]] Variable expm1(const Variable& x);
[[nodiscard]] Variable log(const Variable& x);
[[nodiscard]] Variable log2(const Variable& x);
[[nodiscard]] Variable log10(const Variable& x);
[[nodiscard]] Variable log1p(const Variable& x);
[[nodiscard]] Variable sqrt(const Variable& x);
[[nodiscard]] Variable rsqrt(const Variable& x);
[[nodiscard]] Variable reciprocal(const Variable& x);
[[nodiscard]] Variable sin(const Variable& x);
[[nodiscard]] Variable cos(const Variable& x);
[[nodiscard]] Variable tan(const Variable& x);
[[nodiscard]] Variable asin(const Variable& x);
[[nodiscard]] Variable acos(const Variable& x);
[[nodiscard]] Variable atan(const Variable& x);
[[nodiscard]] Variable sinh(const Variable& x);
[[nodiscard]] Variable cosh(const Variable& x);
[[nodiscard]] Variable asinh(const Variable& x);
[[nodiscard]] Variable acosh(const Variable& x);
[[nodiscard]] Variable atanh(const Variable& x);
[[nodiscard]] Variable erf(const Variable& x);
[[nodiscard]] Variable erfc(const Variable& x);

// The gradient of these is 0 everywhere.
[[nodiscard]] Variable sign(const Variable& x);
[[nodiscard]] Variable floor(const Variable& x);
[[nodiscard]] Variable ceil(const Variable& x);
[[nodiscard]] Variable round(const Variable& x);
[[nodiscard]] Variable trunc(const Variable& x);
/// And of this 1.
[[nodiscard]] Variable frac(const Variable& x);

}  // namespace reel
