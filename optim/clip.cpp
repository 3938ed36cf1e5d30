#include <cmath>
#include <reel/core/kernels/elementwise.h>
#include <reel/core/kernels/reduce.h>
#include <reel/optim/clip.h>

namespace reel::optim {

namespace {

/// (sum |g|^p)^(1/p) over all gradients.
double grad_norm(const std::vector<Variable>& parameters, double p) {
  double total = 0;
  for (const Variable& parameter : parameters) {
    const Tensor& g = parameter.grad();
    if (!g.defined() || g.numel() == 0) continue;
    if (std::isinf(p)) {
      const double largest = max(abs(g)).item();
      total = largest > total || std::isnan(largest) ? largest : total;
    } else {
      total += sum(p == 2 ? g * g : pow(abs(g), p)).item();
    }
  }
  return std::isinf(p) ? total : p == 2 ? std::sqrt(total) : std::pow(total, 1 / p);
}

}  // namespace

double clip_grad_norm(const std::vector<Variable>& parameters, double max_norm, double norm_type) {
  require<ValueError>(max_norm > 0, "clip_grad_norm", "max_norm must be above 0, got ", max_norm);
  require<ValueError>(norm_type > 0, "clip_grad_norm", "norm_type must be above 0, got ", norm_type);
  const double norm = grad_norm(parameters, norm_type);
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
