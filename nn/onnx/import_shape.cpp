#include <algorithm>
#include <numeric>
#include <reel/autograd/ops/activation.h>
#include <reel/autograd/ops/arithmetic.h>
#include <reel/autograd/ops/einsum.h>
#include <reel/autograd/ops/index.h>
#include <reel/autograd/ops/pad.h>
#include <reel/autograd/ops/rearrange.h>
#include <reel/autograd/ops/reduce.h>
#include <reel/autograd/ops/view.h>
#include <reel/core/kernels/elementwise.h>
#include <reel/core/kernels/index.h>
#include <reel/nn/onnx/import_ops.h>

// Constants, shapes, and numbers that are moved and picked.

namespace reel::onnx {
namespace {

using Node = NodeReader;

Tensor row_of(const Ints& numbers) {
  return Tensor::from(std::span<const std::int64_t>(numbers), Shape{static_cast<std::int64_t>(numbers.size())});
}

Run identity(const Node&) {
  return on_input([](const Variable& x) { return x; });
}

/// Of the attributes that a number can be given by, the one that is there.
Run constant(const Node& node) {
  Tensor value = node.tensor("value");
  if (node.has("value_float")) value = Tensor::scalar(node.real("value_float", 0));
  if (node.has("value_int")) value = row_of({node.integer("value_int", 0)}).reshape({});
  if (const auto numbers = node.ints("value_ints")) value = row_of(*numbers);
  if (node.has("value_floats")) {
    const std::vector<double> all = node.reals("value_floats");
    const std::vector<float> numbers(all.begin(), all.end());
    value = Tensor::from<float>(numbers, Shape{static_cast<std::int64_t>(numbers.size())});
  }
  node.require_that(value.defined(), "has no value");
  return [value](const Call&) { return Values{value}; };
}

Run constant_of_shape(const Node& node) {
  Tensor value = node.tensor("value");
  if (!value.defined()) value = Tensor::zeros({1});
  node.require_that(value.numel() == 1, "its value is to be one number");
  return [value](const Call& call) {
    const Shape shape = dims(call.ints(0));
    for (const std::int64_t size : shape) require<ShapeError>(size >= 0, "onnx", "a size of ", size, " can't be");
    return Values{value.reshape(Shape::filled(shape.rank(), 1)).expand(shape).contiguous()};
  };
}

/// From `start` to `end`, in steps; counted in float64, which is exact for all whole numbers that there are shapes of.
Run range(const Node&) {
  return [](const Call& call) {
    const DType dtype = call.input(0).dtype();
    return Values{Tensor::arange(call.real(0), call.real(1), call.real(2), dtype)};
  };
}

Run shape_of(const Node& node) {
  const std::int64_t start = node.integer("start", 0);
  const std::optional<std::int64_t> end = node.has("end") ? std::optional(node.integer("end", 0)) : std::nullopt;
  return on_input([=](const Variable& x) -> Variable {
    const std::int64_t rank = x.rank();
    const auto place = [&](std::int64_t i) { return std::clamp<std::int64_t>(i < 0 ? i + rank : i, 0, rank); };
    const std::int64_t from = place(start), to = std::max(from, place(end.value_or(rank)));
    return row_of(Ints(x.shape().begin() + from, x.shape().begin() + to));
  });
}

Run size_of_input(const Node&) {
  return on_input([](const Variable& x) -> Variable { return row_of({x.numel()}).reshape({}); });
}

/// 0 keeps a size, unless allowzero says that it is meant; -1 is what is left over.
Run reshape_of(const Node& node) {
  return [allow_zero = node.flag("allowzero", false)](const Call& call) {
    Shape shape = dims(call.ints(1));
    for (int i = 0; i < shape.rank() && !allow_zero; ++i) {
      if (shape[i] == 0) shape[i] = call.input().value().size(i);
    }
    return Values{reshape(call.input(), shape)};
  };
}

Run flatten_of(const Node& node) {
  return on_input([axis = node.integer("axis", 1)](const Variable& x) {
    const std::int64_t place = axis < 0 ? axis + x.rank() : axis;
    require<IndexError>(place >= 0 && place <= x.rank(), "onnx", "axis ", axis, " is outside of ", x.shape());
    const auto end = x.shape().begin() + place;
    const auto product = [](auto from, auto to) {
      return std::accumulate(from, to, std::int64_t{1}, std::multiplies<>());
    };
    return reshape(x, {product(x.shape().begin(), end), product(end, x.shape().end())});
  });
}

Run transpose_of(const Node& node) {
  return on_input([order = node.ints("perm")](const Variable& x) {
    if (order) return permute(x, dims(*order));
    Dims back;
    for (int i = x.rank() - 1; i >= 0; --i) back.push_back(i);
    return permute(x, back);
  });
}

/// The axes counted from 0, in ascending order.
Ints ascending(Ints axes, std::int64_t rank) {
  for (std::int64_t& axis : axes) axis = normalize_axis("onnx", axis, static_cast<int>(rank));
  std::sort(axes.begin(), axes.end());
  require<ShapeError>(std::adjacent_find(axes.begin(), axes.end()) == axes.end(), "onnx", "names an axis twice");
  return axes;
}

Run squeeze_of(const Node&) {
  return [](const Call& call) {
    Variable x = call.input();
    Ints axes;
    if (call.optional(1).defined()) {
      axes = ascending(call.ints(1), x.rank());
    } else {
      for (int i = 0; i < x.rank(); ++i) {
        if (x.shape()[i] == 1) axes.push_back(i);
      }
    }
    for (std::size_t i = axes.size(); i-- > 0;) {
      require<ShapeError>(x.value().size(axes[i]) == 1, "onnx", "axis ", axes[i], " of ", x.shape(),
                          " is not of size 1");
      x = squeeze(x, axes[i]);
    }
    return Values{x};
  };
}

Run unsqueeze_of(const Node&) {
  return [](const Call& call) {
    Variable x = call.input();
    const Ints axes = call.ints(1);
    for (const std::int64_t axis : ascending(axes, x.rank() + static_cast<std::int64_t>(axes.size())))
      x = unsqueeze(x, axis);
    return Values{x};
  };
}

Run concat_of(const Node& node) {
  node.require_that(node.has("axis"), "has no axis");
  return [axis = node.integer("axis", 0)](const Call& call) { return Values{concatenate(call.inputs, axis)}; };
}

/// By sizes, or into as many parts as there are outputs, of which the last may be smaller.
Run split_of(const Node& node) {
  const std::int64_t axis = node.integer("axis", 0);
  std::int64_t parts = node.integer("num_outputs", 0);
  if (parts == 0) {
    while (node.has_output(static_cast<int>(parts))) ++parts;
  }
  node.require_that(parts > 0 && parts <= INT32_MAX, "num_outputs is to be above 0 and below 2^31");
  return [=](const Call& call) {
    const Variable& x = call.input();
    if (call.optional(1).defined()) return split(x, call.ints(1), axis);
    const std::int64_t size = (x.value().size(axis) + parts - 1) / parts;
    return split(x, std::max<std::int64_t>(1, size), axis);
  };
}

/// One axis from `start` to before `end` in steps, as Python's slices; back to front where the step is below zero.
Variable slice_axis(const Variable& x, std::int64_t axis, std::int64_t start, std::int64_t end, std::int64_t step) {
  require<ValueError>(step != 0 && step > -INT64_MAX, "onnx", "a step of ", step, " can't be");
  const std::int64_t n = x.value().size(axis);
  const auto from_front = [n](std::int64_t i) { return i < 0 ? i + n : i; };
  if (step > 0) {
    start = std::clamp<std::int64_t>(from_front(start), 0, n);
    end = std::clamp(from_front(end), start, std::max(start, n));
    return slice(x, axis, start, end, std::min(step, std::max<std::int64_t>(1, n)));
  }
  start = std::clamp<std::int64_t>(from_front(start), -1, n - 1);
  end = std::clamp<std::int64_t>(end < -n ? -1 : from_front(end), -1, start);
  return slice(flip(x, {axis}), axis, n - 1 - start, n - 1 - end, std::min(-step, std::max<std::int64_t>(1, n)));
}

Run slice_of(const Node&) {
  return [](const Call& call) {
    Variable x = call.input();
    const Ints starts = call.ints(1), ends = call.ints(2);
    Ints axes(starts.size()), steps(starts.size(), 1);
    std::iota(axes.begin(), axes.end(), 0);
    if (call.optional(3).defined()) axes = call.ints(3);
    if (call.optional(4).defined()) steps = call.ints(4);
    require<ShapeError>(ends.size() == starts.size() && axes.size() == starts.size() && steps.size() == starts.size(),
                        "onnx", "starts, ends, axes and steps are to be of one length");
    for (std::size_t i = 0; i < starts.size(); ++i) x = slice_axis(x, axes[i], starts[i], ends[i], steps[i]);
    return Values{x};
  };
}

/// Indices from the end counted from the front.
Tensor from_front(const Tensor& index, std::int64_t size) {
  return where(lt(index, Tensor::scalar(0, int64)), index + static_cast<double>(size), index);
}

/// The index may have any shape, which takes the axis's place.
Run gather_of(const Node& node) {
  return [axis = node.integer("axis", 0)](const Call& call) {
    const Variable& x = call.input();
    const Tensor index = from_front(call.input(1).value(), x.value().size(axis));
    const int place = normalize_axis("onnx", axis, x.rank());
    Shape shape = x.shape();
    shape.erase(place);
    for (int i = 0; i < index.rank(); ++i) shape.insert(place + i, index.size(i));
    return Values{reshape(index_select(x, axis, index.contiguous().reshape({index.numel()})), shape)};
  };
}

Run gather_elements(const Node& node) {
  return [axis = node.integer("axis", 0)](const Call& call) {
    const Variable& x = call.input();
    return Values{gather(x, axis, from_front(call.input(1).value(), x.value().size(axis)))};
  };
}

Run scatter_elements(const Node& node) {
  const std::string reduction = node.word("reduction", "none");
  node.require_that(reduction == "none" || reduction == "add", "Reel has the reductions none and add");
  return [axis = node.integer("axis", 0), adds = reduction == "add"](const Call& call) {
    const Variable& x = call.input();
    const Tensor index = from_front(call.input(1).value(), x.value().size(axis));
    return Values{adds ? scatter_add(x, axis, index, call.input(2)) : scatter(x, axis, index, call.input(2))};
  };
}

Run expand_of(const Node&) {
  return [](const Call& call) {
    const Variable& x = call.input();
    return Values{expand(x, broadcast_shapes("onnx", x.shape(), dims(call.ints(1))))};
  };
}

Run tile(const Node&) {
  return [](const Call& call) { return Values{repeat(call.input(), dims(call.ints(1)))}; };
}

/// ONNX has all numbers before the axes, then all behind them; Reel's begin with the last axis.
Run pad_of(const Node& node) {
  const std::string mode = node.word("mode", "constant");
  node.require_that(mode == "constant" || mode == "reflect" || mode == "edge" || mode == "wrap", "has an unknown mode");
  return [mode](const Call& call) {
    const Variable& x = call.input();
    const Ints given = call.ints(1);
    Ints axes(static_cast<std::size_t>(x.rank()));
    std::iota(axes.begin(), axes.end(), 0);
    if (call.optional(3).defined()) axes = call.ints(3);
    require<ShapeError>(given.size() == 2 * axes.size(), "onnx", "wants two numbers of padding for each of ",
                        axes.size(), " axes, got ", given.size());
    const double value = call.optional(2).defined() ? call.real(2) : 0;
    Variable y = x;
    for (std::size_t i = 0; i < axes.size(); ++i) {
      const std::int64_t before = given[i], after = given[i + axes.size()];
      if (before == 0 && after == 0) continue;
      const Variable last = movedim(y, axes[i], -1);
      const Dims amounts{before, after};
      const Variable padded = mode == "constant"  ? pad(last, amounts, value)
                              : mode == "reflect" ? pad(last, amounts, PaddingMode::reflect)
                              : mode == "edge"    ? pad(last, amounts, PaddingMode::replicate)
                                                  : pad(last, amounts, PaddingMode::circular);
      y = movedim(padded, -1, axes[i]);
    }
    return Values{y};
  };
}

/// How large blocks are, and where their place stands among the channels: first (DCR) or last (CRD).
std::pair<std::int64_t, std::string> read_blocks(const Node& node) {
  const std::int64_t b = node.integer("blocksize", 0);
  std::string mode = node.word("mode", "DCR");
  node.require_that(b > 0 && b < (1 << 15), "blocksize is to be above 0 and below 2^15");
  node.require_that(mode == "DCR" || mode == "CRD", "mode is DCR or CRD");
  return {b, std::move(mode)};
}

/// Blocks of channels become blocks of pixels: x [N, C b b, H, W] -> [N, C, H b, W b].
Run depth_to_space(const Node& node) {
  const auto [b, mode] = read_blocks(node);
  return on_input([b = b, mode = mode](const Variable& x) {
    require<ShapeError>(x.rank() == 4 && x.shape()[1] % (b * b) == 0, "onnx", "wants [N, C b b, H, W], got ",
                        x.shape());
    const std::int64_t n = x.shape()[0], c = x.shape()[1] / (b * b), h = x.shape()[2], w = x.shape()[3];
    const Variable blocks = mode == "DCR" ? permute(reshape(x, {n, b, b, c, h, w}), {0, 3, 4, 1, 5, 2})
                                          : permute(reshape(x, {n, c, b, b, h, w}), {0, 1, 4, 2, 5, 3});
    return reshape(blocks, {n, c, h * b, w * b});
  });
}

Run space_to_depth(const Node& node) {
  const auto [b, mode] = read_blocks(node);
  return on_input([b = b, mode = mode](const Variable& x) {
    require<ShapeError>(x.rank() == 4 && x.shape()[2] % b == 0 && x.shape()[3] % b == 0, "onnx",
                        "wants [N, C, H b, W b], got ", x.shape());
    const std::int64_t n = x.shape()[0], c = x.shape()[1], h = x.shape()[2] / b, w = x.shape()[3] / b;
    const Dims order = mode == "DCR" ? Dims{0, 3, 5, 1, 2, 4} : Dims{0, 1, 3, 5, 2, 4};
    return reshape(permute(reshape(x, {n, c, h, b, w, b}), order), {n, b * b * c, h, w});
  });
}

Run trilu(const Node& node) {
  return [upper = node.flag("upper", true)](const Call& call) {
    const std::int64_t k = call.optional(1).defined() ? call.integer(1) : 0;
    return Values{upper ? triu(call.input(), k) : tril(call.input(), k)};
  };
}

Run einsum_of(const Node& node) {
  return [equation = node.word("equation", "")](const Call& call) { return Values{einsum(equation, call.inputs)}; };
}

/// In training it drops; else it is the identity, with a mask that lets all through.
Run dropout_of(const Node& node) {
  const double usual = node.real("ratio", 0.5);  // up to opset 11
  return [usual, has_mask = node.has_output(1), opset = node.opset()](const Call& call) {
    const Variable& x = call.input();
    const double ratio = call.optional(1).defined() ? call.real(1) : usual;
    const bool asks = call.optional(2).defined() && call.real(2) != 0;
    require<ValueError>(!asks || call.training || ratio == 0, "onnx",
                        "the file says that it drops; call train() for that");
    Values out{call.training && ratio > 0 ? dropout(x, ratio, true) : x};
    if (has_mask) {
      require<ValueError>(!call.training, "onnx", "a Dropout gives no mask in training");
      out.emplace_back(Tensor::ones(x.shape(), opset < 10 ? x.dtype() : boolean));
    }
    return out;
  };
}

}  // namespace

const ImportTable& shape_imports() {
  static const ImportTable table{
      {"Concat", {{"axis"}, concat_of}},
      {"Constant", {{"value", "value_float", "value_floats", "value_int", "value_ints"}, constant}},
      {"ConstantOfShape", {{"value"}, constant_of_shape}},
      {"DepthToSpace", {{"blocksize", "mode"}, depth_to_space}},
      {"Dropout", {{"ratio", "seed"}, dropout_of}},
      {"Einsum", {{"equation"}, einsum_of}},
      {"Expand", {{}, expand_of}},
      {"Flatten", {{"axis"}, flatten_of}},
      {"Gather", {{"axis"}, gather_of}},
      {"GatherElements", {{"axis"}, gather_elements}},
      {"Identity", {{}, identity}},
      {"Pad", {{"mode"}, pad_of, 11}},
      {"Range", {{}, range}},
      {"Reshape", {{"allowzero"}, reshape_of}},
      {"ScatterElements", {{"axis", "reduction"}, scatter_elements}},
      {"Shape", {{"end", "start"}, shape_of}},
      {"Size", {{}, size_of_input}},
      {"Slice", {{}, slice_of, 10}},
      {"SpaceToDepth", {{"blocksize", "mode"}, space_to_depth}},
      {"Split", {{"axis", "num_outputs"}, split_of, 13}},
      {"Squeeze", {{}, squeeze_of, 13}},
      {"Tile", {{}, tile}},
      {"Transpose", {{"perm"}, transpose_of}},
      {"Trilu", {{"upper"}, trilu}},
      {"Unsqueeze", {{}, unsqueeze_of, 13}}};
  return table;
}

}  // namespace reel::onnx
