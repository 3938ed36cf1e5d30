#pragma once

#include <reel/autograd/ops/loss.h>
#include <utility>

/// The losses as objects, for those who keep a `criterion`; each holds its options and calls its function in
/// autograd/ops/loss.h.
///
///     const nn::CrossEntropyLoss criterion({.label_smoothing = 0.1});
///     const Variable loss = criterion(model(images), labels);
namespace reel::nn {

/// A loss with its options.
template <class Options, Variable (*function)(const Variable&, const Variable&, const Options&)>
class Loss {
 public:
  /// Options are checked when the loss is called.
  explicit Loss(Options options = {}) : options_(std::move(options)) {}
  /// Calls the function, which tells of shapes and of what it throws.
  [[nodiscard]] Variable operator()(const Variable& input, const Variable& target) const {
    return function(input, target, options_);
  }
  /// As they were given.
  [[nodiscard]] const Options& options() const { return options_; }

 private:
  Options options_;
};

/// The losses under PyTorch's names. Each calls the function in its angle brackets:
using CrossEntropyLoss = Loss<CrossEntropyOptions, cross_entropy>;
using NLLLoss = Loss<NLLLossOptions, nll_loss>;
using MSELoss = Loss<LossOptions, mse_loss>;
using L1Loss = Loss<LossOptions, l1_loss>;
using SmoothL1Loss = Loss<SmoothL1LossOptions, smooth_l1_loss>;
using HuberLoss = Loss<HuberLossOptions, huber_loss>;
using BCELoss = Loss<BCELossOptions, binary_cross_entropy>;
using BCEWithLogitsLoss = Loss<BCEWithLogitsLossOptions, binary_cross_entropy_with_logits>;
using KLDivLoss = Loss<KLDivLossOptions, kl_div>;

}  // namespace reel::nn
