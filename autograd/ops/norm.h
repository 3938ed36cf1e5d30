#pragma once

#include <reel/autograd/variable.h>
#include <reel/core/kernels/activation.h>

namespace reel {

/// How batch_norm() normalises.
struct BatchNormOptions {
  bool training = true;                      ///< use the statistics of the batch, and move the running ones
  double momentum = 0.1;                     ///< how far the running statistics move, of the way to those of the batch
  double epsilon = 1e-5;                     ///< added to the variance
  Activation activation = Activation::none;  ///< that the output goes through, without a pass of its own
};

/// y = x * scale[c] + shift[c]
struct ChannelAffine {
  Variable scale;  ///< [C]
  Variable shift;  ///< [C]
};
/// What batch_norm is outside of training.
[[nodiscard]] ChannelAffine batch_norm_affine(const Variable& weight, const Variable& bias, const Tensor& running_mean,
                                              const Tensor& running_var, double epsilon);

/// Batch normalisation of x [N, C, ...] (Ioffe and Szegedy, 2015), with weight and bias [C]. In training it uses the
/// batch's own mean and biased variance, and moves the running ones (in place, where they are defined) by `momentum`
/// towards the batch's mean and unbiased variance; else it uses the running ones. Conventions are PyTorch's. Throws
/// ShapeError, among others for training on one value a channel, whose variance would be zero.
[[nodiscard]] Variable batch_norm(const Variable& x, const Variable& weight, const Variable& bias,
                                  const Tensor& running_mean, const Tensor& running_var,
                                  const BatchNormOptions& options = {});

/// max_pool2d(batch_norm(...)) of x [N, C, H, W] by windows of 2 x 2 side by side, [N, C, H / 2, W / 2]. In training
/// the pooled map is all that is written, with a byte for each of its pixels.
[[nodiscard]] Variable batch_norm_max_pool2d(const Variable& x, const Variable& weight, const Variable& bias,
                                             const Tensor& running_mean, const Tensor& running_var,
                                             const BatchNormOptions& options = {});

}  // namespace reel
