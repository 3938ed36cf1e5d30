#include <algorithm>
#include <reel/autograd/ops/interpolate.h>
#include <reel/nn/onnx/export_ops.h>

// Convolutions, poolings, linear layers and norms. What one entry does on its way out becomes nodes of its own.

namespace reel::onnx {
namespace {

using Graph = GraphWriter;
using Op = TracedOp;

/// What is read beside an image [.., H, W] by windows: zeros at its beginnings, then at its ends, as many as the last
/// windows reach over. `out` is the shape that the windows make.
Ints pads(const Op& op, const Shape& in, const Shape& out, const Ints& kernel) {
  const Ints stride = op.pair("stride", 1), before = op.pair("padding", 0), dilation = op.pair("dilation", 1);
  Ints all = before;
  for (std::size_t i = 0; i < 2; ++i) {
    const auto axis = static_cast<int>(i) + 2;
    const std::int64_t reach = (out[axis] - 1) * stride[i] + (kernel[i] - 1) * dilation[i] + 1;
    all.push_back(std::max<std::int64_t>(0, reach - before[i] - in[axis]));
  }
  return all;
}

std::vector<NodeAttribute> windows(const Op& op, const Ints& kernel) {
  return {{"kernel_shape", kernel},
          {"strides", op.pair("stride", 1)},
          {"dilations", op.pair("dilation", 1)},
          {"group", op.integer("groups", 1)}};
}

/// A mean or maximum of 2 x 2 windows side by side, as the layer before does it.
std::string max_pool_2(Graph& graph, const std::string& x) {
  return graph.node("MaxPool", {x}, {{"kernel_shape", Ints{2, 2}}, {"strides", Ints{2, 2}}});
}

std::string convolve(Graph& graph, const Op& op, const Shape& out) {
  const Ints kernel{op.row.inputs[1].shape[2], op.row.inputs[1].shape[3]};
  auto attributes = windows(op, kernel);
  attributes.emplace_back("pads", pads(op, op.row.inputs[0].shape, out, kernel));
  return graph.node("Conv", op.inputs, attributes);
}

template <bool has_relu>
std::string conv(Graph& graph, const Op& op) {
  const std::string y = convolve(graph, op, op.row.shape);
  return has_relu ? graph.node("Relu", {y}) : y;
}

/// The pooling's output may have lost a row; what was read beyond the image is what padding_after says, or as before.
template <bool has_relu>
std::string conv_pooled(Graph& graph, const Op& op) {
  const Ints kernel{op.row.inputs[1].shape[2], op.row.inputs[1].shape[3]};
  auto attributes = windows(op, kernel);
  Ints around = op.pair("padding", 0);
  const Ints after = op.numbers("padding_after").value_or(around);
  around.insert(around.end(), after.begin(), after.end());
  attributes.emplace_back("pads", around);
  const std::string y = graph.node("Conv", op.inputs, attributes);
  return max_pool_2(graph, has_relu ? graph.node("Relu", {y}) : y);
}

/// Here the input is what the windows of the output make.
template <bool has_relu>
std::string conv_transpose(Graph& graph, const Op& op) {
  const Ints kernel{op.row.inputs[1].shape[2], op.row.inputs[1].shape[3]};
  const Shape& in = op.row.inputs[0].shape;
  const Shape& out = op.row.shape;
  const Ints stride = op.pair("stride", 1), before = op.pair("padding", 0), dilation = op.pair("dilation", 1);
  Ints around = before, more;
  for (std::size_t i = 0; i < 2; ++i) {
    const auto axis = static_cast<int>(i) + 2;
    const std::int64_t reach = (in[axis] - 1) * stride[i] + (kernel[i] - 1) * dilation[i] + 1 - before[i];
    around.push_back(std::max<std::int64_t>(0, reach - out[axis]));
    more.push_back(std::max<std::int64_t>(0, out[axis] - reach));
  }
  if (more[0] >= stride[0] || more[1] >= stride[1]) {
    op.refuse("ONNX's output_padding is less than the stride; ask for a larger kernel or a smaller output_padding");
  }
  auto attributes = windows(op, kernel);
  attributes.emplace_back("pads", around);
  attributes.emplace_back("output_padding", more);
  const std::string y = graph.node("ConvTranspose", op.inputs, attributes);
  return has_relu ? graph.node("Relu", {y}) : y;
}

template <bool has_relu>
std::string linear(Graph& graph, const Op& op) {
  const std::string y = graph.node("Gemm", op.inputs, {{"transB", 1}});
  return has_relu ? graph.node("Relu", {y}) : y;
}

std::string matmul(Graph& graph, const Op& op) { return graph.node("MatMul", op.inputs); }

std::string max_pool(Graph& graph, const Op& op) {
  const Ints kernel = op.pair("kernel_size", 1);
  return graph.node("MaxPool", op.inputs,
                    {{"kernel_shape", kernel},
                     {"strides", op.pair("stride", 1)},
                     {"dilations", op.pair("dilation", 1)},
                     {"pads", pads(op, op.row.inputs[0].shape, op.row.shape, kernel)}});
}

/// With the padding written out where it counts, so that what windows reach over the end (ceil_mode) does not.
std::string avg_pool(Graph& graph, const Op& op) {
  Ints kernel = op.pair("kernel_size", 1), stride = op.pair("stride", 1), before = op.pair("padding", 0);
  if (op.row.op == "avg_pool1d") {
    kernel[0] = stride[0] = 1;
    before[0] = 0;
  }
  const bool counts = op.integer("count_include_pad", 1) == 1;
  const Shape& in = op.row.inputs[0].shape;
  Ints around{before[0], before[1], 0, 0};
  bool reaches_over = false;
  for (std::size_t i = 0; i < 2; ++i) {
    const auto axis = static_cast<int>(i) + 2;
    const std::int64_t needed = (op.row.shape[axis] - 1) * stride[i] + kernel[i] - before[i] - in[axis];
    around[2 + i] = std::max<std::int64_t>(0, needed);
    reaches_over = reaches_over || needed > before[i];
  }
  if (counts && reaches_over) {
    op.refuse("with ceil_mode and count_include_pad, its last windows reach over the padding; switch one of them off");
  }
  return graph.node(
      "AveragePool", op.inputs,
      {{"kernel_shape", kernel}, {"strides", stride}, {"pads", around}, {"count_include_pad", counts ? 1 : 0}});
}

/// The means of windows [floor(i n / m), ceil((i + 1) n / m)) as a matrix (m, n).
Tensor adaptive_matrix(std::int64_t n, std::int64_t m, DType dtype) {
  Tensor out = Tensor::zeros({m, n}, dtype);
  for (std::int64_t i = 0; i < m; ++i) {
    const std::int64_t first = i * n / m;
    const std::int64_t count = ((i + 1) * n + m - 1) / m - first;
    out.select(0, i).narrow(0, first, count).fill(1.0 / static_cast<double>(count));
  }
  return out;
}

/// (H', H) x [N, C, H, W] x (W, W'): the windows need not be of one size, so they are no AveragePool.
std::string adaptive_avg_pool(Graph& graph, const Op& op) {
  const Shape& in = op.row.inputs[0].shape;
  const Shape& out = op.row.shape;
  if (out[2] == 1 && out[3] == 1) return graph.node("GlobalAveragePool", op.inputs);
  const Tensor rows = adaptive_matrix(in[2], out[2], op.row.dtype);
  const Tensor columns = adaptive_matrix(in[3], out[3], op.row.dtype).transpose(0, 1);
  return graph.node("MatMul", {graph.node("MatMul", {graph.constant(rows), op.inputs[0]}), graph.constant(columns)});
}

/// The change along one axis as a matrix (out, in): what becomes of the unit images.
Tensor resampling(const Op& op, int axis, const char* scale_name) {
  const std::int64_t in = op.row.inputs[0].shape[axis];
  const double scale = op.real(scale_name, 0);
  InterpolateOptions options{.mode = static_cast<Interpolation>(op.integer("mode", 0)),
                             .align_corners = op.integer("align_corners", 0) == 1};
  if (scale > 0) options.scale_factor = ScaleFactor(scale, 1);
  else options.size = Pair(op.row.shape[axis], in);
  const NoGrad pause;
  return interpolate(Tensor::eye(in, op.row.dtype).reshape({1, 1, in, in}), options).value().flatten(0, 2);
}

/// (H', H) x [N, C, H, W] x (W, W')
std::string interpolate_images(Graph& graph, const Op& op) {
  const std::string rows = graph.constant(resampling(op, 2, "scale_h"));
  const std::string columns = graph.constant(resampling(op, 3, "scale_w").transpose(0, 1));
  return graph.node("MatMul", {graph.node("MatMul", {rows, op.inputs[0]}), columns});
}

/// Filters [C*KH*KW, 1, KH, KW] of C groups, each of which takes one pixel of the window.
std::string window_filters(Graph& graph, const Ints& kernel, std::int64_t channels, DType dtype) {
  const std::int64_t taps = kernel[0] * kernel[1];
  return graph.constant(Tensor::eye(taps, dtype)
                            .reshape({1, taps, 1, kernel[0], kernel[1]})
                            .expand({channels, taps, 1, kernel[0], kernel[1]})
                            .flatten(0, 1));
}

std::string unfold(Graph& graph, const Op& op) {
  const Ints kernel = op.pair("kernel_size", 1), stride = op.pair("stride", 1), padding = op.pair("padding", 0),
             dilation = op.pair("dilation", 1);
  const std::int64_t channels = op.row.inputs[0].shape[1];
  const std::string columns = graph.node("Conv", {op.inputs[0], window_filters(graph, kernel, channels, op.row.dtype)},
                                         {{"kernel_shape", kernel},
                                          {"strides", stride},
                                          {"dilations", dilation},
                                          {"group", channels},
                                          {"pads", Ints{padding[0], padding[1], padding[0], padding[1]}}});
  return graph.node("Reshape", {columns, graph.ints({0, op.row.shape[1], -1})});
}

/// [N, C*KH*KW, L] -> [N, C, H, W]
std::string fold(Graph& graph, const Op& op) {
  const Ints kernel = op.pair("kernel_size", 1), stride = op.pair("stride", 1), padding = op.pair("padding", 0),
             dilation = op.pair("dilation", 1);
  Ints counts, more;  // windows down and across; pixels that none of them reaches
  for (std::size_t i = 0; i < 2; ++i) {
    const std::int64_t room =
        op.row.shape[static_cast<int>(i) + 2] + 2 * padding[i] - dilation[i] * (kernel[i] - 1) - 1;
    counts.push_back(room / stride[i] + 1);
    more.push_back(room % stride[i]);
  }
  const std::string columns =
      graph.node("Reshape", {op.inputs[0], graph.ints({0, op.row.inputs[0].shape[1], counts[0], counts[1]})});
  const std::int64_t channels = op.row.shape[1];
  return graph.node("ConvTranspose", {columns, window_filters(graph, kernel, channels, op.row.dtype)},
                    {{"kernel_shape", kernel},
                     {"strides", stride},
                     {"dilations", dilation},
                     {"group", channels},
                     {"output_padding", more},
                     {"pads", Ints{padding[0], padding[1], padding[0], padding[1]}}});
}

/// x [N, C, ...] * scale [C] + shift [C]
std::string channel_affine(Graph& graph, const Op& op) {
  Ints shape(static_cast<std::size_t>(op.rank()) - 1, 1);
  shape[0] = -1;
  const std::string wanted = graph.ints(shape);
  const auto per_channel = [&](std::size_t i) { return graph.node("Reshape", {op.inputs[i], wanted}); };
  const std::string y = graph.node("Add", {graph.node("Mul", {op.inputs[0], per_channel(1)}), per_channel(2)});
  return op.integer("relu", 0) == 1 ? graph.node("Relu", {y}) : y;
}

std::string layer_norm(Graph& graph, const Op& op) {
  return graph.node("LayerNormalization", op.inputs,
                    {{"axis", -op.row.inputs[1].shape.rank()}, {"epsilon", op.real("eps", 1e-5)}});
}

/// x / sqrt(mean(x^2) + eps) * weight
std::string rms_norm(Graph& graph, const Op& op) {
  const std::string& x = op.inputs[0];
  Ints axes;
  for (int i = op.row.inputs[1].shape.rank(); i > 0; --i) axes.push_back(-i);
  const std::string mean = graph.node("ReduceMean", {graph.node("Mul", {x, x})}, {{"axes", axes}, {"keepdims", 1}});
  const std::string sum = graph.node("Add", {mean, graph.number(op.real("eps", 0), op.row.dtype)});
  return graph.node("Mul", {graph.node("Div", {x, graph.node("Sqrt", {sum})}), op.inputs[1]});
}

/// [N, C, ...] as [N, G, what a group has]; InstanceNormalization knows no weights for C channels then.
std::string group_norm(Graph& graph, const Op& op) {
  const std::int64_t groups = op.integer("groups", 1);
  const std::string grouped = graph.node("Reshape", {op.inputs[0], graph.ints({0, groups, -1})});
  const std::string normal = graph.node("InstanceNormalization",
                                        {grouped, graph.constant(Tensor::ones({groups}, op.row.dtype)),
                                         graph.constant(Tensor::zeros({groups}, op.row.dtype))},
                                        {{"epsilon", op.real("eps", 1e-5)}});
  const std::string back = graph.node("Reshape", {normal, graph.ints(op.open_shape())});
  Ints shape(static_cast<std::size_t>(op.rank()) - 1, 1);
  shape[0] = -1;
  const std::string wanted = graph.ints(shape);
  const auto per_channel = [&](std::size_t i) { return graph.node("Reshape", {op.inputs[i], wanted}); };
  return graph.node("Add", {graph.node("Mul", {back, per_channel(1)}), per_channel(2)});
}

}  // namespace

const ExportTable& layer_exports() {
  static const ExportTable table{{"adaptive_avg_pool1d", adaptive_avg_pool},
                                 {"adaptive_avg_pool2d", adaptive_avg_pool},
                                 {"avg_pool1d", avg_pool},
                                 {"avg_pool2d", avg_pool},
                                 {"channel_affine", channel_affine},
                                 {"conv2d", conv<false>},
                                 {"conv2d_max_pool2d", conv_pooled<false>},
                                 {"conv2d_relu", conv<true>},
                                 {"conv2d_relu_max_pool2d", conv_pooled<true>},
                                 {"conv_transpose2d", conv_transpose<false>},
                                 {"conv_transpose2d_relu", conv_transpose<true>},
                                 {"fold", fold},
                                 {"group_norm", group_norm},
                                 {"instance_norm", group_norm},
                                 {"interpolate", interpolate_images},
                                 {"layer_norm", layer_norm},
                                 {"linear", linear<false>},
                                 {"linear_relu", linear<true>},
                                 {"matmul", matmul},
                                 {"max_pool2d", max_pool},
                                 {"rms_norm", rms_norm},
                                 {"unfold", unfold}};
  return table;
}

}  // namespace reel::onnx
