#include <algorithm>
#include <reel/autograd/ops/activation.h>
#include <reel/autograd/ops/arithmetic.h>
#include <reel/autograd/ops/checks.h>
#include <reel/autograd/ops/index.h>
#include <reel/autograd/ops/loss.h>
#include <reel/autograd/ops/reduce.h>
#include <reel/autograd/ops/view.h>
#include <reel/autograd/tape.h>
#include <reel/core/kernels/index.h>
#include <reel/core/kernels/softmax.h>

namespace reel {
namespace {

using kernels::Wanted;

std::string_view name_of(Reduction reduction) {
  switch (reduction) {
    case Reduction::none: return "none";
    case Reduction::sum: return "sum";
    case Reduction::batchmean: return "batchmean";
    default: return "mean";
  }
}

/// What the sum of the losses is multiplied by, where a mean divides it by `count`.
double scale_of(Reduction reduction, const Shape& losses, double count) {
  if (reduction == Reduction::sum) return 1;
  return 1 / (reduction == Reduction::mean ? count : static_cast<double>(losses[0]));
}

Variable reduce(const Variable& losses, Reduction reduction, double count) {
  if (reduction == Reduction::none) return losses;
  return sum(losses) * scale_of(reduction, losses.shape(), count);
}

Variable reduce(const Variable& losses, Reduction reduction) {
  if (reduction == Reduction::mean) return mean(losses);
  return reduce(losses, reduction, 1);
}

void require_alike(std::string_view op, const Variable& input, const Variable& target) {
  for (const Variable* operand : {&input, &target}) require_defined(op, operand->value());
  require<ShapeError>(input.shape() == target.shape(), op, "input ", input.shape(), " and target ", target.shape(),
                      " must have the same shape");
  require_same_dtype(op, input.value(), target.value());
  visit_floats(op, input.dtype(), [](auto) {});
}

/// Checks that a weight broadcasts to the losses.
void require_weight(std::string_view op, std::string_view name, const Tensor& weight, const Variable& input) {
  if (!weight.defined()) return;
  require_same_dtype(op, input.value(), weight);
  require<ShapeError>(broadcast_shapes(op, weight.shape(), input.shape()) == input.shape(), op, name, ' ',
                      weight.shape(), " does not broadcast to input ", input.shape());
}

/// Checks input [N, C, ...] and a weight [C].
void require_classes(std::string_view op, const Variable& input, const Tensor& weight) {
  require_floats(op, input);
  require<ShapeError>(input.rank() >= 2, op, "input wants shape [N, C, ...], got ", input.shape());
  if (!weight.defined()) return;
  require_same_dtype(op, input.value(), weight);
  require<ShapeError>(weight.shape() == Shape{input.size(1)}, op, "input ", input.shape(), " wants a weight of shape [",
                      input.size(1), "], got ", weight.shape());
}

/// Labels with 0 in place of those that are ignored.
Tensor without_ignored(const Wanted& wanted) {
  return where(eq(wanted.labels, Tensor::scalar(static_cast<double>(wanted.ignored), int64)), Tensor::scalar(0, int64),
               wanted.labels);
}

/// Checks labels [N, ...] for input [N, C, ...].
void require_labels(std::string_view op, const Variable& input, const Wanted& wanted) {
  Shape shape = input.shape();
  shape.erase(1);
  require<ShapeError>(wanted.labels.shape() == shape, op, "input ", input.shape(), " wants labels of shape ", shape,
                      ", got ", wanted.labels.shape());
  require<TypeError>(wanted.labels.dtype() == int64, op, "labels want int64, got ", wanted.labels.dtype());
  const Tensor labels = wanted.labels.contiguous();
  const auto values = labels.span<std::int64_t>();
  const bool are_all_kept = std::find(values.begin(), values.end(), wanted.ignored) == values.end();
  require_indices(op, are_all_kept ? labels : without_ignored(wanted), input.size(1), "label");
}

/// The sum of the labels' weights.
double total_weight(const Wanted& wanted) {
  const Tensor labels = wanted.labels.contiguous();
  const auto values = labels.span<std::int64_t>();
  const auto kept = std::count_if(values.begin(), values.end(), [&](auto label) { return label != wanted.ignored; });
  if (!wanted.weight.defined()) return static_cast<double>(kept);
  const Tensor weight = wanted.weight.to(float64).contiguous();
  double total = 0;
  for (const std::int64_t label : values) {
    if (label != wanted.ignored) total += weight.data<double>()[label];
  }
  return total;
}

Tensor is_kept(const Wanted& wanted) {
  return ne(wanted.labels, Tensor::scalar(static_cast<double>(wanted.ignored), int64));
}

/// [C] as [C, 1, ...], to broadcast over [N, C, ...].
Tensor per_class(const Tensor& weight, int rank) {
  Shape shape = Shape::filled(rank - 1, 1);
  shape[0] = weight.numel();
  return weight.reshape(shape);
}

/// What is wanted of each class, for logits [N, C, ...]: weight (1 - smoothing of the label + smoothing / C).
Tensor wanted_of_classes(const Wanted& wanted, const Tensor& logits) {
  const std::int64_t classes = logits.size(1);
  const Tensor last = one_hot(without_ignored(wanted), classes, logits.dtype());
  Dims order{0, last.rank() - 1};
  for (int i = 1; i < last.rank() - 1; ++i) order.push_back(i);
  Tensor share = last.permute(order) * (1 - wanted.smoothing) + wanted.smoothing / static_cast<double>(classes);
  if (wanted.weight.defined()) share = share * per_class(wanted.weight, logits.rank());
  return share * is_kept(wanted).to(logits.dtype()).unsqueeze(1);
}

Variable cross_entropy_with_labels(const Variable& logits, const Wanted& wanted, Reduction reduction) {
  require_labels("cross_entropy", logits, wanted);
  const kernels::CrossEntropy forward = kernels::cross_entropy(logits.value(), wanted);
  const bool whole = reduction != Reduction::none;
  const double scale = whole ? scale_of(reduction, forward.losses.shape(), total_weight(wanted)) : 1;
  Tensor value = whole ? sum(forward.losses) * scale : forward.losses;
  return record(
      "cross_entropy", {logits}, std::move(value),
      [logits, wanted, forward, scale, whole](const Variable& grad, const Step&) -> Gradients {
        if (Tape::current() == nullptr) {
          return {kernels::cross_entropy_grad(logits.value(), wanted, forward, grad.value(), scale)};
        }
        const Tensor share = wanted_of_classes(wanted, logits.value());
        return {(softmax(logits, 1) * sum(share, {1}, true) - share) * (whole ? grad * scale : unsqueeze(grad, 1))};
      },
      {{"reduction", name_of(reduction)}, {"label_smoothing", wanted.smoothing, 0}});
}

Variable cross_entropy_with_probabilities(const Variable& logits, const Variable& target,
                                          const CrossEntropyOptions& options) {
  require<ShapeError>(target.shape() == logits.shape(), "cross_entropy", "probabilities want the shape of the logits, ",
                      logits.shape(), ", and labels int64; got ", target.dtype(), ' ', target.shape());
  require_same_dtype("cross_entropy", logits.value(), target.value());
  const double smoothing = options.label_smoothing;
  Variable wanted = target;
  if (smoothing != 0) wanted = target * (1 - smoothing) + smoothing / static_cast<double>(logits.size(1));
  if (options.weight.defined()) wanted = wanted * per_class(options.weight, logits.rank());
  return reduce(-sum(wanted * log_softmax(logits, 1), {1}), options.reduction);
}

/// d clamped to [-bound, bound].
Variable clip(const Variable& d, double bound) {
  const Tensor limit = scalar_like(bound, d.value());
  const Tensor inside = lt(abs(d.value()), limit).to(d.dtype());
  return record("clip", {d}, minimum(maximum(d.value(), -limit), limit),
                [inside](const Variable& grad, const Step&) -> Gradients { return {grad * inside}; });
}

/// d^2 / 2 up to |d| = bound, and straight on from there: with c the clipped d, c (d - c / 2), whose slope is c.
Variable huber(const Variable& d, double bound) {
  const Variable c = clip(d, bound);
  return c * (d - 0.5 * c);
}

Variable clamped_log(const Variable& x) { return maximum(log(x), scalar_like(-100, x.value())); }

}  // namespace

Variable cross_entropy(const Variable& logits, const Variable& target, const CrossEntropyOptions& options) {
  require_classes("cross_entropy", logits, options.weight);
  require_defined("cross_entropy", target.value());
  require<ValueError>(options.label_smoothing >= 0 && options.label_smoothing <= 1, "cross_entropy",
                      "wants a label_smoothing in [0, 1], got ", options.label_smoothing);
  if (is_floating(target.dtype())) return cross_entropy_with_probabilities(logits, target, options);
  return cross_entropy_with_labels(
      logits, {target.value(), options.weight, options.ignore_index, options.label_smoothing}, options.reduction);
}

Variable nll_loss(const Variable& log_probabilities, const Variable& labels, const NLLLossOptions& options) {
  require_classes("nll_loss", log_probabilities, options.weight);
  require_defined("nll_loss", labels.value());
  const Wanted wanted{labels.value(), options.weight, options.ignore_index};
  require_labels("nll_loss", log_probabilities, wanted);
  const Tensor index = without_ignored(wanted);
  Variable losses = -squeeze(gather(log_probabilities, 1, index.unsqueeze(1)), 1);
  if (wanted.weight.defined()) {
    losses = losses * index_select(wanted.weight, 0, index.reshape({-1})).reshape(index.shape());
  }
  losses = where(is_kept(wanted), losses, scalar_like(0, losses.value()));
  return reduce(losses, options.reduction, total_weight(wanted));
}

Variable mse_loss(const Variable& input, const Variable& target, const LossOptions& options) {
  require_alike("mse_loss", input, target);
  const Variable difference = input - target;
  return reduce(difference * difference, options.reduction);
}

Variable l1_loss(const Variable& input, const Variable& target, const LossOptions& options) {
  require_alike("l1_loss", input, target);
  return reduce(abs(input - target), options.reduction);
}

Variable smooth_l1_loss(const Variable& input, const Variable& target, const SmoothL1LossOptions& options) {
  require_alike("smooth_l1_loss", input, target);
  require<ValueError>(options.beta >= 0, "smooth_l1_loss", "wants a beta of 0 or more, got ", options.beta);
  const Variable d = input - target;
  return reduce(options.beta == 0 ? abs(d) : huber(d, options.beta) / options.beta, options.reduction);
}

Variable huber_loss(const Variable& input, const Variable& target, const HuberLossOptions& options) {
  require_alike("huber_loss", input, target);
  require<ValueError>(options.delta > 0, "huber_loss", "wants a delta above 0, got ", options.delta);
  return reduce(huber(input - target, options.delta), options.reduction);
}

Variable binary_cross_entropy(const Variable& input, const Variable& target, const BCELossOptions& options) {
  constexpr std::string_view op = "binary_cross_entropy";
  require_alike(op, input, target);
  require_weight(op, "weight", options.weight, input);
  require<ValueError>(input.numel() == 0 || (min(input.value()).item() >= 0 && max(input.value()).item() <= 1), op,
                      "wants an input in [0, 1]; binary_cross_entropy_with_logits takes other numbers");
  const auto loss = [](const Variable& x, const Variable& t) {
    return -(t * clamped_log(x) + (1.0 - t) * clamped_log(1.0 - x));
  };
  // The slope for the input is finite everywhere, as in PyTorch: its own, and not that of the clamped logarithms.
  Variable losses =
      record(op, {input, target}, loss(input.detach(), target.detach()).value(),
             [input, target](const Variable& grad, const Step& step) -> Gradients {
               const Variable spread = maximum(input * (1.0 - input), scalar_like(1e-12, input.value()));
               return {step.wants(0) ? grad * (input - target) / spread : Variable(),
                       step.wants(1) ? grad * (clamped_log(1.0 - input) - clamped_log(input)) : Variable()};
             });
  if (options.weight.defined()) losses = losses * options.weight;
  return reduce(losses, options.reduction);
}

Variable binary_cross_entropy_with_logits(const Variable& logits, const Variable& target,
                                          const BCEWithLogitsLossOptions& options) {
  constexpr std::string_view op = "binary_cross_entropy_with_logits";
  require_alike(op, logits, target);
  require_weight(op, "weight", options.weight, logits);
  require_weight(op, "pos_weight", options.pos_weight, logits);
  Variable losses;
  if (options.pos_weight.defined()) {  // by log sigmoid(x) = -softplus(-x)
    losses = (1.0 - target) * logits + (target * (options.pos_weight - 1.0) + 1.0) * softplus(-logits);
  } else {
    losses = softplus(logits) - logits * target;
  }
  if (options.weight.defined()) losses = losses * options.weight;
  return reduce(losses, options.reduction);
}

Variable kl_div(const Variable& input, const Variable& target, const KLDivLossOptions& options) {
  require_alike("kl_div", input, target);
  if (options.log_target) return reduce(exp(target) * (target - input), options.reduction);
  const Variable some = where(gt(target.value(), scalar_like(0, target.value())), target,
                              scalar_like(1, target.value()));  // its logarithm is 0, not -infinity
  return reduce(target * (log(some) - input), options.reduction);
}

}  // namespace reel
