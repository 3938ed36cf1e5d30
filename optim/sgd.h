#pragma once

#include <reel/optim/optimizer.h>

namespace reel::optim {

struct SGDOptions {
  double lr = 0.01;
  double momentum = 0;
  double dampening = 0;
  double weight_decay = 0;
  bool nesterov = false;
};

/// Stochastic gradient descent, with PyTorch's form of momentum: d = grad + weight_decay p; b = momentum b + (1 -
/// dampening) d, where b starts as d; p -= lr b, or with Nesterov lr (d + momentum b). State: momentum_buffer.
class SGD : public GroupedOptimizer<SGDOptions> {
 public:
  /// Throws ValueError for options that are negative or not finite, and for Nesterov without momentum or with
  /// dampening.
  explicit SGD(std::vector<ParameterGroup<SGDOptions>> groups);
  SGD(std::vector<Variable> params, const SGDOptions& options) : SGD({{std::move(params), options}}) {}

 private:
  [[nodiscard]] StateTensors state(const SGDOptions& options) const override;
  void update(const SGDOptions& options, std::vector<kernels::Update> updates) const override;
};

}  // namespace reel::optim
