#pragma once

#include <reel/autograd/variable.h>
#include <reel/core/kernels/elementwise.h>
#include <reel/core/kernels/softmax.h>
#include <reel/core/random.h>

/// Differentiable activations. float32 and float64; TypeError for anything else.
namespace reel {

/// max(x, 0). The gradient at 0 is 0.
/// Works in place on what nobody else holds: `relu(conv(x))` needs no memory of its own.
[[nodiscard]] Variable relu(Variable x);
/// x where x > 0, else slope * x.
[[nodiscard]] Variable leaky_relu(const Variable& x, double slope = 0.01);
/// The gradient through either: grad where y > 0, else slope * grad, with y the input or the output.
[[nodiscard]] Variable leaky_relu_grad(const Variable& grad, const Tensor& y, double slope);
/// The gradient through the ReLU that a layer's output went through, or grad itself where there was none and
/// `relu_output` is undefined.
[[nodiscard]] Variable through_relu(const Variable& grad, const Tensor& relu_output);
/// 1 / (1 + exp(-x))
[[nodiscard]] Variable sigmoid(const Variable& x);
/// The hyperbolic tangent.
[[nodiscard]] Variable tanh(const Variable& x);
/// How GELU's normal distribution function is computed: exactly, by erf, or by a tanh that comes close.
enum class Approximate { none, tanh };
/// x * Phi(x) (Hendrycks and Gimpel, 2016).
[[nodiscard]] Variable gelu(const Variable& x, Approximate approximate = Approximate::none);
/// x * sigmoid(x)
[[nodiscard]] Variable silu(const Variable& x);
/// x, and alpha (exp(x) - 1) below 0 (Clevert et al., 2016).
[[nodiscard]] Variable elu(const Variable& x, double alpha = 1);
/// x * hardsigmoid(x) (Howard et al., 2019).
[[nodiscard]] Variable hardswish(const Variable& x);
/// min(max(x, min_val), max_val). The gradient is 0 from there on. Throws ValueError unless min_val <= max_val.
[[nodiscard]] Variable hardtanh(const Variable& x, double min_val = -1, double max_val = 1);
/// hardtanh from 0 to 6.
[[nodiscard]] Variable relu6(const Variable& x);
/// min(max(x / 6 + 1/2, 0), 1)
[[nodiscard]] Variable hardsigmoid(const Variable& x);
/// x, and weight * x below 0. weight: [1], or [C] for the channels of x [N, C, ...] (He et al., 2015). Throws
/// ShapeError.
[[nodiscard]] Variable prelu(const Variable& x, const Variable& weight);
/// log(1 + exp(x))
[[nodiscard]] Variable softplus(const Variable& x);
/// log(1 + exp(beta x)) / beta, and x itself where beta x > threshold: torch.nn.functional.softplus.
[[nodiscard]] Variable softplus(const Variable& x, double beta, double threshold = 20);
/// exp(x) / sum of exp(x) along `axis`. Throws IndexError for an axis that isn't there.
[[nodiscard]] Variable softmax(const Variable& x, std::int64_t axis = -1);
/// log(softmax(x)), without taking the logarithm of a small number. Throws IndexError likewise.
[[nodiscard]] Variable log_softmax(const Variable& x, std::int64_t axis = -1);

/// In training, sets each element to 0 with `probability` and scales the others by 1 / (1 - probability), so that the
/// mean stays (Srivastava et al., 2014); else x itself. Throws ValueError for a probability outside [0, 1].
[[nodiscard]] Variable dropout(const Variable& x, double probability = 0.5, bool training = true,
                               Generator& generator = default_generator());
/// The same for whole channels of x [N, C, H, W] (Tompson et al., 2015). Throws ShapeError too.
[[nodiscard]] Variable dropout2d(const Variable& x, double probability = 0.5, bool training = true,
                                 Generator& generator = default_generator());

}  // namespace reel
