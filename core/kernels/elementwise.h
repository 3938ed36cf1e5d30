#pragma once

#include <optional>
#include <reel/core/kernels/unary.h>
#include <reel/core/tensor.h>

/// Elementwise functions of tensors; those of one tensor alone are in unary.h. Operands broadcast by NumPy's rules
/// (ShapeError where they can't) and have one dtype (TypeError); results are new contiguous tensors.
namespace reel {

/// a + b, a - b and a * b of float32, float64 or int64:
[[nodiscard]] Tensor add(const Tensor& a, const Tensor& b);
[[nodiscard]] Tensor sub(const Tensor& a, const Tensor& b);
[[nodiscard]] Tensor mul(const Tensor& a, const Tensor& b);
/// Division; of int64, it truncates towards zero and throws ValueError for a zero.
[[nodiscard]] Tensor div(const Tensor& a, const Tensor& b);
/// The larger, and the smaller; NaN where either is:
[[nodiscard]] Tensor maximum(const Tensor& a, const Tensor& b);
[[nodiscard]] Tensor minimum(const Tensor& a, const Tensor& b);
/// low where a < low, high where a > high; either bound may be left out: `clamp(a, {}, 1)`. It is `high` where they
/// cross. Throws ValueError without any, and TypeError for a fraction beside int64.
[[nodiscard]] Tensor clamp(const Tensor& a, std::optional<double> low, std::optional<double> high = {});

/// a to the power of `exponent`, of float32 or float64.
[[nodiscard]] Tensor pow(const Tensor& a, double exponent);
[[nodiscard]] Tensor pow(const Tensor& a, const Tensor& exponent);
/// The angle of the point (x, y), in (-pi, pi].
[[nodiscard]] Tensor atan2(const Tensor& y, const Tensor& x);
/// sqrt(a^2 + b^2), without overflow.
[[nodiscard]] Tensor hypot(const Tensor& a, const Tensor& b);
/// What is left of a / b, with the sign of a (C's), or with that of b (Python's):
[[nodiscard]] Tensor fmod(const Tensor& a, const Tensor& b);
[[nodiscard]] Tensor remainder(const Tensor& a, const Tensor& b);

/// max(a, 0), of float32 or float64.
[[nodiscard]] Tensor relu(const Tensor& a);
/// The same over `a` itself, which is contiguous.
void relu_in_place(Tensor& a);
/// a where a > 0, else slope * a.
[[nodiscard]] Tensor leaky_relu(const Tensor& a, double slope = 0.01);
/// The gradient through either: grad where y > 0, else slope * grad.
[[nodiscard]] Tensor leaky_relu_grad(const Tensor& grad, const Tensor& y, double slope);
/// The gradient through hardtanh: grad where low < x < high, else 0.
[[nodiscard]] Tensor hardtanh_grad(const Tensor& grad, const Tensor& x, double low, double high);
/// a * Phi(a), with the normal distribution function by erf (Hendrycks and Gimpel, 2016).
[[nodiscard]] Tensor gelu(const Tensor& a);

/// a == b, a != b, a < b, a <= b, a > b and a >= b: any one dtype in, bool out:
[[nodiscard]] Tensor eq(const Tensor& a, const Tensor& b);
[[nodiscard]] Tensor ne(const Tensor& a, const Tensor& b);
[[nodiscard]] Tensor lt(const Tensor& a, const Tensor& b);
[[nodiscard]] Tensor le(const Tensor& a, const Tensor& b);
[[nodiscard]] Tensor gt(const Tensor& a, const Tensor& b);
[[nodiscard]] Tensor ge(const Tensor& a, const Tensor& b);
/// And, or, and exclusive or of whether a and b are not 0: any one dtype in, bool out:
[[nodiscard]] Tensor logical_and(const Tensor& a, const Tensor& b);
[[nodiscard]] Tensor logical_or(const Tensor& a, const Tensor& b);
[[nodiscard]] Tensor logical_xor(const Tensor& a, const Tensor& b);
/// a where `condition` (bool) is true, else b; all three broadcast.
[[nodiscard]] Tensor where(const Tensor& condition, const Tensor& a, const Tensor& b);

/// a += scale * b, in place: same shape and float dtype, a contiguous and without aliases that matter to the caller.
void add_scaled(Tensor& a, const Tensor& b, double scale = 1);

/// add, sub, mul, div and neg:
[[nodiscard]] inline Tensor operator+(const Tensor& a, const Tensor& b) { return add(a, b); }
[[nodiscard]] inline Tensor operator-(const Tensor& a, const Tensor& b) { return sub(a, b); }
[[nodiscard]] inline Tensor operator*(const Tensor& a, const Tensor& b) { return mul(a, b); }
[[nodiscard]] inline Tensor operator/(const Tensor& a, const Tensor& b) { return div(a, b); }
[[nodiscard]] inline Tensor operator-(const Tensor& a) { return neg(a); }
/// A number as a tensor [] of the dtype of `like`, to stand beside it in an op. Throws TypeError for a fraction beside
/// int64.
[[nodiscard]] Tensor scalar_like(double number, const Tensor& like);
/// A number stands for scalar_like() of it:
[[nodiscard]] inline Tensor operator+(const Tensor& a, double b) { return add(a, scalar_like(b, a)); }
[[nodiscard]] inline Tensor operator-(const Tensor& a, double b) { return sub(a, scalar_like(b, a)); }
[[nodiscard]] inline Tensor operator*(const Tensor& a, double b) { return mul(a, scalar_like(b, a)); }
[[nodiscard]] inline Tensor operator/(const Tensor& a, double b) { return div(a, scalar_like(b, a)); }
[[nodiscard]] inline Tensor operator+(double a, const Tensor& b) { return add(scalar_like(a, b), b); }
[[nodiscard]] inline Tensor operator-(double a, const Tensor& b) { return sub(scalar_like(a, b), b); }
[[nodiscard]] inline Tensor operator*(double a, const Tensor& b) { return mul(scalar_like(a, b), b); }
[[nodiscard]] inline Tensor operator/(double a, const Tensor& b) { return div(scalar_like(a, b), b); }

/// The number to the power of each element.
[[nodiscard]] inline Tensor pow(double base, const Tensor& exponent) {
  return pow(scalar_like(base, exponent), exponent);
}
/// a + weight (b - a)
[[nodiscard]] inline Tensor lerp(const Tensor& a, const Tensor& b, const Tensor& weight) {
  return a + weight * (b - a);
}
[[nodiscard]] inline Tensor lerp(const Tensor& a, const Tensor& b, double weight) { return a + weight * (b - a); }

}  // namespace reel
