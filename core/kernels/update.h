#pragma once

#include <reel/core/tensor.h>
#include <vector>

/// Steps of an optimizer, in one pass over the memory of all parameters. Of each, parameter, gradient and state have
/// one shape and float dtype; parameter and state are contiguous.
namespace reel::kernels {

struct SgdStep {
  double lr, momentum, dampening, weight_decay;
  bool nesterov;
};
struct SgdUpdate {
  Tensor parameter, grad;
  Tensor buffer;  // undefined without momentum
  bool first;     // the buffer starts as the gradient
};
void sgd_step(std::vector<SgdUpdate> updates, const SgdStep& step);

struct AdamStep {
  double lr, beta1, beta2, eps, weight_decay;
  bool decoupled;  // AdamW: the decay acts on the parameter, not through the gradient
};
struct AdamUpdate {
  Tensor parameter, grad, mean, square;
  std::int64_t count;  // steps taken, this one included
};
void adam_step(std::vector<AdamUpdate> updates, const AdamStep& step);

}  // namespace reel::kernels
