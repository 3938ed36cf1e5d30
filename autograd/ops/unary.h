#pragma once

#include <reel/autograd/variable.h>
#include <reel/core/kernels/unary.h>

/// Differentiable functions of one Variable, element by element, as in core/kernels/unary.h. float32 and float64.
namespace reel {

/// |x|. The gradient at 0 is 0.
[[nodiscard]] Variable abs(const Variable& x);

/// x^2, e^x, 2^x, e^x - 1, logarithms (natural, to base 2 and 10, and of 1 + x), roots (sqrt(x), 1 / sqrt(x)), 1 / x,
/// angles and hyperbolic functions, the error function and 1 - erf(x). Where a derivative is infinite or not there, the
/// gradient is as well:
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

/// The sign (-1, 0 or 1), and whole numbers: below, above, the nearest (of two the even one), and towards 0. The
/// gradient of these is 0 everywhere:
[[nodiscard]] Variable sign(const Variable& x);
[[nodiscard]] Variable floor(const Variable& x);
[[nodiscard]] Variable ceil(const Variable& x);
[[nodiscard]] Variable round(const Variable& x);
[[nodiscard]] Variable trunc(const Variable& x);
/// x - trunc(x). The gradient is 1.
[[nodiscard]] Variable frac(const Variable& x);

}  // namespace reel
