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
/// dampening) d, where b starts as d; p -= lr b, or with Nesterov lr (d + momentum b).
class SGD : public Optimizer {
 public:
  /// Throws ValueError for options that are negative or not finite, and for Nesterov without momentum or with
  /// dampening.
  SGD(std::vector<Variable> params, const SGDOptions& options);

  void step() override;
  [[nodiscard]] double momentum() const override { return options_.momentum; }
  void set_momentum(double momentum) override { options_.momentum = momentum; }

 private:
  SGDOptions options_;
  std::vector<Tensor> buffers_;  // one a parameter; undefined before its first step
};

}  // namespace reel::optim
