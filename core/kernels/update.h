#pragma once

#include <array>
#include <reel/core/tensor.h>
#include <vector>

/// Steps of an optimizer, in one pass over the memory of all parameters.
namespace reel::kernels {

/// A parameter, its gradient, and what an optimizer keeps for it, all of one shape and float dtype. Parameter and state
/// are contiguous.
struct Update {
  Tensor parameter, grad;
  std::array<Tensor, 3> state;  // as each step below tells; undefined where it is not wanted
  std::int64_t count = 0;       // steps taken, this one included
  bool first = false;           // the state is new
};

/// State: the momentum buffer, with momentum.
struct SgdStep {
  double lr, momentum, dampening, weight_decay;
  bool nesterov;
};
void sgd_step(std::vector<Update> updates, const SgdStep& step);

/// State: the means of the gradient and of its square; with amsgrad the largest of the latter so far.
struct AdamStep {
  double lr, beta1, beta2, eps, weight_decay;
  bool decoupled;  // AdamW: the decay acts on the parameter, not through the gradient
};
void adam_step(std::vector<Update> updates, const AdamStep& step);

/// State: the mean of the gradient's square; centered, the mean of the gradient; with momentum, its buffer.
struct RmspropStep {
  double lr, alpha, eps, weight_decay, momentum;
};
void rmsprop_step(std::vector<Update> updates, const RmspropStep& step);

/// State: the sum of the gradient's squares.
struct AdagradStep {
  double lr, lr_decay, eps, weight_decay;
};
void adagrad_step(std::vector<Update> updates, const AdagradStep& step);

/// parameter += (1 - decay) (grad - parameter): a moving average of what stands in `grad`.
void average_step(std::vector<Update> updates, double decay);

}  // namespace reel::kernels
