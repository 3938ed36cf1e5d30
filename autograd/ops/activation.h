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
[[nodiscard]] Variable leaky_relu(const Variable& x, double slope = 0.01);
/// The gradient through either: grad where y > 0, else slope * grad, with y the input or the output.
[[nodiscard]] Variable leaky_relu_grad(const Variable& grad, const Tensor& y, double slope);
/// The gradient through the ReLU that a layer's output went through, or grad itself where there was none and
/// `relu_output` is undefined.
[[nodiscard]] Variable through_relu(const Variable& grad, const Tensor& relu_output);
[[nodiscard]] Variable sigmoid(const Variable& x);
[[nodiscard]] Variable tanh(const Variable& x);
/// x * Phi(x), by erf: PyTorch's approximate='none'.
[[nodiscard]] Variable gelu(const Variable& x);
/// log(1 + exp(x))
[[nodiscard]] Variable softplus(const Variable& x);
[[nodiscard]] Variable erf(const Variable& x);
[[nodiscard]] Variable softmax(const Variable& x, std::int64_t axis = -1);
[[nodiscard]] Variable log_softmax(const Variable& x, std::int64_t axis = -1);

/// In training, sets each element to 0 with `probability` and scales the others by 1 / (1 - probability), so that the
/// mean stays (Srivastava et al., 2014); else x itself. Throws ValueError for a probability outside [0, 1].
[[nodiscard]] Variable dropout(const Variable& x, double probability = 0.5, bool training = true,
                               Generator& generator = default_generator());

}  // namespace reel
