#pragma once

#include <optional>
#include <reel/autograd/variable.h>

/// Normalisation by the statistics of each example alone, in training as in use. Conventions and defaults are
/// PyTorch's; a weight counts as 1 and a bias as 0 where it is undefined. All throw ShapeError, ValueError and
/// TypeError.
namespace reel {

/// (x - mean) / sqrt(variance + eps) * weight + bias over the last axes of x, which are `normalized_shape`, as are
/// weight and bias (Ba et al., 2016). The variance is that of the population.
[[nodiscard]] Variable layer_norm(const Variable& x, const Shape& normalized_shape, const Variable& weight = {},
                                  const Variable& bias = {}, double eps = 1e-5);

/// x / sqrt(mean(x^2) + eps) * weight over the last axes of x, which are `normalized_shape`, as is the weight (Zhang
/// and Sennrich, 2019). Without an eps it is that of x's dtype: 2^-23 or 2^-52.
[[nodiscard]] Variable rms_norm(const Variable& x, const Shape& normalized_shape, const Variable& weight = {},
                                std::optional<double> eps = {});

/// The same as layer_norm over the channels of each of `num_groups` groups of x [N, C, ...], and all that is behind;
/// weight and bias [C] (Wu and He, 2018).
[[nodiscard]] Variable group_norm(const Variable& x, std::int64_t num_groups, const Variable& weight = {},
                                  const Variable& bias = {}, double eps = 1e-5);

/// How instance_norm() normalises.
struct InstanceNormOptions {
  bool training = true;   ///< use the statistics of x, and move the running ones
  double momentum = 0.1;  ///< how far the running statistics move, of the way to those of x
  double eps = 1e-5;      ///< added to the variance
};

/// The same over each channel of x [N, C, ...] by itself (Ulyanov et al., 2016). Running statistics, [C], are moved in
/// training as batch_norm moves them, by the mean over the images of their means and unbiased variances; else, where
/// they are defined, they are used instead of x's own. Throws ShapeError where a channel's own variance would be that
/// of one value.
[[nodiscard]] Variable instance_norm(const Variable& x, const Variable& weight = {}, const Variable& bias = {},
                                     const Tensor& running_mean = {}, const Tensor& running_var = {},
                                     const InstanceNormOptions& options = {});

}  // namespace reel
