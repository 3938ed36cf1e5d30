#pragma once

#include <reel/core/tensor.h>

/// Elementwise functions of tensors. Operands broadcast by NumPy's rules (ShapeError where they can't) and have one
/// dtype (TypeError); results are new contiguous tensors.
namespace reel {

// Arithmetic: float32, float64, int64.
[[nodiscard]] Tensor add(const Tensor& a, const Tensor& b);
[[nodiscard]] Tensor sub(const Tensor& a, const Tensor& b);
[[nodiscard]] Tensor mul(const Tensor& a, const Tensor& b);
/// Division; of int64, it truncates towards zero and throws ValueError for a zero.
[[nodiscard]] Tensor div(const Tensor& a, const Tensor& b);
[[nodiscard]] Tensor maximum(const Tensor& a, const Tensor& b);
[[nodiscard]] Tensor minimum(const Tensor& a, const Tensor& b);
[[nodiscard]] Tensor neg(const Tensor& a);
[[nodiscard]] Tensor abs(const Tensor& a);
/// -1, 0 or 1.
[[nodiscard]] Tensor sign(const Tensor& a);

// Functions: float32, float64.
[[nodiscard]] Tensor pow(const Tensor& a, double exponent);
[[nodiscard]] Tensor exp(const Tensor& a);
[[nodiscard]] Tensor log(const Tensor& a);
[[nodiscard]] Tensor sqrt(const Tensor& a);
[[nodiscard]] Tensor sin(const Tensor& a);
[[nodiscard]] Tensor cos(const Tensor& a);
[[nodiscard]] Tensor erf(const Tensor& a);
[[nodiscard]] Tensor tanh(const Tensor& a);
/// 1 / (1 + exp(-a)), without overflow.
[[nodiscard]] Tensor sigmoid(const Tensor& a);
/// log(1 + exp(a)), without overflow.
[[nodiscard]] Tensor softplus(const Tensor& a);
[[nodiscard]] Tensor relu(const Tensor& a);
/// The same over `a` itself, which is contiguous.
void relu_in_place(Tensor& a);
/// a where a > 0, else slope * a.
[[nodiscard]] Tensor leaky_relu(const Tensor& a, double slope = 0.01);
/// The gradient through either: grad where y > 0, else slope * grad.
[[nodiscard]] Tensor leaky_relu_grad(const Tensor& grad, const Tensor& y, double slope);
/// min(max(a, low), high), and a NaN stays one.
[[nodiscard]] Tensor hardtanh(const Tensor& a, double low, double high);
/// The gradient through it: grad where low < x < high, else 0.
[[nodiscard]] Tensor hardtanh_grad(const Tensor& grad, const Tensor& x, double low, double high);
/// a * Phi(a), with the normal distribution function by erf (Hendrycks and Gimpel, 2016).
[[nodiscard]] Tensor gelu(const Tensor& a);

// Comparisons: any one dtype in, bool out.
[[nodiscard]] Tensor eq(const Tensor& a, const Tensor& b);
[[nodiscard]] Tensor ne(const Tensor& a, const Tensor& b);
[[nodiscard]] Tensor lt(const Tensor& a, const Tensor& b);
[[nodiscard]] Tensor le(const Tensor& a, const Tensor& b);
[[nodiscard]] Tensor gt(const Tensor& a, const Tensor& b);
[[nodiscard]] Tensor ge(const Tensor& a, const Tensor& b);
[[nodiscard]] Tensor logical_not(const Tensor& a);
/// True where a is a number: neither NaN nor infinite.
[[nodiscard]] Tensor isfinite(const Tensor& a);
/// a where `condition` (bool) is true, else b; all three broadcast.
[[nodiscard]] Tensor where(const Tensor& condition, const Tensor& a, const Tensor& b);

/// a += scale * b, in place: same shape and float dtype, a contiguous and without aliases that matter to the caller.
void add_scaled(Tensor& a, const Tensor& b, double scale = 1);

[[nodiscard]] inline Tensor operator+(const Tensor& a, const Tensor& b) { return add(a, b); }
[[nodiscard]] inline Tensor operator-(const Tensor& a, const Tensor& b) { return sub(a, b); }
[[nodiscard]] inline Tensor operator*(const Tensor& a, const Tensor& b) { return mul(a, b); }
[[nodiscard]] inline Tensor operator/(const Tensor& a, const Tensor& b) { return div(a, b); }
[[nodiscard]] inline Tensor operator-(const Tensor& a) { return neg(a); }
/// A number as a tensor [] of the dtype of `like`, to stand beside it in an op. Throws TypeError for a fraction beside
/// int64.
[[nodiscard]] Tensor scalar_like(double number, const Tensor& like);
[[nodiscard]] inline Tensor operator+(const Tensor& a, double b) { return add(a, scalar_like(b, a)); }
[[nodiscard]] inline Tensor operator-(const Tensor& a, double b) { return sub(a, scalar_like(b, a)); }
[[nodiscard]] inline Tensor operator*(const Tensor& a, double b) { return mul(a, scalar_like(b, a)); }
[[nodiscard]] inline Tensor operator/(const Tensor& a, double b) { return div(a, scalar_like(b, a)); }
[[nodiscard]] inline Tensor operator+(double a, const Tensor& b) { return add(scalar_like(a, b), b); }
[[nodiscard]] inline Tensor operator-(double a, const Tensor& b) { return sub(scalar_like(a, b), b); }
[[nodiscard]] inline Tensor operator*(double a, const Tensor& b) { return mul(scalar_like(a, b), b); }
[[nodiscard]] inline Tensor operator/(double a, const Tensor& b) { return div(scalar_like(a, b), b); }

}  // namespace reel
