#pragma once

#include <reel/core/tensor.h>

/// Batch normalisation of x [N, C, ...] over everything but the channels (Ioffe and Szegedy, 2015).
namespace reel::kernels {

/// Mean and (biased) variance of each channel, [C].
struct ChannelMoments {
  Tensor mean;
  Tensor variance;
};
[[nodiscard]] ChannelMoments channel_moments(const Tensor& x);

/// y = x * scale[c] + shift[c]
[[nodiscard]] Tensor channel_affine(const Tensor& x, const Tensor& scale, const Tensor& shift);

/// The gradients of y = (x - mean) * rstd * weight + bias, where mean and rstd = 1 / sqrt(variance + epsilon) come from
/// x.
struct BatchNormGrads {
  Tensor input;   // like x
  Tensor weight;  // [C]
  Tensor bias;    // [C]
};
[[nodiscard]] BatchNormGrads batch_norm_grads(const Tensor& grad, const Tensor& x, const Tensor& mean,
                                              const Tensor& rstd, const Tensor& weight);

}  // namespace reel::kernels
