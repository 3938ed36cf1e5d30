#include <reel/autograd/ops/activation.h>
#include <reel/autograd/ops/conv.h>
#include <reel/autograd/ops/pool.h>
#include <reel/autograd/ops/reduce.h>
#include <reel/autograd/tape.h>

// Convolution is a closed family: with y = conv(x, w), the gradient for x is bilinear in (grad, w), and that for w in
// (x, grad). So the derivatives of each of the three are the other two, and together they give every order of gradient.

namespace reel {
namespace {

using kernels::Conv2dGeometry;

Variable input_grad(const Variable& grad, const Variable& w, const Conv2dGeometry& g);
Variable weight_grad(const Variable& x, const Variable& grad, const Conv2dGeometry& g);

/// What a convolution is of.
struct Operands {
  Variable x, w, bias;  // a bias, or none
  Conv2dGeometry g;

  [[nodiscard]] std::vector<InputRef> inputs() const {
    return bias.defined() ? std::vector<InputRef>{x, w, bias} : std::vector<InputRef>{x, w};
  }
  /// The gradients for them, from that of the convolution's output.
  [[nodiscard]] Gradients gradients(const Variable& grad, const Step& step) const {
    Gradients all{step.wants(0) ? input_grad(grad, w, g) : Variable(),
                  step.wants(1) ? weight_grad(x, grad, g) : Variable()};
    if (bias.defined()) all.push_back(step.wants(2) ? sum(grad, {0, 2, 3}) : Variable());
    return all;
  }
};

Variable forward(const Operands& of, Activation activation = Activation::none) {
  const Tensor y = kernels::conv2d_forward(of.x.value(), of.w.value(), of.bias.value(), of.g, activation);
  const bool is_relu = activation == Activation::relu;
  return record(is_relu ? "conv2d_relu" : "conv2d", of.inputs(), y,
                [of, cut = is_relu ? y : Tensor()](const Variable& grad, const Step& step) {
                  return of.gradients(through_relu(grad, cut), step);
                });
}

Variable input_grad(const Variable& grad, const Variable& w, const Conv2dGeometry& g) {
  return record("conv2d_input_grad", {grad, w}, kernels::conv2d_input_grad(grad.value(), w.value(), g),
                [grad, w, g](const Variable& upstream, const Step& step) -> Gradients {
                  return {step.wants(0) ? forward({upstream, w, {}, g}) : Variable(),
                          step.wants(1) ? weight_grad(upstream, grad, g) : Variable()};
                });
}

Variable weight_grad(const Variable& x, const Variable& grad, const Conv2dGeometry& g) {
  return record("conv2d_weight_grad", {x, grad}, kernels::conv2d_weight_grad(x.value(), grad.value(), g),
                [x, grad, g](const Variable& upstream, const Step& step) -> Gradients {
                  return {step.wants(0) ? input_grad(grad, upstream, g) : Variable(),
                          step.wants(1) ? forward({x, upstream, {}, g}) : Variable()};
                });
}

/// Throws where they don't fit.
Operands checked(const Variable& input, const Variable& weight, const Variable& bias, const Conv2dOptions& options) {
  for (const Variable* operand : {&input, &weight}) require_defined("conv2d", operand->value());
  const Conv2dGeometry g = kernels::conv2d_geometry("conv2d", input.shape(), weight.shape(), options);
  require_same_dtype("conv2d", input.value(), weight.value());
  if (bias.defined()) {
    require<ShapeError>(bias.shape() == Shape{g.out_channels}, "conv2d", "weight ", weight.shape(),
                        " wants a bias of shape [", g.out_channels, "], got ", bias.shape());
    require_same_dtype("conv2d", input.value(), bias.value());
  }
  return {input, weight, bias, g};
}

}  // namespace

Variable conv2d(const Variable& input, const Variable& weight, const Variable& bias, const Conv2dOptions& options,
                Activation activation) {
  return forward(checked(input, weight, bias, options), activation);
}

Variable conv2d_max_pool2d(const Variable& input, const Variable& weight, const Variable& bias,
                           const Conv2dOptions& options, Activation activation) {
  const Operands of = checked(input, weight, bias, options);
  const Conv2dGeometry& g = of.g;
  static_cast<void>(kernels::pool2d_geometry("max_pool2d", g.output_shape(), {.kernel_size = 2}));
  const auto [y, choice] = kernels::conv2d_pooled_forward(input.value(), weight.value(), bias.value(), g, activation);
  return record(activation == Activation::relu ? "conv2d_relu_max_pool2d" : "conv2d_max_pool2d", of.inputs(), y,
                [of, choice = choice](const Variable& grad, const Step& step) {
                  return of.gradients(spread_to_choice(grad, choice, {of.g.out_h, of.g.out_w}), step);
                });
}

}  // namespace reel
