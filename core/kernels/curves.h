#pragma once

#include <reel/core/tensor.h>

/// Activations that bend: each with its slope, in one pass over memory. float32 in vectors, within a few units in the
/// last place, and float64.
namespace reel::kernels {

enum class Curve {
  gelu,       // x Phi(x), with the normal distribution function by erf (Hendrycks and Gimpel, 2016)
  gelu_tanh,  // the same with Phi(x) = (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))) / 2
  silu,       // x sigmoid(x)
  hardswish,  // x min(max(x / 6 + 1/2, 0), 1) (Howard et al., 2019)
  elu         // x, and exp(x) - 1 below 0 (Clevert et al., 2016)
};

/// f(x). Throws TypeError for other dtypes, under the name of `op`.
[[nodiscard]] Tensor curve(std::string_view op, const Tensor& x, Curve which);
/// grad * f'(x), of the same shape.
[[nodiscard]] Tensor curve_grad(const Tensor& grad, const Tensor& x, Curve which);

}  // namespace reel::kernels
