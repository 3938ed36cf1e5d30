#include <cmath>
#include <reel/core/kernels/elementwise.h>
#include <reel/core/kernels/reduce.h>
#include <reel/optim/clip.h>

namespace reel::optim {

double clip_grad_norm(const std::vector<Variable>& parameters, double max_norm) {
  require<ValueError>(max_norm > 0, "clip_grad_norm", "max_norm must be above 0, got ", max_norm);
  double squares = 0;
  for (const Variable& p : parameters) {
    if (p.grad().defined()) squares += sum(p.grad() * p.grad()).item();
  }
  const double norm = std::sqrt(squares);
  const double scale = max_norm / (norm + 1e-6);  // PyTorch's guard against a norm of 0
  if (scale >= 1) return norm;
  for (const Variable& p : parameters) {
    if (p.grad().defined()) p.set_grad(p.grad() * scale);
  }
  return norm;
}

void clip_grad_value(const std::vector<Variable>& parameters, double limit) {
  require<ValueError>(limit > 0, "clip_grad_value", "limit must be above 0, got ", limit);
  for (const Variable& p : parameters) {
    if (!p.grad().defined()) continue;
    const DType dtype = p.dtype();
    p.set_grad(minimum(maximum(p.grad(), Tensor::scalar(-limit, dtype)), Tensor::scalar(limit, dtype)));
  }
}

}  // namespace reel::optim
