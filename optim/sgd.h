#pragma once

#include <reel/optim/optimizer.h>

namespace reel::optim {

/// Names and defaults are PyTorch's.
struct SGDOptions {
  double lr = 0.01;         ///< the learning rate
  double momentum = 0;      ///< what is kept of the last step; 0: none
  double dampening = 0;     ///< 1 - dampening of the gradient goes into the momentum
  double weight_decay = 0;  ///< times p is added to the gradient
  bool nesterov = false;    ///< look ahead along the momentum (Sutskever et al., 2013)
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
