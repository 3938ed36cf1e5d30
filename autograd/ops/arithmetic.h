#pragma once

#include <optional>
#include <reel/autograd/ops/unary.h>
#include <reel/autograd/variable.h>
#include <reel/core/kernels/elementwise.h>

/// Differentiable elementwise ops; those of one Variable alone are in unary.h. They broadcast as their namesakes on
/// Tensors do (core/kernels/elementwise.h) and throw the same; mixed operands (a Variable and a Tensor) work, since a
/// Tensor is a constant Variable.
namespace reel {

/// a + b, a - b, a * b and a / b, which the operators call:
[[nodiscard]] Variable add(const Variable& a, const Variable& b);
[[nodiscard]] Variable sub(const Variable& a, const Variable& b);
[[nodiscard]] Variable mul(const Variable& a, const Variable& b);
[[nodiscard]] Variable div(const Variable& a, const Variable& b);
/// a / b, and 0 where b is 0, without a gradient there: what slopes of roots are taken for at 0.
[[nodiscard]] Variable divide_or_zero(const Variable& a, const Variable& b);
/// The larger or the smaller one; where both are equal, each gets half of the gradient:
[[nodiscard]] Variable maximum(const Variable& a, const Variable& b);
[[nodiscard]] Variable minimum(const Variable& a, const Variable& b);

/// -a
[[nodiscard]] Variable neg(const Variable& a);
/// low where a < low, high where a > high; either may be left out. The gradient passes where low <= a <= high.
[[nodiscard]] Variable clamp(const Variable& a, std::optional<double> low, std::optional<double> high = {});
/// a to the power of a number, element by element.
[[nodiscard]] Variable pow(const Variable& a, double exponent);
/// The gradient for a is 0 where the exponent is, and that for an exponent >= 0 is 0 where a is.
[[nodiscard]] Variable pow(const Variable& a, const Variable& exponent);
/// The angle of the point (x, y), in (-pi, pi].
[[nodiscard]] Variable atan2(const Variable& y, const Variable& x);
/// sqrt(a^2 + b^2), without overflow.
[[nodiscard]] Variable hypot(const Variable& a, const Variable& b);
/// What is left of a / b, with the sign of a, or with that of b. The gradient for b is that of a - b times a whole
/// number:
[[nodiscard]] Variable fmod(const Variable& a, const Variable& b);
[[nodiscard]] Variable remainder(const Variable& a, const Variable& b);
/// a where `condition` (bool) holds, else b.
[[nodiscard]] Variable where(const Tensor& condition, const Variable& a, const Variable& b);
/// The same numbers in another float dtype.
[[nodiscard]] Variable to(const Variable& a, DType dtype);

/// add, sub, mul, div and neg; a number counts as a tensor [] of the other operand's dtype, and throws TypeError where
/// it is a fraction beside int64:
[[nodiscard]] inline Variable operator+(const Variable& a, const Variable& b) { return add(a, b); }
[[nodiscard]] inline Variable operator-(const Variable& a, const Variable& b) { return sub(a, b); }
[[nodiscard]] inline Variable operator*(const Variable& a, const Variable& b) { return mul(a, b); }
[[nodiscard]] inline Variable operator/(const Variable& a, const Variable& b) { return div(a, b); }
[[nodiscard]] inline Variable operator-(const Variable& a) { return neg(a); }
[[nodiscard]] inline Variable operator+(const Variable& a, double b) { return add(a, scalar_like(b, a.value())); }
[[nodiscard]] inline Variable operator-(const Variable& a, double b) { return sub(a, scalar_like(b, a.value())); }
[[nodiscard]] inline Variable operator*(const Variable& a, double b) { return mul(a, scalar_like(b, a.value())); }
[[nodiscard]] inline Variable operator/(const Variable& a, double b) { return div(a, scalar_like(b, a.value())); }
[[nodiscard]] inline Variable operator+(double a, const Variable& b) { return add(scalar_like(a, b.value()), b); }
[[nodiscard]] inline Variable operator-(double a, const Variable& b) { return sub(scalar_like(a, b.value()), b); }
[[nodiscard]] inline Variable operator*(double a, const Variable& b) { return mul(scalar_like(a, b.value()), b); }
[[nodiscard]] inline Variable operator/(double a, const Variable& b) { return div(scalar_like(a, b.value()), b); }

/// The number as a tensor [] of the exponent's dtype, to the power of each of its elements.
[[nodiscard]] inline Variable pow(double base, const Variable& exponent) {
  return pow(scalar_like(base, exponent.value()), exponent);
}
/// a + weight (b - a)
[[nodiscard]] inline Variable lerp(const Variable& a, const Variable& b, const Variable& weight) {
  return a + weight * (b - a);
}
[[nodiscard]] inline Variable lerp(const Variable& a, const Variable& b, double weight) { return a + weight * (b - a); }

}  // namespace reel
