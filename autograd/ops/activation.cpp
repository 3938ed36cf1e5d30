#include <algorithm>
#include <numbers>
#include <reel/autograd/ops/activation.h>
#include <reel/autograd/ops/arithmetic.h>
#include <reel/autograd/ops/checks.h>
#include <reel/autograd/ops/reduce.h>
#include <reel/autograd/ops/view.h>
#include <reel/autograd/tape.h>
#include <reel/core/kernels/curves.h>

namespace reel {
namespace {

using kernels::Curve;

// Linear in grad, so its own derivative is itself.
Variable hardtanh_grad(const Variable& grad, const Tensor& x, double min_val, double max_val) {
  return record("hardtanh_grad", {grad}, hardtanh_grad(grad.value(), x, min_val, max_val),
                [x, min_val, max_val](const Variable& upstream, const Step&) -> Gradients {
                  return {hardtanh_grad(upstream, x, min_val, max_val)};
                });
}

/// An activation whose value and gradient are a kernel's; `slope` is its slope in differentiable ops, for when the
/// backward is itself recorded.
Variable curve(std::string_view op, const Variable& x, Curve which, Variable (*slope)(const Variable&),
               AttributeList attributes = {}) {
  return record(
      op, {x}, kernels::curve(op, x.value(), which),
      [x, which, slope](const Variable& grad, const Step&) -> Gradients {
        if (Tape::current() != nullptr) return {grad * slope(x)};
        return {kernels::curve_grad(grad.value(), x.value(), which)};
      },
      attributes);
}

Variable gelu_slope(const Variable& x) {
  const Variable below = 0.5 * (1.0 + erf(x * (std::numbers::sqrt2 / 2)));
  const Variable density = exp(x * x * -0.5) * (std::numbers::inv_sqrtpi / std::numbers::sqrt2);
  return below + x * density;
}

Variable gelu_tanh_slope(const Variable& x) {
  constexpr double factor = std::numbers::inv_sqrtpi * std::numbers::sqrt2;  // sqrt(2 / pi)
  constexpr double cubic = 0.044715;
  const Variable t = tanh((x + x * x * x * cubic) * factor);
  const Variable inner = factor * (1.0 + x * x * (3 * cubic));
  return 0.5 * (1.0 + t + x * (1.0 - t * t) * inner);
}

Variable silu_slope(const Variable& x) {
  const Variable s = sigmoid(x);
  return s * (1.0 + x * (1.0 - s));
}

Variable elu_slope(const Variable& x) { return exp(-relu(-x)); }

/// hardsigmoid(x), and x / 6 more where that bends.
Variable hardswish_slope(const Variable& x) {
  const Tensor& value = x.value();
  return hardsigmoid(x) + x * hardtanh_grad(Tensor::full(x.shape(), 1.0 / 6, x.dtype()), value, -3, 3);
}

}  // namespace

// As above.
Variable leaky_relu_grad(const Variable& grad, const Tensor& y, double slope) {
  return record(
      "leaky_relu_grad", {grad}, leaky_relu_grad(grad.value(), y, slope),
      [y, slope](const Variable& upstream, const Step&) -> Gradients { return {leaky_relu_grad(upstream, y, slope)}; },
      {{"slope", slope}});
}

Variable through_relu(const Variable& grad, const Tensor& relu_output) {
  return relu_output.defined() ? leaky_relu_grad(grad, relu_output, 0) : grad;
}

Variable relu(Variable x) {  // NOLINT(performance-unnecessary-value-param): a copy would not be sole owner
  // Nobody can see the old numbers where the caller gave x away and no backward kept it.
  const bool is_ours = !x.is_leaf() && x.defined() && x.value().is_sole_owner() && x.value().is_contiguous();
  Tensor y = x.value();
  if (is_ours) relu_in_place(y);
  else y = relu(x.value());
  return record("relu", {x}, y,
                [y](const Variable& grad, const Step&) -> Gradients { return {leaky_relu_grad(grad, y, 0)}; });
}

Variable leaky_relu(const Variable& x, double slope) {
  return record("leaky_relu", {x}, leaky_relu(x.value(), slope),
                [x = x.value(), slope](const Variable& grad, const Step&) -> Gradients {
                  return {leaky_relu_grad(grad, x, slope)};
                },
                {{"slope", slope}});
}

Variable sigmoid(const Variable& x) {
  const Tensor y = sigmoid(x.value());
  return record("sigmoid", {x}, y, [y](const Variable& grad, const Step& step) -> Gradients {
    const Variable s = step.output(y);
    return {grad * s * (1.0 - s)};
  });
}

Variable tanh(const Variable& x) {
  const Tensor y = tanh(x.value());
  return record("tanh", {x}, y, [y](const Variable& grad, const Step& step) -> Gradients {
    const Variable t = step.output(y);
    return {grad * (1.0 - t * t)};
  });
}

Variable gelu(const Variable& x, Approximate approximate) {
  if (approximate == Approximate::tanh) {
    return curve("gelu", x, Curve::gelu_tanh, gelu_tanh_slope, {{"tanh", true}});
  }
  return curve("gelu", x, Curve::gelu, gelu_slope);
}

Variable silu(const Variable& x) { return curve("silu", x, Curve::silu, silu_slope); }

Variable elu(const Variable& x, double alpha) {
  const Variable y = curve("elu", x, Curve::elu, elu_slope);
  return alpha == 1 ? y : leaky_relu(y, alpha);
}

Variable hardswish(const Variable& x) { return curve("hardswish", x, Curve::hardswish, hardswish_slope); }

Variable hardtanh(const Variable& x, double min_val, double max_val) {
  require<ValueError>(min_val <= max_val, "hardtanh", "min_val is above max_val, got ", min_val, " and ", max_val);
  require_floats("hardtanh", x);
  return record("hardtanh", {x}, clamp(x.value(), min_val, max_val),
                [x = x.value(), min_val, max_val](const Variable& grad, const Step&) -> Gradients {
                  return {hardtanh_grad(grad, x, min_val, max_val)};
                },
                {{"min_val", min_val}, {"max_val", max_val}});
}

Variable relu6(const Variable& x) { return hardtanh(x, 0, 6); }

Variable hardsigmoid(const Variable& x) { return hardtanh((x + 3.0) / 6.0, 0, 1); }

namespace {

/// x where it is positive, else slope * x, of which the slope broadcasts.
Variable through_prelu(const Variable& x, const Variable& slope, const Tensor& is_positive) {
  return record("prelu", {x, slope}, where(is_positive, x.value(), slope.value() * x.value()),
                [x, slope, is_positive](const Variable& grad, const Step& step) -> Gradients {
                  const Tensor zero = scalar_like(0, x.value());
                  return {step.wants(0) ? where(is_positive, grad, slope * grad) : Variable(),
                          step.wants(1) ? sum_to(where(is_positive, zero, grad * x), step.shape(1)) : Variable()};
                });
}

}  // namespace

Variable prelu(const Variable& x, const Variable& weight) {
  require_same_dtype("prelu", x.value(), weight.value());
  visit_floats("prelu", x.dtype(), [](auto) {});
  const std::int64_t channels = x.rank() >= 2 ? x.size(1) : 1;
  require<ShapeError>(weight.rank() == 1 && (weight.numel() == 1 || weight.numel() == channels), "prelu", "input ",
                      x.shape(), " wants a weight of shape [1] or [", channels, "], got ", weight.shape());
  Shape shape = Shape::filled(std::max(1, x.rank() - 1), 1);
  shape[0] = weight.numel();
  const Tensor is_positive = gt(x.value(), scalar_like(0, x.value()));
  const Variable slope = x.rank() >= 2 ? reshape(weight, shape) : weight;
  return through_prelu(x, slope, is_positive);
}

Variable softplus(const Variable& x) {
  return record("softplus", {x}, softplus(x.value()),
                [x](const Variable& grad, const Step&) -> Gradients { return {grad * sigmoid(x)}; });
}

Variable softplus(const Variable& x, double beta, double threshold) {
  const Variable scaled(x.value() * beta);
  const Tensor is_above = gt(scaled.value(), scalar_like(threshold, x.value()));
  return record("softplus", {x}, where(is_above, x.value(), softplus(scaled.value()) / beta),
                [x, beta, is_above](const Variable& grad, const Step&) -> Gradients {
                  return {where(is_above, grad, grad * sigmoid(x * beta))};
                },
                {{"beta", beta, 1}, {"threshold", threshold}});
}

Variable softmax(const Variable& x, std::int64_t axis) {
  const Tensor y = softmax(x.value(), axis);
  return record("softmax", {x}, y,
                [y, axis](const Variable& grad, const Step& step) -> Gradients {
                  const Variable s = step.output(y);
                  return {s * (grad - sum(grad * s, {axis}, true))};
                },
                {{"axis", axis}});
}

Variable log_softmax(const Variable& x, std::int64_t axis) {
  const Tensor y = log_softmax(x.value(), axis);
  return record("log_softmax", {x}, y,
                [y, axis](const Variable& grad, const Step& step) -> Gradients {
                  return {grad - exp(step.output(y)) * sum(grad, {axis}, true)};
                },
                {{"axis", axis}});
}

namespace {

/// One throw for each element of `mask`, which broadcasts over x.
Variable drop(std::string_view op, const Variable& x, const Shape& mask, double probability, bool training,
              Generator& generator) {
  require<ValueError>(probability >= 0 && probability <= 1, op, "wants a probability in [0, 1], got ", probability);
  if (!training || probability == 0) return x;
  const double keep = 1 - probability;
  const Tensor kept = bernoulli(mask, keep, x.dtype(), generator) * (keep > 0 ? 1 / keep : 0.0);
  return record(op, {x}, x.value() * kept,
                [kept](const Variable& grad, const Step&) -> Gradients { return {grad * kept}; }, {{"p", probability}});
}

}  // namespace

Variable dropout(const Variable& x, double probability, bool training, Generator& generator) {
  require_floats("dropout", x);
  return drop("dropout", x, x.shape(), probability, training, generator);
}

Variable dropout2d(const Variable& x, double probability, bool training, Generator& generator) {
  require_floats("dropout2d", x);
  require<ShapeError>(x.rank() == 4, "dropout2d", "input wants shape [N, C, H, W], got ", x.shape());
  return drop("dropout2d", x, {x.size(0), x.size(1), 1, 1}, probability, training, generator);
}

}  // namespace reel
