#include <limits>
#include <reel/core/kernels/elementwise.h>
#include <reel/core/kernels/reduce.h>
#include <reel/nn/onnx/export_ops.h>

// Recurrent layers and attention.

namespace reel::onnx {
namespace {

using Graph = GraphWriter;
using Op = TracedOp;

/// What sets ONNX's recurrent nodes apart from each other. `order` says which of Reel's gates is ONNX's next.
struct Cell {
  const char* type;
  Ints order;
  std::vector<NodeAttribute> attributes;
};

/// The rows of a weight [G*H, I] or bias [G*H], gate by gate in ONNX's order.
std::string in_order(Graph& graph, const std::string& weight, const Ints& order, std::int64_t units) {
  if (order.size() == 1) return weight;
  Ints rows;
  for (const std::int64_t gate : order) {
    for (std::int64_t i = 0; i < units; ++i) rows.push_back(gate * units + i);
  }
  return graph.node("Gather", {weight, graph.ints(rows)}, {{"axis", 0}});
}

/// Zero on both inputs: what no state given means.
bool is_zero(const Op& op, std::size_t input) {
  const auto zero = [&](const TapeRow& row) {
    const Tensor& value = row.inputs[input].value;
    return value.defined() && reel::max(reel::abs(value), {}, false).item() == 0;
  };
  return zero(op.row) && zero(op.again);
}

/// The inputs are x, h, weight_ih, weight_hh, an LSTM's c, and the biases; the output is [T, N, H], and behind it the
/// last c.
std::string recurrent(Graph& graph, const Op& op, const Cell& cell) {
  const bool is_lstm = op.row.op == "lstm";
  const std::int64_t units = op.row.inputs[3].shape[1];
  const std::string front = graph.ints({0});
  const auto with_direction = [&](const std::string& x) { return graph.node("Unsqueeze", {x, front}); };
  const auto weight = [&](std::size_t i) { return in_order(graph, op.inputs[i], cell.order, units); };
  const auto state = [&](std::size_t i) { return is_zero(op, i) ? std::string() : with_direction(op.inputs[i]); };
  const std::size_t next = is_lstm ? 5 : 4;
  std::string bias;
  if (op.inputs.size() > next) {
    bias = with_direction(graph.node("Concat", {weight(next), weight(next + 1)}, {{"axis", 0}}));
  }
  auto attributes = cell.attributes;
  attributes.emplace_back("hidden_size", units);
  attributes.emplace_back("direction", op.integer("reverse", 0) == 1 ? "reverse" : "forward");
  Names inputs{op.inputs[0], with_direction(weight(2)), with_direction(weight(3)), bias, "", state(1)};
  if (is_lstm) inputs.push_back(state(4));
  const Names out = graph.nodes(cell.type, inputs, attributes, is_lstm ? 3 : 1);  // [T, 1, N, H], and [1, N, H]
  const std::string states = graph.node("Squeeze", {out[0], graph.ints({1})});
  return is_lstm ? graph.node("Concat", {states, out[2]}, {{"axis", 0}}) : states;
}

std::string lstm(Graph& graph, const Op& op) { return recurrent(graph, op, {"LSTM", {0, 3, 1, 2}, {}}); }
std::string gru(Graph& graph, const Op& op) {
  return recurrent(graph, op, {"GRU", {1, 0, 2}, {{"linear_before_reset", 1}}});
}
std::string rnn_tanh(Graph& graph, const Op& op) { return recurrent(graph, op, {"RNN", {0}, {}}); }

std::string rnn_relu(Graph& graph, const Op& op) {
  return recurrent(graph, op, {"RNN", {0}, {{"activations", Names{"Relu"}}}});
}

/// softmax(q k^T scale + mask) v
std::string attention(Graph& graph, const Op& op) {
  const Shape& key = op.row.inputs[1].shape;
  Ints order;
  for (int i = 0; i < key.rank(); ++i) order.push_back(i);
  std::swap(order[order.size() - 1], order[order.size() - 2]);
  const std::string turned = graph.node("Transpose", {op.inputs[1]}, {{"perm", order}});
  const std::string scale = graph.number(op.real("scale", 1), op.row.dtype);
  std::string scores = graph.node("Mul", {graph.node("MatMul", {op.inputs[0], turned}), scale});
  if (op.inputs.size() > 3) scores = graph.node("Add", {scores, op.inputs[3]});
  if (op.integer("is_causal", 0) == 1) {
    const std::int64_t rows = op.row.inputs[0].shape[op.rank() - 2], columns = key[key.rank() - 2];
    Tensor mask = Tensor::zeros({rows, columns}, op.row.dtype);
    for (std::int64_t i = 0; i + 1 < columns && i < rows; ++i) {
      mask.select(0, i).narrow(0, i + 1, columns - i - 1).fill(-std::numeric_limits<double>::infinity());
    }
    scores = graph.node("Add", {scores, graph.constant(mask)});
  }
  return graph.node("MatMul", {graph.node("Softmax", {scores}, {{"axis", -1}}), op.inputs[2]});
}

}  // namespace

const ExportTable& sequence_exports() {
  static const ExportTable table{{"gru", gru},
                                 {"lstm", lstm},
                                 {"rnn_relu", rnn_relu},
                                 {"rnn_tanh", rnn_tanh},
                                 {"scaled_dot_product_attention", attention}};
  return table;
}

}  // namespace reel::onnx
