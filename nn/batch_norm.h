#pragma once

#include <reel/autograd/ops/norm.h>
#include <reel/nn/module.h>

namespace reel::nn {

/// Names and defaults are PyTorch's.
struct BatchNormOptions {
  double eps = 1e-5;      ///< added to the variance
  double momentum = 0.1;  ///< how far the running statistics move, of the way to those of the batch
};

/// What BatchNorm1d and BatchNorm2d share; see reel::batch_norm. Parameters: weight, bias [C]. Buffers: running_mean,
/// running_var [C], num_batches_tracked [].
class BatchNorm : public Module {
 public:
  /// The scale, [C], which begins as ones; and the shift, [C], as zeros:
  [[nodiscard]] const Variable& weight() const { return *weight_; }
  [[nodiscard]] const Variable& bias() const { return *bias_; }

  /// What evaluation normalises with, [C]: zeros and ones before any training:
  [[nodiscard]] const Tensor& running_mean() const { return *mean_; }
  [[nodiscard]] const Tensor& running_var() const { return *var_; }
  [[nodiscard]] std::string describe() const override;
  /// What the layer computes in evaluation.
  [[nodiscard]] ChannelAffine affine() const;

 protected:
  /// Throws ValueError for less than one feature.
  BatchNorm(std::string name, std::int64_t features, const BatchNormOptions& options);
  Variable forward(const Variable& x) final {
    LayersBehind none;
    return forward_with(x, none);
  }
  Variable forward_with(const Variable& x, LayersBehind& behind) override;
  /// Throws ShapeError for an input of another rank than the layer takes.
  virtual void require_rank(const Variable& x) const = 0;

 private:
  std::string layer_;
  BatchNormOptions options_;
  const Variable* weight_ = nullptr;  // owned as parameters and buffers
  const Variable* bias_;
  Tensor* mean_;
  Tensor* var_;
  Tensor* batches_;
};

/// x [N, C] or [N, C, L].
class BatchNorm1d final : public BatchNorm {
 public:
  /// `num_features`: C. Throws ValueError for less than one.
  explicit BatchNorm1d(std::int64_t num_features, const BatchNormOptions& options = {})
      : BatchNorm("BatchNorm1d", num_features, options) {}

 protected:
  void require_rank(const Variable& x) const override;
};

/// x [N, C, H, W].
class BatchNorm2d final : public BatchNorm {
 public:
  /// `num_features`: C. Throws ValueError for less than one.
  explicit BatchNorm2d(std::int64_t num_features, const BatchNormOptions& options = {})
      : BatchNorm("BatchNorm2d", num_features, options) {}

 protected:
  void require_rank(const Variable& x) const override;
};

/// Takes a BatchNorm2d of this many channels that is in evaluation off the front of the layers behind, or returns null:
/// for a layer that does it on its way out.
[[nodiscard]] inline const BatchNorm2d* take_batch_norm(LayersBehind& behind, std::int64_t channels) {
  const auto* norm = behind.empty() ? nullptr : dynamic_cast<const BatchNorm2d*>(behind.front());
  if (norm == nullptr || norm->is_training() || norm->weight().numel() != channels) return nullptr;
  behind = behind.subspan(1);
  return norm;
}

}  // namespace reel::nn
