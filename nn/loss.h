#pragma once

#include <reel/autograd/ops/loss.h>
#include <utility>

/// The losses as objects, for those who keep a `criterion`; each holds its options and calls its function in
/// autograd/ops/loss.h.
///
///     const nn::CrossEntropyLoss criterion({.label_smoothing = 0.1});
///     const Variable loss = criterion(model(images), labels);
namespace reel::nn {

template <class Options, Variable (*function)(const Variable&, const Variable&, const Options&)>
class Loss {
 public:
  explicit Loss(Options options = {}) : options_(std::move(options)) {}
  [[nodiscard]] Variable operator()(const Variable& input, const Variable& target) const {
    return function(input, target, options_);
  }
  [[nodiscard]] const Options& options() const { return options_; }

 private:
  Options options_;
};

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
