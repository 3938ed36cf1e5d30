#include <reel/autograd/ops/conv.h>
#include <reel/core/random.h>

#include "rows.h"
#include "shapes.h"

// Single convolutions: as an op, forward and with both gradients, and for images the kernels of the two gradients by
// themselves.

namespace bench {

using namespace reel;

namespace {

Conv2dOptions options_of(const ConvShape& s) {
  return {.stride = s.stride, .padding = s.padding, .dilation = s.dilation, .groups = s.groups};
}

struct Layer {
  explicit Layer(const ConvShape& s)
      : input(normal({s.batch, s.in_channels, s.size, s.size})),
        weight(normal({s.out_channels, s.in_channels / s.groups, s.kernel, s.kernel})),
        geometry(kernels::conv2d_geometry("bench", input.shape(), weight.shape(), options_of(s))) {}

  /// Of one pass; the gradients take as many as the forward.
  [[nodiscard]] double flops() const {
    return 2.0 * static_cast<double>(numel(geometry.output_shape()) * geometry.depth());
  }

  Tensor input, weight;
  kernels::Conv2dGeometry geometry;
};

Op make_op(const ConvShape& s) {
  const Layer layer(s);
  const Variable x = Variable::leaf(layer.input), w = Variable::leaf(layer.weight);
  return {.leaves = {x, w},
          .call = [x, w, options = options_of(s)] { return conv2d(x, w, {}, options); },
          .flops = layer.flops()};
}

Op make_pooled_op(const ConvShape& s) {
  const Layer layer(s);
  const Variable x = Variable::leaf(layer.input), w = Variable::leaf(layer.weight);
  const Variable b = Variable::leaf(normal({s.out_channels}));
  return {.leaves = {x, w, b},
          .call = [=, options = options_of(s)] { return conv2d_max_pool2d(x, w, b, options, Activation::relu); },
          .flops = layer.flops()};
}

void time_input_grad(benchmark::State& state, const ConvShape& s) {
  const Layer layer(s);
  const Tensor grad = normal(layer.geometry.output_shape());
  time_calls(state, [&] { benchmark::DoNotOptimize(kernels::conv2d_input_grad(grad, layer.weight, layer.geometry)); });
  count_flops(state, layer.flops());
}

void time_weight_grad(benchmark::State& state, const ConvShape& s) {
  const Layer layer(s);
  const Tensor grad = normal(layer.geometry.output_shape());
  time_calls(state, [&] { benchmark::DoNotOptimize(kernels::conv2d_weight_grad(layer.input, grad, layer.geometry)); });
  count_flops(state, layer.flops());
}

/// The input of a layer of another kind is [N, C, sizes...], and its weight [channels, taps...].
template <class Options, class F>
void add(const Plan& plan, const char* op_name, F* op, const ConvShape& s, const Shape& input, const Shape& weight) {
  add_op(plan, concat(op_name, '/', s.name), [=] {
    const Variable x = Variable::leaf(normal(input)), w = Variable::leaf(normal(weight));
    const Options options{.stride = s.stride, .padding = s.padding, .dilation = s.dilation, .groups = s.groups};
    const kernels::Conv2dGeometry g = kernels::conv2d_geometry("bench", input, weight, options);
    return Op{.leaves = {x, w},
              .call = [=] { return op(x, w, {}, options, Activation::none); },
              .flops = 2.0 * static_cast<double>(numel(g.output_shape()) * g.depth())};
  });
}

void add(const Plan& plan, const ConvShape& s) {
  const std::string name = concat("conv2d/", s.name);
  add_op(plan, name, [s] { return make_op(s); });
  if (plan.is_quick) return;
  add_row(plan, name + "/input_grad", [s](benchmark::State& state) { time_input_grad(state, s); });
  add_row(plan, name + "/weight_grad", [s](benchmark::State& state) { time_weight_grad(state, s); });
}

}  // namespace

void add_conv_rows(const Plan& plan) {
  for (const ConvShape& s : twelve_layers) add(plan, s);
  for (const ConvShape& s : further_layers) add(plan, s);
  for (const ConvShape& s : pooled_layers) {
    add_op(plan, concat("conv2d_relu_max_pool2d/", s.name), [s] { return make_pooled_op(s); });
  }
  for (const ConvShape& s : row_layers) {
    add<Conv1dOptions>(plan, "conv1d", conv1d, s, {s.batch, s.in_channels, s.size},
                       {s.out_channels, s.in_channels / s.groups, s.kernel});
  }
  for (const ConvShape& s : transposed_layers) {
    add<ConvTranspose2dOptions>(plan, "conv_transpose2d", conv_transpose2d, s, {s.batch, s.in_channels, s.size, s.size},
                                {s.in_channels, s.out_channels / s.groups, s.kernel, s.kernel});
  }
  for (const ConvShape& s : transposed_row_layers) {
    add<ConvTranspose1dOptions>(plan, "conv_transpose1d", conv_transpose1d, s, {s.batch, s.in_channels, s.size},
                                {s.in_channels, s.out_channels / s.groups, s.kernel});
  }
}

}  // namespace bench
