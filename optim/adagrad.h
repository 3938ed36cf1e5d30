#pragma once

#include <reel/optim/optimizer.h>

namespace reel::optim {

/// Names and defaults are PyTorch's.
struct AdagradOptions {
  double lr = 0.01;                      ///< the learning rate
  double lr_decay = 0;                   ///< how fast the rate falls: it is divided by 1 + (t - 1) lr_decay
  double weight_decay = 0;               ///< times p is added to the gradient
  double initial_accumulator_value = 0;  ///< what the sum of squares starts as
  double eps = 1e-10;                    ///< added to the root, against a division by 0
};

/// Adagrad (Duchi et al., 2011), as in PyTorch: d = grad + weight_decay p; s += d^2, where s starts as
/// initial_accumulator_value; p -= lr / (1 + (t - 1) lr_decay) d / (sqrt(s) + eps) in step t = 1, 2, ... State: sum.
/// It has no momentum for a schedule to move.
class Adagrad : public GroupedOptimizer<AdagradOptions> {
 public:
  /// Throws ValueError for options that are negative or not finite.
  explicit Adagrad(std::vector<ParameterGroup<AdagradOptions>> groups);
  explicit Adagrad(std::vector<Variable> params, const AdagradOptions& options = {})
      : Adagrad({{std::move(params), options}}) {}

 private:
  [[nodiscard]] StateTensors state(const AdagradOptions& options) const override;
  void update(const AdagradOptions& options, std::vector<kernels::Update> updates) const override;
};

}  // namespace reel::optim
