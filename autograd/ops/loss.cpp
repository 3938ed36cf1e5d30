#include <reel/autograd/ops/activation.h>
#include <reel/autograd/ops/arithmetic.h>
#include <reel/autograd/ops/loss.h>
#include <reel/autograd/ops/reduce.h>
#include <reel/autograd/ops/view.h>
#include <reel/autograd/tape.h>
#include <reel/core/kernels/index.h>
#include <reel/core/kernels/softmax.h>

namespace reel {
namespace {

Variable reduce(const Variable& losses, Reduction reduction) {
  if (reduction == Reduction::none) return losses;
  return reduction == Reduction::sum ? sum(losses) : mean(losses);
}

void require_floats(std::string_view op, const Variable& a) {
  visit_floats(op, a.dtype(), [](auto) {});
}

void require_alike(std::string_view op, const Variable& a, const Variable& b) {
  for (const Variable* operand : {&a, &b}) require_defined(op, operand->value());
  require<ShapeError>(a.shape() == b.shape(), op, "input ", a.shape(), " and target ", b.shape(),
                      " must have the same shape");
  require_same_dtype(op, a.value(), b.value());
  require_floats(op, a);
}

/// Checks input [N, C, ...] and labels [N, ...].
void require_labels(std::string_view op, const Variable& input, const Tensor& target) {
  require_defined(op, input.value());
  require_defined(op, target);
  require<ShapeError>(input.rank() >= 2, op, "input wants shape [N, C, ...], got ", input.shape());
  Shape wanted = input.shape();
  wanted.erase(1);
  require<ShapeError>(target.shape() == wanted, op, "input ", input.shape(), " wants a target of shape ", wanted,
                      ", got ", target.shape());
  require_indices(op, target, input.size(1), "label");
  require_floats(op, input);
}

/// One-hot labels laid out like the logits: [N, ...] -> [N, C, ...].
Tensor one_hot_channels(const Tensor& target, std::int64_t classes, DType dtype) {
  const Tensor last = one_hot(target, classes, dtype);
  Dims order{0, last.rank() - 1};
  for (int i = 1; i < last.rank() - 1; ++i) order.push_back(i);
  return last.permute(order);
}

}  // namespace

Variable cross_entropy(const Variable& logits, const Tensor& target, Reduction reduction, double label_smoothing) {
  require_labels("cross_entropy", logits, target);
  require<ValueError>(label_smoothing >= 0 && label_smoothing <= 1, "cross_entropy",
                      "wants a label_smoothing in [0, 1], got ", label_smoothing);
  const kernels::CrossEntropy forward = kernels::cross_entropy(logits.value(), target, label_smoothing);
  const bool whole = reduction != Reduction::none;
  const double scale = reduction == Reduction::mean ? 1 / static_cast<double>(target.numel()) : 1.0;
  Tensor value = whole ? sum(forward.losses) * scale : forward.losses;
  return record("cross_entropy", {logits}, std::move(value),
                [logits, target, forward, scale, whole](const Variable& grad, const Step&) -> Gradients {
                  if (Tape::current() == nullptr) {
                    return {kernels::cross_entropy_grad(logits.value(), target, forward, grad.value(), scale)};
                  }
                  const double smoothing = forward.smoothing;
                  const Tensor wanted = one_hot_channels(target, logits.size(1), logits.dtype()) * (1 - smoothing) +
                                        smoothing / static_cast<double>(logits.size(1));
                  return {(softmax(logits, 1) - wanted) * (whole ? grad * scale : unsqueeze(grad, 1))};
                });
}

Variable nll_loss(const Variable& log_probabilities, const Tensor& target, Reduction reduction) {
  require_labels("nll_loss", log_probabilities, target);
  return reduce(-squeeze(gather(log_probabilities, 1, target.unsqueeze(1)), 1), reduction);
}

Variable mse_loss(const Variable& a, const Variable& b, Reduction reduction) {
  require_alike("mse_loss", a, b);
  const Variable difference = a - b;
  return reduce(difference * difference, reduction);
}

Variable l1_loss(const Variable& a, const Variable& b, Reduction reduction) {
  require_alike("l1_loss", a, b);
  return reduce(abs(a - b), reduction);
}

Variable binary_cross_entropy_with_logits(const Variable& logits, const Variable& target, Reduction reduction) {
  require_alike("binary_cross_entropy_with_logits", logits, target);
  return reduce(softplus(logits) - logits * target, reduction);
}

}  // namespace reel
