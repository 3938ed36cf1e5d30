#pragma once

#include <reel/core/kernels/activation.h>
#include <reel/core/kernels/max_pool_choice.h>
#include <reel/core/tensor.h>

/// Batch normalisation of x [N, C, ...] over everything but the channels (Ioffe and Szegedy, 2015).
namespace reel::kernels {

/// Of each channel of x, [C]: the mean and (biased) variance, rstd = 1 / sqrt(variance + epsilon), and what they make
/// of x: (x - mean) * rstd * weight + bias = x * scale + shift.
struct BatchStatistics {
  Tensor mean, variance, rstd, scale, shift;
};

/// x * scale + shift through the activation, like x.
struct BatchNorm {
  Tensor output;
  BatchStatistics statistics;
};
[[nodiscard]] BatchNorm batch_norm(const Tensor& x, const Tensor& weight, const Tensor& bias, double epsilon,
                                   Activation activation);

/// The same of x [N, C, H, W], and the largest of every 2 x 2 pixels. H and W are at least 2.
struct PooledBatchNorm {
  Pooled pooled;
  BatchStatistics statistics;
};
[[nodiscard]] PooledBatchNorm batch_norm_pooled(const Tensor& x, const Tensor& weight, const Tensor& bias,
                                                double epsilon, Activation activation);

/// The gradients of batch_norm from that of its output, and those of batch_norm_pooled.
struct BatchNormGrads {
  Tensor input;         // like x
  Tensor weight, bias;  // [C]
};
[[nodiscard]] BatchNormGrads batch_norm_grads(const Tensor& grad, const Tensor& x, const BatchStatistics& statistics,
                                              const Tensor& weight, Activation activation);
[[nodiscard]] BatchNormGrads batch_norm_pooled_grads(const Tensor& grad, const Tensor& choice, const Tensor& x,
                                                     const BatchStatistics& statistics, const Tensor& weight);

/// y = x * scale[c] + shift[c], through the activation
[[nodiscard]] Tensor channel_affine(const Tensor& x, const Tensor& scale, const Tensor& shift, Activation activation);

/// The windows of batch_norm_pooled.
[[nodiscard]] Pool2dGeometry windows_of_two(const Shape& x);
/// Whether planes of x are pooled as they are normalised, and not in a pass of their own: float32 with vectors, and
/// planes that fill one.
[[nodiscard]] bool is_pooled_at_once(const Tensor& x);

}  // namespace reel::kernels
