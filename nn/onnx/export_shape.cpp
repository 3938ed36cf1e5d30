#include <algorithm>
#include <limits>
#include <reel/core/kernels/pad.h>
#include <reel/nn/onnx/export_ops.h>

// Views, what moves numbers about, and what picks some of them.

namespace reel::onnx {
namespace {

using Graph = GraphWriter;
using Op = TracedOp;

std::string reshape(Graph& graph, const Op& op) {
  return graph.node("Reshape", {op.inputs[0], graph.ints(op.open_shape())});
}

std::string permuted(Graph& graph, const Op& op, const Ints& order) {
  return graph.node("Transpose", op.inputs, {{"perm", order}});
}
std::string transpose(Graph& graph, const Op& op) {
  const Ints axes = op.pair("axes", 0);
  Ints order;
  for (int i = 0; i < op.rank(); ++i) order.push_back(i);
  const auto at = [&](std::size_t i) -> std::int64_t& {
    return order[static_cast<std::size_t>(normalize_axis("transpose", axes[i], op.rank()))];
  };
  std::swap(at(0), at(1));
  return permuted(graph, op, order);
}
std::string permute(Graph& graph, const Op& op) {
  Ints order = op.numbers("order").value_or(Ints{});
  for (std::int64_t& axis : order) axis = normalize_axis("permute", axis, op.rank());
  return permuted(graph, op, order);
}

std::string sliced(Graph& graph, const Op& op, std::int64_t start, std::int64_t stop, std::int64_t step) {
  return graph.node(
      "Slice", {op.inputs[0], graph.ints({start}), graph.ints({stop}), graph.ints({op.axis()}), graph.ints({step})});
}
std::string narrow(Graph& graph, const Op& op) {
  const std::int64_t start = op.integer("start", 0);
  return sliced(graph, op, start, start + op.integer("length", 0), 1);
}
std::string slice(Graph& graph, const Op& op) {
  return sliced(graph, op, op.integer("start", 0), op.integer("stop", 0), op.integer("step", 1));
}
std::string select(Graph& graph, const Op& op) {
  const Tensor index = Tensor::scalar(static_cast<double>(op.integer("index", 0)), int64);
  return graph.node("Gather", {op.inputs[0], graph.constant(index)}, {{"axis", op.axis()}});
}
std::string flip(Graph& graph, const Op& op) {
  const Ints axes = op.numbers("axes").value_or(Ints{});
  const Ints ones(axes.size(), -1), ends(axes.size(), std::numeric_limits<std::int64_t>::min());
  return graph.node("Slice", {op.inputs[0], graph.ints(ones), graph.ints(ends), graph.ints(axes), graph.ints(ones)});
}

/// A size that depends on the batch is one that the input has.
std::string expand(Graph& graph, const Op& op) {
  Ints shape = list(op.row.shape);
  const Shape& in = op.row.inputs[0].shape;
  for (int i = 0; i < op.row.shape.rank(); ++i) {
    if (op.row.shape[i] == op.again.shape[i]) continue;
    const int from = i - op.row.shape.rank() + in.rank();
    if (from < 0 || in[from] != op.row.shape[i]) op.refuse("its size depends on the batch size; let ops broadcast");
    shape[static_cast<std::size_t>(i)] = 1;
  }
  return graph.node("Expand", {op.inputs[0], graph.ints(shape)});
}

std::string squeeze(Graph& graph, const Op& op) {
  return graph.node("Squeeze", {op.inputs[0], graph.ints({op.axis()})});
}
std::string unsqueeze(Graph& graph, const Op& op) {
  const int axis = normalize_axis("unsqueeze", op.integer("axis", 0), op.row.shape.rank());
  return graph.node("Unsqueeze", {op.inputs[0], graph.ints({axis})});
}
std::string concatenate(Graph& graph, const Op& op) { return graph.node("Concat", op.inputs, {{"axis", op.axis()}}); }
std::string index_select(Graph& graph, const Op& op) { return graph.node("Gather", op.inputs, {{"axis", op.axis()}}); }

std::string identity(Graph&, const Op& op) { return op.inputs[0]; }

/// The end of each axis, the axis, and its beginning.
std::string pad_circular(Graph& graph, const Op& op, const Ints& amounts) {
  std::string x = op.inputs[0];
  for (std::size_t i = 0; 2 * i < amounts.size(); ++i) {
    const std::int64_t axis = op.rank() - 1 - static_cast<std::int64_t>(i);
    const auto part = [&](std::int64_t start, std::int64_t stop) {
      return graph.node("Slice", {x, graph.ints({start}), graph.ints({stop}), graph.ints({axis})});
    };
    Names parts{x};
    if (amounts[2 * i] > 0)
      parts.insert(parts.begin(), part(-amounts[2 * i], std::numeric_limits<std::int64_t>::max()));
    if (amounts[2 * i + 1] > 0) parts.push_back(part(0, amounts[2 * i + 1]));
    x = graph.node("Concat", parts, {{"axis", axis}});
  }
  return x;
}

/// Amounts are of the last axis first: before, after, before, ...
std::string pad(Graph& graph, const Op& op) {
  const Ints amounts = op.numbers("amounts").value_or(Ints{});
  const auto rank = static_cast<std::size_t>(op.rank());
  Ints pads(2 * rank, 0);
  for (std::size_t i = 0; 2 * i < amounts.size(); ++i) {
    pads[rank - 1 - i] = amounts[2 * i];
    pads[2 * rank - 1 - i] = amounts[2 * i + 1];
  }
  const auto mode = static_cast<PaddingMode>(op.integer("mode", 0));
  if (mode == PaddingMode::circular) return pad_circular(graph, op, amounts);
  if (mode == PaddingMode::reflect) return graph.node("Pad", {op.inputs[0], graph.ints(pads)}, {{"mode", "reflect"}});
  if (mode == PaddingMode::replicate) return graph.node("Pad", {op.inputs[0], graph.ints(pads)}, {{"mode", "edge"}});
  return graph.node("Pad", {op.inputs[0], graph.ints(pads), graph.number(op.real("value", 0), op.row.dtype)});
}

}  // namespace

const ExportTable& shape_exports() {
  static const ExportTable table{{"concatenate", concatenate},
                                 {"embedding_padding", identity},
                                 {"expand", expand},
                                 {"flatten", reshape},
                                 {"flip", flip},
                                 {"index_select", index_select},
                                 {"narrow", narrow},
                                 {"pad", pad},
                                 {"permute", permute},
                                 {"reshape", reshape},
                                 {"select", select},
                                 {"slice", slice},
                                 {"squeeze", squeeze},
                                 {"transpose", transpose},
                                 {"unsqueeze", unsqueeze}};
  return table;
}

}  // namespace reel::onnx
