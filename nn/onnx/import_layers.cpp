#include <array>
#include <cstdint>
#include <limits>
#include <optional>
#include <reel/autograd/ops/arithmetic.h>
#include <reel/autograd/ops/conv.h>
#include <reel/autograd/ops/layer_norm.h>
#include <reel/autograd/ops/matmul.h>
#include <reel/autograd/ops/norm.h>
#include <reel/autograd/ops/pad.h>
#include <reel/autograd/ops/pool.h>
#include <reel/autograd/ops/reduce.h>
#include <reel/autograd/ops/unary.h>
#include <reel/autograd/ops/view.h>
#include <reel/core/kernels/elementwise.h>
#include <reel/nn/onnx/import_ops.h>

// Convolutions, poolings, linear layers and norms.

namespace reel::onnx {
namespace {

using Node = NodeReader;

void require_sizes(const Node& node, const std::optional<Ints>& list) {
  for (const std::int64_t number : list.value_or(Ints{})) {
    node.require_that(number >= 0 && number <= INT32_MAX, "a size below 0 or above 2^31 can't be");
  }
}

/// The attributes that windows are described by, for images and for rows, which are images of height 1 here.
struct Windows {
  explicit Windows(const Node& node)
      : kernel(node.ints("kernel_shape")),
        strides(node.ints("strides")),
        dilations(node.ints("dilations")),
        pads(node.ints("pads")),
        auto_pad(node.word("auto_pad", "NOTSET")) {
    for (const auto& list : {kernel, strides, dilations, pads}) require_sizes(node, list);
    node.require_that(
        auto_pad == "NOTSET" || auto_pad == "VALID" || auto_pad == "SAME_UPPER" || auto_pad == "SAME_LOWER",
        "has an unknown auto_pad");
  }

  std::optional<Ints> kernel, strides, dilations, pads;
  std::string auto_pad;
};

/// Those of one axis.
struct WindowOfAxis {
  std::int64_t kernel = 1, stride = 1, dilation = 1, before = 0, after = 0;

  [[nodiscard]] std::int64_t reach() const { return (kernel - 1) * dilation + 1; }
};

/// For x [N, C, L] or [N, C, H, W]; `taps` are the kernel's where the attribute doesn't say them.
std::array<WindowOfAxis, 2> windows_of(const Windows& given, const Shape& x, const Ints& taps) {
  require<ShapeError>(x.rank() == 3 || x.rank() == 4, "onnx", "Reel has windows over [N, C, L] and [N, C, H, W], got ",
                      x);
  const auto axes = static_cast<std::size_t>(x.rank() - 2);
  require<ShapeError>(taps.empty() || taps.size() == axes, "onnx", "wants a weight of ", x.rank(), " axes for ", x);
  std::array<WindowOfAxis, 2> out;
  for (std::size_t i = 0; i < axes; ++i) {
    const auto pick = [&](const std::optional<Ints>& list, std::size_t place, std::size_t length, std::int64_t usual) {
      require<ShapeError>(!list || list->size() == length, "onnx", "wants ", length, " numbers for the axes of ", x);
      return list ? (*list)[place] : usual;
    };
    WindowOfAxis& w = out[2 - axes + i];
    w.kernel = pick(given.kernel, i, axes, taps.empty() ? 1 : taps[i]);
    w.stride = pick(given.strides, i, axes, 1);
    w.dilation = pick(given.dilations, i, axes, 1);
    w.before = pick(given.pads, i, 2 * axes, 0);
    w.after = pick(given.pads, axes + i, 2 * axes, 0);
    if (given.auto_pad == "VALID") w.before = w.after = 0;
    if (!given.auto_pad.starts_with("SAME") || w.stride == 0) continue;
    const std::int64_t in = x[static_cast<int>(2 + i)];
    const std::int64_t needed =
        std::max<std::int64_t>(0, ((in + w.stride - 1) / w.stride - 1) * w.stride + w.reach() - in);
    w.before = given.auto_pad == "SAME_LOWER" ? needed - needed / 2 : needed / 2;
    w.after = needed - w.before;
  }
  return out;
}

Variable as_image(const Variable& x) { return x.rank() == 3 ? unsqueeze(x, 2) : x; }
Variable like(const Variable& y, const Variable& x) { return x.rank() == 3 ? squeeze(y, 2) : y; }

/// The kernel's taps of a weight [O, C, K] or [O, C, KH, KW].
Ints taps_of(const Variable& weight) {
  require<ShapeError>(weight.rank() > 2, "onnx", "wants a weight [O, C, K] or [O, C, KH, KW], got ", weight.shape());
  return {weight.shape().begin() + 2, weight.shape().end()};
}

Run conv(const Node& node) {
  return [w = Windows(node), groups = node.integer("group", 1)](const Call& call) {
    const Variable &x = call.input(0), &weight = call.input(1);
    const auto [h, v] = windows_of(w, x.shape(), taps_of(weight));
    return Values{like(conv2d(as_image(x), as_image(weight), call.optional(2),
                              {.stride = {h.stride, v.stride},
                               .padding = {{h.before, h.after}, {v.before, v.after}},
                               .dilation = {h.dilation, v.dilation},
                               .groups = groups}),
                       x)};
  };
}

/// Where output_shape says the size, the padding is what is too many.
Run conv_transpose(const Node& node) {
  const auto more = node.ints("output_padding"), size = node.ints("output_shape");
  require_sizes(node, more);
  require_sizes(node, size);
  return [=, w = Windows(node), groups = node.integer("group", 1)](const Call& call) {
    const Variable &x = call.input(0), &weight = call.input(1);
    Windows plain = w;
    plain.auto_pad = "NOTSET";
    auto windows = windows_of(plain, x.shape(), taps_of(weight));
    const auto axes = static_cast<std::size_t>(x.rank() - 2);
    require<ShapeError>((!more || more->size() == axes) && (!size || size->size() == axes), "onnx", "wants ", axes,
                        " numbers of output_padding or output_shape");
    std::array<std::int64_t, 2> behind{};  // zeros that are added at the end
    for (std::size_t i = 0; i < axes; ++i) {
      WindowOfAxis& a = windows[2 - axes + i];
      std::int64_t& end = behind[2 - axes + i];
      end = more ? (*more)[i] : 0;
      const std::int64_t in = x.shape()[static_cast<int>(2 + i)], whole = (in - 1) * a.stride + a.reach() + end;
      const bool same = w.auto_pad.starts_with("SAME");
      if (!size && !same) continue;
      const std::int64_t wanted = size ? (*size)[i] : in * a.stride;
      const std::int64_t surplus = std::max<std::int64_t>(0, whole - wanted);
      end += std::max<std::int64_t>(0, wanted - whole);
      a.before = w.auto_pad == "SAME_UPPER" ? surplus / 2 : surplus - surplus / 2;
      a.after = surplus - a.before;
    }
    const auto& [h, v] = windows;
    return Values{like(conv_transpose2d(as_image(x), as_image(weight), call.optional(2),
                                        {.stride = {h.stride, v.stride},
                                         .padding = {{h.before, h.after}, {v.before, v.after}},
                                         .output_padding = {behind[0], behind[1]},
                                         .dilation = {h.dilation, v.dilation},
                                         .groups = groups}),
                       x)};
  };
}

/// Where a maximum stands in the whole input, and not in its plane of H x W.
Tensor whole_places(const Tensor& places, std::int64_t plane) {
  const Tensor planes =
      Tensor::arange(0, static_cast<double>(places.size(0) * places.size(1)), 1, int64) * static_cast<double>(plane);
  return places + planes.reshape({places.size(0), places.size(1), 1, 1});
}

/// Windows of a pooling, with the padding that the op itself has; one that differs from side to side, or is more than
/// half a window, stands in the image that it returns already, as `beyond`.
template <class Options>
Variable place_windows(Options& options, const std::array<WindowOfAxis, 2>& windows, const Variable& x, double beyond) {
  const auto& [h, v] = windows;
  options.kernel_size = {h.kernel, v.kernel};
  options.stride = {h.stride, v.stride};
  if (h.before == h.after && v.before == v.after && 2 * h.before <= h.kernel && 2 * v.before <= v.kernel) {
    options.padding = {h.before, v.before};
    return as_image(x);
  }
  require<ValueError>(
      !options.ceil_mode, "onnx",
      "Reel has no ceil_mode with a padding that differs from side to side or is more than half a window");
  return pad(as_image(x), {v.before, v.after, h.before, h.after}, beyond);
}

Run max_pool(const Node& node) {
  node.require_that(node.has("kernel_shape"), "has no kernel_shape");
  node.require_that(node.integer("storage_order", 0) == 0, "Reel has row-major storage_order alone");
  const bool ceil_mode = node.flag("ceil_mode", false), wants_places = node.has_output(1);
  return [=, w = Windows(node)](const Call& call) {
    const Variable& x = call.input();
    const auto windows = windows_of(w, x.shape(), {});
    Pool2dOptions options{.dilation = {windows[0].dilation, windows[1].dilation}, .ceil_mode = ceil_mode};
    const Variable image = place_windows(options, windows, x, -std::numeric_limits<double>::infinity());
    const MaxPooled pooled = max_pool2d_with_indices(image, options);
    Values out{like(pooled.values, x)};
    if (wants_places) {
      const std::int64_t h = image.shape()[2], v = image.shape()[3];
      require<ValueError>(
          h * v * x.shape()[0] * x.shape()[1] == x.numel(), "onnx",
          "Reel gives no places with a padding that differs from side to side or is more than half a window");
      out.push_back(like(whole_places(pooled.indices, h * v), x));
    }
    return out;
  };
}

/// The mean of the pixels that count: with count_include_pad all of a window, else those of the image.
Run average_pool(const Node& node) {
  node.require_that(node.has("kernel_shape"), "has no kernel_shape");
  const bool ceil_mode = node.flag("ceil_mode", false), counts = node.flag("count_include_pad", false);
  return [=, w = Windows(node)](const Call& call) {
    const Variable& x = call.input();
    const auto windows = windows_of(w, x.shape(), {});
    require<ValueError>(windows[0].dilation == 1 && windows[1].dilation == 1, "onnx",
                        "Reel has no mean of dilated windows");
    AvgPool2dOptions options{.ceil_mode = ceil_mode, .count_include_pad = counts};
    const Variable image = place_windows(options, windows, x, 0);
    const Variable means = avg_pool2d(image, options);
    if (counts || image.numel() == x.numel()) return Values{like(means, x)};
    const Variable inside = place_windows(options, windows, Tensor::ones(x.shape(), x.dtype()), 0);
    return Values{like(means / avg_pool2d(inside, options), x)};
  };
}

/// Of each plane, whatever its axes.
template <Variable (*f)(const Variable&, const Dims&, bool)>
Run global_pool(const Node&) {
  return on_input([](const Variable& x) {
    Dims axes;
    for (int i = 2; i < x.rank(); ++i) axes.push_back(i);
    return axes.rank() == 0 ? x : f(x, axes, true);
  });
}

Variable maybe_turned(const Variable& x, bool turn) { return turn ? transpose(x, 0, 1) : x; }

Run gemm(const Node& node) {
  const double alpha = node.real("alpha", 1), beta = node.real("beta", 1);
  const bool turn_a = node.flag("transA", false), turn_b = node.flag("transB", false);
  return [=](const Call& call) {
    const Variable &a = call.input(0), &b = call.input(1), c = call.optional(2);
    require<ShapeError>(a.rank() == 2 && b.rank() == 2, "onnx", "wants two matrices, got ", a.shape(), " and ",
                        b.shape());
    const bool is_linear = turn_b && !turn_a && alpha == 1 && beta == 1;
    if (is_linear && (!c.defined() || c.shape() == Shape{b.shape()[0]})) return Values{linear(a, b, c)};
    Variable y = matmul(maybe_turned(a, turn_a), maybe_turned(b, turn_b));
    if (alpha != 1) y = alpha * y;
    if (c.defined()) y = y + (beta == 1 ? c : beta * c);
    return Values{y};
  };
}

/// One axis is a row on the left and a column on the right, which the product loses again.
Run matmul_of(const Node&) {
  return [](const Call& call) {
    const Variable &a = call.input(0), &b = call.input(1);
    Variable y = matmul(a.rank() == 1 ? unsqueeze(a, 0) : a, b.rank() == 1 ? unsqueeze(b, 1) : b);
    if (b.rank() == 1) y = squeeze(y, -1);
    if (a.rank() == 1) y = squeeze(y, b.rank() == 1 ? -1 : -2);
    return Values{y};
  };
}

/// What a file in training mode says: the batch's statistics, and beside the output where they take the running ones.
Values batch_norm_in_training(const Call& call, double stays, double epsilon) {
  const Variable& x = call.input();
  Dims axes{0};
  for (int i = 2; i < x.rank(); ++i) axes.push_back(i);
  const auto move = [&](std::size_t i, const Variable& of_batch) {
    return stays * call.input(i) + (1 - stays) * of_batch;
  };
  return {batch_norm(x, call.input(1), call.input(2), {}, {}, {.training = true, .epsilon = epsilon}),
          move(3, mean(x, axes)), move(4, var(x, axes, false, /*correction=*/0))};
}

/// After train() of the model it normalises by the batch, and moves the model's running statistics. ONNX's momentum is
/// what stays of them.
Run batch_norm_of(const Node& node) {
  const double stays = node.real("momentum", 0.9), epsilon = node.real("epsilon", 1e-5);
  if (node.flag("training_mode", false)) {
    return [=](const Call& call) { return batch_norm_in_training(call, stays, epsilon); };
  }
  return [=](const Call& call) {
    return Values{batch_norm(call.input(0), call.input(1), call.input(2), call.input(3).value(), call.input(4).value(),
                             {.training = call.training, .momentum = 1 - stays, .epsilon = epsilon})};
  };
}

Run instance_norm_of(const Node& node) {
  return [epsilon = node.real("epsilon", 1e-5)](const Call& call) {
    return Values{
        instance_norm(call.input(0), call.input(1), call.input(2), {}, {}, {.training = true, .eps = epsilon})};
  };
}

/// The axes from `axis` on.
Shape behind(const Shape& shape, std::int64_t axis) {
  Shape out;
  for (int i = normalize_axis("onnx", axis, shape.rank()); i < shape.rank(); ++i) out.push_back(shape[i]);
  return out;
}

Variable spread(const Variable& x, const Shape& shape) {
  return !x.defined() || x.shape() == shape ? x : expand(x, shape);
}

/// The mean and one over the deviation are outputs, too, where they are asked for.
Run layer_norm_of(const Node& node) {
  const std::int64_t axis = node.integer("axis", -1);
  const double epsilon = node.real("epsilon", 1e-5);
  return [=, wants_moments = node.has_output(1) || node.has_output(2)](const Call& call) {
    const Variable& x = call.input();
    const Shape normalized = behind(x.shape(), axis);
    Values out{
        layer_norm(x, normalized, spread(call.input(1), normalized), spread(call.optional(2), normalized), epsilon)};
    if (wants_moments) {
      Dims axes;
      for (int i = x.rank() - normalized.rank(); i < x.rank(); ++i) axes.push_back(i);
      out.push_back(mean(x, axes, true));
      out.push_back(rsqrt(var(x, axes, true, /*correction=*/0) + epsilon));
    }
    return out;
  };
}

Run rms_norm_of(const Node& node) {
  return [axis = node.integer("axis", -1), epsilon = node.real("epsilon", 1e-5)](const Call& call) {
    const Shape normalized = behind(call.input().shape(), axis);
    return Values{rms_norm(call.input(), normalized, spread(call.input(1), normalized), epsilon)};
  };
}

/// Scale and bias are of each channel; before opset 21 they were of each group.
Run group_norm_of(const Node& node) {
  const std::int64_t groups = node.integer("num_groups", 0);
  node.require_that(groups > 0, "num_groups is to be above 0");
  const bool by_group = node.opset() < 21;
  return [=, epsilon = node.real("epsilon", 1e-5)](const Call& call) {
    const Variable& x = call.input();
    const auto of_channels = [&](const Variable& v) {
      if (!by_group || x.rank() < 2 || v.rank() != 1) return v;
      return flatten(expand(unsqueeze(v, 1), {v.numel(), x.shape()[1] / groups}), 0, 1);
    };
    return Values{group_norm(x, groups, of_channels(call.input(1)), of_channels(call.input(2)), epsilon)};
  };
}

}  // namespace

const ImportTable& layer_imports() {
  static const ImportTable table{
      {"AveragePool",
       {{"auto_pad", "ceil_mode", "count_include_pad", "dilations", "kernel_shape", "pads", "strides"}, average_pool}},
      {"BatchNormalization", {{"epsilon", "momentum", "training_mode"}, batch_norm_of}},
      {"Conv", {{"auto_pad", "dilations", "group", "kernel_shape", "pads", "strides"}, conv}},
      {"ConvTranspose",
       {{"auto_pad", "dilations", "group", "kernel_shape", "output_padding", "output_shape", "pads", "strides"},
        conv_transpose}},
      {"Gemm", {{"alpha", "beta", "transA", "transB"}, gemm}},
      {"GlobalAveragePool", {{}, global_pool<mean>, 1}},
      {"GlobalMaxPool", {{}, global_pool<max>, 1}},
      {"GroupNormalization", {{"epsilon", "num_groups", "stash_type"}, group_norm_of}},
      {"InstanceNormalization", {{"epsilon"}, instance_norm_of, 6}},
      {"LayerNormalization", {{"axis", "epsilon", "stash_type"}, layer_norm_of}},
      {"MatMul", {{}, matmul_of}},
      {"MaxPool",
       {{"auto_pad", "ceil_mode", "dilations", "kernel_shape", "pads", "storage_order", "strides"}, max_pool}},
      {"RMSNormalization", {{"axis", "epsilon", "stash_type"}, rms_norm_of}}};
  return table;
}

}  // namespace reel::onnx
