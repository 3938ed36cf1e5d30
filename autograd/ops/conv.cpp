#include <reel/autograd/ops/activation.h>
#include <reel/autograd/ops/conv.h>
#include <reel/autograd/ops/reduce.h>
#include <reel/autograd/tape.h>

// Convolution is a closed family: with y = conv(x, w), the gradient for x is bilinear in (grad, w), and that for w in
// (x, grad). So the derivatives of each of the three are the other two, and together they give every order of gradient.

namespace reel {
namespace {

using kernels::Conv2dGeometry;

Variable input_grad(const Variable& grad, const Variable& w, const Conv2dGeometry& g);
Variable weight_grad(const Variable& x, const Variable& grad, const Conv2dGeometry& g);

Variable forward(const Variable& x, const Variable& w, const Variable& bias, const Conv2dGeometry& g,
                 Activation activation = Activation::none) {
  const Tensor y = kernels::conv2d_forward(x.value(), w.value(), bias.value(), g, activation);
  std::vector<InputRef> inputs{x, w};
  if (bias.defined()) inputs.emplace_back(bias);
  const bool is_relu = activation == Activation::relu;
  return record(
      is_relu ? "conv2d_relu" : "conv2d", inputs, y,
      [x, w, g, has_bias = bias.defined(), cut = is_relu ? y : Tensor()](const Variable& upstream, const Step& step) {
        const Variable grad = through_relu(upstream, cut);
        Gradients gradients{step.wants(0) ? input_grad(grad, w, g) : Variable(),
                            step.wants(1) ? weight_grad(x, grad, g) : Variable()};
        if (has_bias) gradients.push_back(step.wants(2) ? sum(grad, {0, 2, 3}) : Variable());
        return gradients;
      });
}

Variable input_grad(const Variable& grad, const Variable& w, const Conv2dGeometry& g) {
  return record("conv2d_input_grad", {grad, w}, kernels::conv2d_input_grad(grad.value(), w.value(), g),
                [grad, w, g](const Variable& upstream, const Step& step) -> Gradients {
                  return {step.wants(0) ? forward(upstream, w, {}, g) : Variable(),
                          step.wants(1) ? weight_grad(upstream, grad, g) : Variable()};
                });
}

Variable weight_grad(const Variable& x, const Variable& grad, const Conv2dGeometry& g) {
  return record("conv2d_weight_grad", {x, grad}, kernels::conv2d_weight_grad(x.value(), grad.value(), g),
                [x, grad, g](const Variable& upstream, const Step& step) -> Gradients {
                  return {step.wants(0) ? input_grad(grad, upstream, g) : Variable(),
                          step.wants(1) ? forward(x, upstream, {}, g) : Variable()};
                });
}

}  // namespace

Variable conv2d(const Variable& input, const Variable& weight, const Variable& bias, const Conv2dOptions& options,
                Activation activation) {
  for (const Variable* operand : {&input, &weight}) require_defined("conv2d", operand->value());
  const Conv2dGeometry g = kernels::conv2d_geometry("conv2d", input.shape(), weight.shape(), options);
  require_same_dtype("conv2d", input.value(), weight.value());
  if (bias.defined()) {
    require<ShapeError>(bias.shape() == Shape{g.out_channels}, "conv2d", "weight ", weight.shape(),
                        " wants a bias of shape [", g.out_channels, "], got ", bias.shape());
    require_same_dtype("conv2d", input.value(), bias.value());
  }
  return forward(input, weight, bias, g, activation);
}

}  // namespace reel
