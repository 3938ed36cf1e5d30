#pragma once

#include <reel/core/tensor.h>

/// One step of an optimizer on one parameter, in one pass over memory. Parameter, gradient and state have one shape and
/// float dtype; parameter and state are contiguous.
namespace reel::kernels {

struct SgdStep {
  double lr, momentum, dampening, weight_decay;
  bool nesterov, first;  // first: the momentum buffer starts as the gradient
};
/// `buffer` is undefined without momentum.
void sgd_step(Tensor parameter, const Tensor& grad, Tensor buffer, const SgdStep& step);

struct AdamStep {
  double lr, beta1, beta2, eps, weight_decay;
  bool decoupled;      // AdamW: the decay acts on the parameter, not through the gradient
  std::int64_t count;  // steps taken, this one included
};
void adam_step(Tensor parameter, const Tensor& grad, Tensor mean, Tensor square, const AdamStep& step);

}  // namespace reel::kernels
