#pragma once

#include <reel/autograd/variable.h>
#include <reel/core/kernels/elementwise.h>

/// Differentiable elementwise ops. They broadcast as their namesakes on Tensors do (core/kernels/elementwise.h) and
/// throw the same; mixed operands (a Variable and a Tensor) work, since a Tensor is a constant Variable.
namespace reel {

[[nodiscard]] Variable add(const Variable& a, const Variable& b);
[[nodiscard]] Variable sub(const Variable& a, const Variable& b);
[[nodiscard]] Variable mul(const Variable& a, const Variable& b);
[[nodiscard]] Variable div(const Variable& a, const Variable& b);
/// The larger one; where both are equal, each gets half of the gradient.
[[nodiscard]] Variable maximum(const Variable& a, const Variable& b);
[[nodiscard]] Variable minimum(const Variable& a, const Variable& b);
[[nodiscard]] Variable neg(const Variable& a);
/// The gradient at 0 is 0.
[[nodiscard]] Variable abs(const Variable& a);
[[nodiscard]] Variable pow(const Variable& a, double exponent);
[[nodiscard]] Variable exp(const Variable& a);
[[nodiscard]] Variable log(const Variable& a);
[[nodiscard]] Variable sqrt(const Variable& a);
[[nodiscard]] Variable sin(const Variable& a);
[[nodiscard]] Variable cos(const Variable& a);
/// a where `condition` (bool) holds, else b.
[[nodiscard]] Variable where(const Tensor& condition, const Variable& a, const Variable& b);
/// The same numbers in another float dtype.
[[nodiscard]] Variable to(const Variable& a, DType dtype);

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

}  // namespace reel
