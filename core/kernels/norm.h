#pragma once

#include <reel/core/kernels/activation.h>
#include <reel/core/tensor.h>

/// Batch normalisation of x [N, C, ...] over everything but the channels (Ioffe and Szegedy, 2015).
namespace reel::kernels {

/// Mean and (biased) variance of each channel, [C].
struct ChannelMoments {
  Tensor mean;
  Tensor variance;
};
[[nodiscard]] ChannelMoments channel_moments(const Tensor& x);

/// y = x * scale[c] + shift[c], through the activation
[[nodiscard]] Tensor channel_affine(const Tensor& x, const Tensor& scale, const Tensor& shift, Activation activation);

/// The gradients of y = (x - mean) * rstd * weight + bias, where mean and rstd = 1 / sqrt(variance + epsilon) come from
/// x. Where the output of a ReLU behind it is defined, grad counts only where that is above 0.
struct BatchNormGrads {
  Tensor input;   // like x
  Tensor weight;  // [C]
  Tensor bias;    // [C]
};
[[nodiscard]] BatchNormGrads batch_norm_grads(const Tensor& grad, const Tensor& x, const Tensor& mean,
                                              const Tensor& rstd, const Tensor& weight, const Tensor& relu_output);

}  // namespace reel::kernels
