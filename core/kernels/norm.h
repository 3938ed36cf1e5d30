#pragma once

#include <reel/core/kernels/activation.h>
#include <reel/core/tensor.h>

/// Batch normalisation of x [N, C, ...] over everything but the channels (Ioffe and Szegedy, 2015).
namespace reel::kernels {

/// y = (x - mean) * rstd * weight + bias through the activation, with the mean and (biased) variance of each channel of
/// x and rstd = 1 / sqrt(variance + epsilon).
struct BatchNorm {
  Tensor output;                // like x
  Tensor mean, variance, rstd;  // [C]
};
[[nodiscard]] BatchNorm batch_norm(const Tensor& x, const Tensor& weight, const Tensor& bias, double epsilon,
                                   Activation activation);

/// The gradients of the same. Where the output of a ReLU behind it is defined, grad counts only where that is above 0.
struct BatchNormGrads {
  Tensor input;         // like x
  Tensor weight, bias;  // [C]
};
[[nodiscard]] BatchNormGrads batch_norm_grads(const Tensor& grad, const Tensor& x, const Tensor& mean,
                                              const Tensor& rstd, const Tensor& weight, const Tensor& relu_output);

/// y = x * scale[c] + shift[c], through the activation
[[nodiscard]] Tensor channel_affine(const Tensor& x, const Tensor& scale, const Tensor& shift, Activation activation);

}  // namespace reel::kernels
