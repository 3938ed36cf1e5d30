#pragma once

#include <reel/optim/optimizer.h>

namespace reel::optim {

/// Names and defaults are PyTorch's.
struct RMSpropOptions {
  double lr = 0.01;         ///< the learning rate
  double alpha = 0.99;      ///< decay of the mean of squares
  double eps = 1e-8;        ///< added to the root, against a division by 0
  double weight_decay = 0;  ///< times p is added to the gradient
  double momentum = 0;      ///< what is kept of the last step; 0: none
  bool centered = false;    ///< divide by the deviation instead of the root of the mean of squares
};

/// RMSprop (Hinton, 2012), as in PyTorch: d = grad + weight_decay p; v = alpha v + (1 - alpha) d^2; p -= lr d /
/// (sqrt(v)
/// + eps). Centered (Graves, 2013), the square of d's own mean is taken off v; with momentum, b = momentum b + d /
/// (sqrt(v) + eps) and p -= lr b. State: square_avg, grad_avg where centered, momentum_buffer with momentum.
class RMSprop : public GroupedOptimizer<RMSpropOptions> {
 public:
  /// Throws ValueError for an alpha outside [0, 1], and for other options that are negative or not finite.
  explicit RMSprop(std::vector<ParameterGroup<RMSpropOptions>> groups);
  explicit RMSprop(std::vector<Variable> params, const RMSpropOptions& options = {})
      : RMSprop({{std::move(params), options}}) {}

 private:
  [[nodiscard]] StateTensors state(const RMSpropOptions& options) const override;
  void update(const RMSpropOptions& options, std::vector<kernels::Update> updates) const override;
};

}  // namespace reel::optim
