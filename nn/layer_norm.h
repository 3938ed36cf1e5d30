#pragma once

#include <optional>
#include <reel/nn/module.h>

/// The layers of autograd/ops/layer_norm.h. Names, defaults and parameters are PyTorch's: weights begin as ones, biases
/// as zeros.
namespace reel::nn {

/// What the layers of this page have in common.
class ExampleNorm : public Module {
 public:
  /// Undefined without one.
  [[nodiscard]] Variable weight() const { return weight_ == nullptr ? Variable() : *weight_; }
  /// Undefined without one.
  [[nodiscard]] Variable bias() const { return bias_ == nullptr ? Variable() : *bias_; }
  [[nodiscard]] std::string describe() const override { return description_; }

 protected:
  /// Registers a weight and a bias of `shape`, where they are wanted.
  ExampleNorm(std::string description, const Shape& shape, bool weight, bool bias);

 private:
  std::string description_;
  const Variable* weight_ = nullptr;  // owned as parameters
  const Variable* bias_ = nullptr;
};

/// What a LayerNorm has.
struct LayerNormOptions {
  double eps = 1e-5;               ///< added to the variance
  bool elementwise_affine = true;  ///< have a weight, and a bias
  bool bias = true;                ///< but no bias without this
};

/// x [..., normalized_shape]; see reel::layer_norm. Parameters: weight, bias [normalized_shape].
class LayerNorm : public ExampleNorm {
 public:
  /// Throws ValueError for sizes below 1.
  explicit LayerNorm(const Shape& normalized_shape, const LayerNormOptions& options = {});
  explicit LayerNorm(std::int64_t size, const LayerNormOptions& options = {}) : LayerNorm(Shape{size}, options) {}

 protected:
  Variable forward(const Variable& x) override;

 private:
  Shape normalized_shape_;
  double eps_;
};

/// What an RMSNorm has.
struct RMSNormOptions {
  std::optional<double> eps = {};  ///< without one, that of the input's dtype
  bool elementwise_affine = true;  ///< have a weight
};

/// x [..., normalized_shape]; see reel::rms_norm. Parameter: weight [normalized_shape].
class RMSNorm : public ExampleNorm {
 public:
  /// Throws ValueError for sizes below 1.
  explicit RMSNorm(const Shape& normalized_shape, const RMSNormOptions& options = {});
  explicit RMSNorm(std::int64_t size, const RMSNormOptions& options = {}) : RMSNorm(Shape{size}, options) {}

 protected:
  Variable forward(const Variable& x) override;

 private:
  Shape normalized_shape_;
  std::optional<double> eps_;
};

/// What a GroupNorm has.
struct GroupNormOptions {
  double eps = 1e-5;   ///< added to the variance
  bool affine = true;  ///< have a weight and a bias
};

/// x [N, num_channels, ...]; see reel::group_norm. Parameters: weight, bias [num_channels].
class GroupNorm : public ExampleNorm {
 public:
  /// Throws ValueError for numbers below 1, and groups that do not divide the channels.
  GroupNorm(std::int64_t num_groups, std::int64_t num_channels, const GroupNormOptions& options = {});

 protected:
  Variable forward(const Variable& x) override;

 private:
  std::int64_t num_groups_, num_channels_;
  double eps_;
};

/// What an InstanceNorm2d has.
struct InstanceNorm2dOptions {
  double eps = 1e-5;                 ///< added to the variance
  double momentum = 0.1;             ///< how far the running statistics move, of the way to those of the batch
  bool affine = false;               ///< have a weight and a bias
  bool track_running_stats = false;  ///< keep running statistics, and use them in evaluation
};

/// x [N, num_features, H, W]; see reel::instance_norm. Parameters, if affine: weight, bias [num_features]. Buffers,
/// with track_running_stats: running_mean, running_var [num_features], num_batches_tracked [].
class InstanceNorm2d : public ExampleNorm {
 public:
  /// Throws ValueError for less than one feature.
  explicit InstanceNorm2d(std::int64_t num_features, const InstanceNorm2dOptions& options = {});

 protected:
  Variable forward(const Variable& x) override;

 private:
  std::int64_t num_features_;
  InstanceNorm2dOptions options_;
  Tensor* mean_ = nullptr;  // owned as buffers
  Tensor* var_ = nullptr;
  Tensor* batches_ = nullptr;
};

}  // namespace reel::nn
