#pragma once

#include <reel/optim/optimizer.h>

namespace reel::optim {

/// Names and defaults are PyTorch's.
struct AdamOptions {
  double lr = 1e-3;         ///< the learning rate
  double beta1 = 0.9;       ///< decay of the mean of gradients
  double beta2 = 0.999;     ///< decay of the mean of their squares
  double eps = 1e-8;        ///< added to the root, against a division by 0
  double weight_decay = 0;  ///< times p is added to the gradient
  bool amsgrad = false;     ///< divide by the largest mean of squares so far
};

/// PyTorch's defaults for AdamW.
struct AdamWOptions {
  double lr = 1e-3;            ///< the learning rate
  double beta1 = 0.9;          ///< decay of the mean of gradients
  double beta2 = 0.999;        ///< decay of the mean of their squares
  double eps = 1e-8;           ///< added to the root, against a division by 0
  double weight_decay = 0.01;  ///< times lr is the share that p shrinks by
  bool amsgrad = false;        ///< divide by the largest mean of squares so far
};

/// Adam (Kingma and Ba, 2015), as in PyTorch: weight decay enters through the gradient. With amsgrad (Reddi et al.,
/// 2018) the largest mean of squares so far divides. State: exp_avg, exp_avg_sq, and with amsgrad max_exp_avg_sq.
class Adam : public GroupedOptimizer<AdamOptions> {
 public:
  /// Throws ValueError for betas outside [0, 1), and for other options that are negative or not finite.
  explicit Adam(std::vector<ParameterGroup<AdamOptions>> groups) : Adam(std::move(groups), false) {}
  explicit Adam(std::vector<Variable> params, const AdamOptions& options = {})
      : Adam({{std::move(params), options}}, false) {}

 protected:
  /// `decoupled`: weight decay as AdamW has it.
  Adam(std::vector<ParameterGroup<AdamOptions>> groups, bool decoupled);

 private:
  [[nodiscard]] StateTensors state(const AdamOptions& options) const override;
  void update(const AdamOptions& options, std::vector<kernels::Update> updates) const override;

  bool decoupled_;
};

/// Adam with decoupled weight decay (Loshchilov and Hutter, 2019): p shrinks by lr * weight_decay before the step.
class AdamW : public Adam {
 public:
  /// Throws as Adam's do.
  explicit AdamW(const std::vector<ParameterGroup<AdamWOptions>>& groups);
  explicit AdamW(std::vector<Variable> params, const AdamWOptions& options = {})
      : AdamW({{std::move(params), options}}) {}
};

}  // namespace reel::optim
