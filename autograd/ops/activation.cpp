#include <numbers>
#include <reel/autograd/ops/activation.h>
#include <reel/autograd/ops/arithmetic.h>
#include <reel/autograd/ops/reduce.h>
#include <reel/autograd/tape.h>

namespace reel {

// Linear in grad, so its own derivative is itself.
Variable leaky_relu_grad(const Variable& grad, const Tensor& y, double slope) {
  return record(
      "leaky_relu_grad", {grad}, leaky_relu_grad(grad.value(), y, slope),
      [y, slope](const Variable& upstream, const Step&) -> Gradients { return {leaky_relu_grad(upstream, y, slope)}; });
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
                });
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

Variable gelu(const Variable& x) {
  return record("gelu", {x}, gelu(x.value()), [x](const Variable& grad, const Step&) -> Gradients {
    const Variable below = 0.5 * (1.0 + erf(x * (std::numbers::sqrt2 / 2)));
    const Variable density = exp(x * x * -0.5) * (std::numbers::inv_sqrtpi / std::numbers::sqrt2);
    return {grad * (below + x * density)};
  });
}

Variable softplus(const Variable& x) {
  return record("softplus", {x}, softplus(x.value()),
                [x](const Variable& grad, const Step&) -> Gradients { return {grad * sigmoid(x)}; });
}

Variable erf(const Variable& x) {
  return record("erf", {x}, erf(x.value()), [x](const Variable& grad, const Step&) -> Gradients {
    return {grad * exp(-(x * x)) * (2 * std::numbers::inv_sqrtpi)};
  });
}

Variable softmax(const Variable& x, std::int64_t axis) {
  const Tensor y = softmax(x.value(), axis);
  return record("softmax", {x}, y, [y, axis](const Variable& grad, const Step& step) -> Gradients {
    const Variable s = step.output(y);
    return {s * (grad - sum(grad * s, {axis}, true))};
  });
}

Variable log_softmax(const Variable& x, std::int64_t axis) {
  const Tensor y = log_softmax(x.value(), axis);
  return record("log_softmax", {x}, y, [y, axis](const Variable& grad, const Step& step) -> Gradients {
    return {grad - exp(step.output(y)) * sum(grad, {axis}, true)};
  });
}

Variable dropout(const Variable& x, double probability, bool training, Generator& generator) {
  require<ValueError>(probability >= 0 && probability <= 1, "dropout", "wants a probability in [0, 1], got ",
                      probability);
  require_defined("dropout", x.value());
  visit_floats("dropout", x.dtype(), [](auto) {});
  if (!training || probability == 0) return x;
  const double keep = 1 - probability;
  return x * (bernoulli(x.shape(), keep, x.dtype(), generator) * (keep > 0 ? 1 / keep : 0.0));
}

}  // namespace reel
