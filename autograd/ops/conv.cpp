#include <algorithm>
#include <array>
#include <reel/autograd/ops/activation.h>
#include <reel/autograd/ops/arithmetic.h>
#include <reel/autograd/ops/conv.h>
#include <reel/autograd/ops/pad.h>
#include <reel/autograd/ops/pool.h>
#include <reel/autograd/ops/reduce.h>
#include <reel/autograd/ops/view.h>
#include <reel/autograd/tape.h>

// Convolution is a closed family: with y = conv(x, w), the gradient for x is bilinear in (grad, w), and that for w in
// (x, grad). So the derivatives of each of the three are the other two, and together they give every order of gradient.
// The gradient for x is the transposed convolution, which is a layer of its own.

namespace reel {
namespace {

using kernels::Conv2dGeometry;

Variable transposed(const Variable& x, const Variable& w, const Variable& bias, const Conv2dGeometry& g,
                    Activation activation = Activation::none);
Variable weight_grad(const Variable& x, const Variable& grad, const Conv2dGeometry& g);

/// How much is read after the end of an axis.
std::int64_t read_after(std::int64_t in, std::int64_t out, std::int64_t kernel, std::int64_t stride,
                        std::int64_t dilation, std::int64_t before) {
  return std::max<std::int64_t>(0, (out - 1) * stride + (kernel - 1) * dilation + 1 - before - in);
}

/// Options at their usual values are not shown. The zeros at an axis's end are, where there are more than at its
/// beginning.
std::array<Attribute, 5> attributes_of(const Conv2dGeometry& g) {
  const Pair before{g.pad_top, g.pad_left};
  const Pair after{std::max(g.pad_top, read_after(g.in_h, g.out_h, g.kernel_h, g.stride_h, g.dilation_h, g.pad_top)),
                   std::max(g.pad_left, read_after(g.in_w, g.out_w, g.kernel_w, g.stride_w, g.dilation_w, g.pad_left))};
  return {Attribute("stride", Pair(g.stride_h, g.stride_w)), Attribute("padding", before),
          Attribute("padding_after", after, before), Attribute("dilation", Pair(g.dilation_h, g.dilation_w), 1),
          Attribute("groups", g.groups, 1)};
}

/// Records y, the result of f(x, w) + bias and what is done to that on the way out. `back_in` gives the gradient for
/// the sum from that for y, and `backward` the gradients of f.
template <class BackIn, class F>
Variable record_layer(std::string_view op, const Variable& x, const Variable& w, const Variable& bias, const Tensor& y,
                      const Conv2dGeometry& g, const BackIn& back_in, const F& backward) {
  std::vector<InputRef> inputs{x, w};
  if (bias.defined()) inputs.emplace_back(bias);
  return record(
      op, inputs, y,
      [back_in, backward, has_bias = bias.defined()](const Variable& upstream, const Step& step) {
        const Variable grad = back_in(upstream);
        Gradients gradients = backward(grad, step);
        if (has_bias) gradients.push_back(step.wants(2) ? sum(grad, {0, 2, 3}) : Variable());
        return gradients;
      },
      attributes_of(g));
}

/// The way back through an activation.
auto back_through(Activation activation, const Tensor& y) {
  return
      [cut = activation == Activation::relu ? y : Tensor()](const Variable& grad) { return through_relu(grad, cut); };
}

/// The gradients of a convolution for its input and weight.
auto gradients_of(const Variable& x, const Variable& w, const Conv2dGeometry& g) {
  return [x, w, g](const Variable& grad, const Step& step) -> Gradients {
    return {step.wants(0) ? transposed(grad, w, {}, g) : Variable(),
            step.wants(1) ? weight_grad(x, grad, g) : Variable()};
  };
}

Variable forward(const Variable& x, const Variable& w, const Variable& bias, const Conv2dGeometry& g,
                 Activation activation = Activation::none, const Tensor& scale = {}) {
  const Tensor y = kernels::conv2d_forward(x.value(), w.value(), {bias.value(), activation, scale}, g);
  return record_layer(activation == Activation::relu ? "conv2d_relu" : "conv2d", x, w, bias, y, g,
                      back_through(activation, y), gradients_of(x, w, g));
}

Variable transposed(const Variable& x, const Variable& w, const Variable& bias, const Conv2dGeometry& g,
                    Activation activation) {
  const Tensor y = kernels::conv2d_input_grad(x.value(), w.value(), g, bias.value(), activation);
  return record_layer(activation == Activation::relu ? "conv_transpose2d_relu" : "conv_transpose2d", x, w, bias, y, g,
                      back_through(activation, y), [x, w, g](const Variable& grad, const Step& step) -> Gradients {
                        return {step.wants(0) ? forward(grad, w, {}, g) : Variable(),
                                step.wants(1) ? weight_grad(grad, x, g) : Variable()};
                      });
}

Variable weight_grad(const Variable& x, const Variable& grad, const Conv2dGeometry& g) {
  return record(
      "conv2d_weight_grad", {x, grad}, kernels::conv2d_weight_grad(x.value(), grad.value(), g),
      [x, grad, g](const Variable& upstream, const Step& step) -> Gradients {
        return {step.wants(0) ? transposed(grad, upstream, {}, g) : Variable(),
                step.wants(1) ? forward(x, upstream, {}, g) : Variable()};
      },
      attributes_of(g));
}

/// The geometry of operands that fit each other.
template <class Options>
Conv2dGeometry checked(std::string_view op, const Variable& input, const Variable& weight, const Options& options) {
  for (const Variable* operand : {&input, &weight}) require_defined(op, operand->value());
  const Conv2dGeometry g = kernels::conv2d_geometry(op, input.shape(), weight.shape(), options);
  require_same_dtype(op, input.value(), weight.value());
  return g;
}

/// Numbers that there are one of for each output channel, or none.
void check_channels(std::string_view op, const Variable& weight, const char* what, const Variable& numbers,
                    std::int64_t channels) {
  if (!numbers.defined()) return;
  require<ShapeError>(numbers.shape() == Shape{channels}, op, "weight ", weight.shape(), " wants a ", what,
                      " of shape [", channels, "], got ", numbers.shape());
  require_same_dtype(op, weight.value(), numbers.value());
}

void check_bias(std::string_view op, const Variable& weight, const Variable& bias, std::int64_t channels) {
  check_channels(op, weight, "bias", bias, channels);
}

/// The operands of conv2d with a scale for its output channels. Where a tape records, the weight takes it, which is
/// small, and differentiable; else the kernels do.
struct Scaled {
  Variable weight;
  Tensor scale;

  Scaled(const Variable& w, const Variable& s) : weight(w), scale(s.value()) {
    check_channels("conv2d", w, "scale", s, w.size(0));
    if (!s.defined() || Tape::current() == nullptr) return;
    weight = w * reshape(s, {-1, 1, 1, 1});
    scale = {};
  }
};

/// The convolution with its padding written out around x, as the mode wants it.
Variable forward_padded(const Variable& x, const Variable& w, const Variable& bias, Conv2dGeometry g, PaddingMode mode,
                        Activation activation, const Tensor& scale = {}) {
  if (mode == PaddingMode::zeros) return forward(x, w, bias, g, activation, scale);
  const std::int64_t right = read_after(g.in_w, g.out_w, g.kernel_w, g.stride_w, g.dilation_w, g.pad_left);
  const std::int64_t bottom = read_after(g.in_h, g.out_h, g.kernel_h, g.stride_h, g.dilation_h, g.pad_top);
  const Variable image = pad(x, {g.pad_left, right, g.pad_top, bottom}, mode);
  g.in_h = image.size(2);
  g.in_w = image.size(3);
  g.pad_top = g.pad_left = 0;
  return forward(image, w, bias, g, activation, scale);
}

/// [N, C, L] -> [N, C, 1, L]
Variable as_image(const Variable& row) { return unsqueeze(row, 2); }

}  // namespace

Variable conv2d(const Variable& input, const Variable& weight, const Variable& bias, const Conv2dOptions& options,
                Activation activation, const Variable& scale) {
  const Conv2dGeometry g = checked("conv2d", input, weight, options);
  check_bias("conv2d", weight, bias, g.out_channels);
  const Scaled operands(weight, scale);
  return forward_padded(input, operands.weight, bias, g, options.padding_mode, activation, operands.scale);
}

Variable conv2d_max_pool2d(const Variable& input, const Variable& weight, const Variable& bias,
                           const Conv2dOptions& options, Activation activation, const Variable& scale) {
  if (options.padding_mode != PaddingMode::zeros) {
    return max_pool2d(conv2d(input, weight, bias, options, activation, scale), {.kernel_size = 2});
  }
  const Conv2dGeometry g = checked("conv2d", input, weight, options);
  check_bias("conv2d", weight, bias, g.out_channels);
  const auto windows = kernels::pool2d_geometry("max_pool2d", g.output_shape(), {.kernel_size = 2});
  const Scaled operands(weight, scale);
  const auto [y, choice] = kernels::conv2d_pooled_forward(input.value(), operands.weight.value(),
                                                          {bias.value(), activation, operands.scale}, g);
  const auto back_in = [choice = choice, windows](const Variable& grad) {
    return spread_to_choice(grad, choice, windows);
  };
  return record_layer(activation == Activation::relu ? "conv2d_relu_max_pool2d" : "conv2d_max_pool2d", input,
                      operands.weight, bias, y, g, back_in, gradients_of(input, operands.weight, g));
}

Variable conv1d(const Variable& input, const Variable& weight, const Variable& bias, const Conv1dOptions& options,
                Activation activation) {
  const Conv2dGeometry g = checked("conv1d", input, weight, options);
  check_bias("conv1d", weight, bias, g.out_channels);
  return squeeze(forward_padded(as_image(input), as_image(weight), bias, g, options.padding_mode, activation), 2);
}

Variable conv_transpose2d(const Variable& input, const Variable& weight, const Variable& bias,
                          const ConvTranspose2dOptions& options, Activation activation) {
  const Conv2dGeometry g = checked("conv_transpose2d", input, weight, options);
  check_bias("conv_transpose2d", weight, bias, g.in_channels);
  return transposed(input, weight, bias, g, activation);
}

Variable conv_transpose1d(const Variable& input, const Variable& weight, const Variable& bias,
                          const ConvTranspose1dOptions& options, Activation activation) {
  const Conv2dGeometry g = checked("conv_transpose1d", input, weight, options);
  check_bias("conv_transpose1d", weight, bias, g.in_channels);
  return squeeze(transposed(as_image(input), as_image(weight), bias, g, activation), 2);
}

}  // namespace reel
