#pragma once

#include <reel/core/tensor.h>

/// Functions of one tensor, element by element; results are new contiguous tensors. Other dtypes throw TypeError. A NaN
/// comes through all but `sign`.
namespace reel {

/// -a and |a|, of float32, float64 or int64:
[[nodiscard]] Tensor neg(const Tensor& a);
[[nodiscard]] Tensor abs(const Tensor& a);
/// -1, 0 or 1.
[[nodiscard]] Tensor sign(const Tensor& a);
/// a^2
[[nodiscard]] Tensor square(const Tensor& a);

/// e^a and 2^a, of float32 or float64, as all that follow:
[[nodiscard]] Tensor exp(const Tensor& a);
[[nodiscard]] Tensor exp2(const Tensor& a);
/// exp(a) - 1, without losing the digits of a small one.
[[nodiscard]] Tensor expm1(const Tensor& a);
/// The natural logarithm, and those to base 2 and 10; NaN below 0:
[[nodiscard]] Tensor log(const Tensor& a);
[[nodiscard]] Tensor log2(const Tensor& a);
[[nodiscard]] Tensor log10(const Tensor& a);
/// log(1 + a), without losing the digits of a small one.
[[nodiscard]] Tensor log1p(const Tensor& a);
/// NaN below 0.
[[nodiscard]] Tensor sqrt(const Tensor& a);
/// 1 / sqrt(a)
[[nodiscard]] Tensor rsqrt(const Tensor& a);
/// 1 / a
[[nodiscard]] Tensor reciprocal(const Tensor& a);
/// Functions of angles in radians and their inverses, and the hyperbolic ones:
[[nodiscard]] Tensor sin(const Tensor& a);
[[nodiscard]] Tensor cos(const Tensor& a);
[[nodiscard]] Tensor tan(const Tensor& a);
[[nodiscard]] Tensor asin(const Tensor& a);
[[nodiscard]] Tensor acos(const Tensor& a);
[[nodiscard]] Tensor atan(const Tensor& a);
[[nodiscard]] Tensor sinh(const Tensor& a);
[[nodiscard]] Tensor cosh(const Tensor& a);
[[nodiscard]] Tensor tanh(const Tensor& a);
[[nodiscard]] Tensor asinh(const Tensor& a);
[[nodiscard]] Tensor acosh(const Tensor& a);
[[nodiscard]] Tensor atanh(const Tensor& a);
/// 2 / sqrt(pi) times the integral of exp(-t^2) from 0 to a.
[[nodiscard]] Tensor erf(const Tensor& a);
/// 1 - erf(a), without losing the digits of a small one.
[[nodiscard]] Tensor erfc(const Tensor& a);
/// The nearest whole number not above a, or not below it:
[[nodiscard]] Tensor floor(const Tensor& a);
[[nodiscard]] Tensor ceil(const Tensor& a);
/// The nearest whole number; of two, the even one.
[[nodiscard]] Tensor round(const Tensor& a);
/// The whole number next to a on the way to 0.
[[nodiscard]] Tensor trunc(const Tensor& a);
/// a - trunc(a)
[[nodiscard]] Tensor frac(const Tensor& a);
/// 1 / (1 + exp(-a)), without overflow.
[[nodiscard]] Tensor sigmoid(const Tensor& a);
/// log(1 + exp(a)), without overflow.
[[nodiscard]] Tensor softplus(const Tensor& a);

/// Whether an element is NaN, or infinite: float32 and float64 in, bool out:
[[nodiscard]] Tensor isnan(const Tensor& a);
[[nodiscard]] Tensor isinf(const Tensor& a);
/// Neither NaN nor infinite.
[[nodiscard]] Tensor isfinite(const Tensor& a);
/// Any dtype in, bool out: true where a is 0.
[[nodiscard]] Tensor logical_not(const Tensor& a);

}  // namespace reel
