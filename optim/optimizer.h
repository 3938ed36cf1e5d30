#pragma once

#include <reel/autograd/variable.h>
#include <vector>

namespace reel::optim {

/// Moves parameters along their gradients. Parameters without a gradient stay as they are.
class Optimizer {
 public:
  virtual ~Optimizer() = default;

  /// One update of every parameter that has a gradient. Gradients are only read.
  virtual void step() = 0;
  /// Drops the gradients, so that the next backward starts anew.
  void zero_grad();

  [[nodiscard]] double lr() const { return lr_; }
  /// Throws ValueError for a negative or non-finite rate.
  void set_lr(double lr);
  /// What a OneCycle schedule moves against the learning rate: SGD's momentum, Adam's beta1.
  [[nodiscard]] virtual double momentum() const = 0;
  virtual void set_momentum(double momentum) = 0;
  [[nodiscard]] const std::vector<Variable>& parameters() const { return parameters_; }

 protected:
  /// Throws ValueError where there are no parameters, one is not contiguous, one comes twice or two share memory, and
  /// AutogradError for one that is no leaf.
  Optimizer(std::vector<Variable> parameters, double lr);
  /// Whether an option that may be 0 is a number to calculate with: finite and not negative.
  [[nodiscard]] static bool is_usable(double option);
  /// Zeros like each parameter, for an optimizer's state.
  [[nodiscard]] std::vector<Tensor> zeros_like_parameters() const;

 private:
  std::vector<Variable> parameters_;
  double lr_ = 0;
};

}  // namespace reel::optim
