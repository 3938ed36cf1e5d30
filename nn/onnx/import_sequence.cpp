#include <cctype>
#include <reel/autograd/ops/activation.h>
#include <reel/autograd/ops/arithmetic.h>
#include <reel/autograd/ops/index.h>
#include <reel/autograd/ops/matmul.h>
#include <reel/autograd/ops/rearrange.h>
#include <reel/autograd/ops/rnn.h>
#include <reel/autograd/ops/view.h>
#include <reel/nn/onnx/import_ops.h>

// Recurrent layers.

namespace reel::onnx {
namespace {

using Node = NodeReader;

/// What is the same in all of them.
struct Layer {
  RnnCell cell;
  Ints order;  // which of ONNX's gates is Reel's next
  std::int64_t directions;
  bool reverse, batch_first, resets_before;
};

Layer read_layer(const Node& node, RnnCell cell, Ints order) {
  const std::string direction = node.word("direction", "forward");
  node.require_that(direction == "forward" || direction == "reverse" || direction == "bidirectional",
                    "has an unknown direction");
  node.require_that(!node.has("clip"), "Reel clips no states");
  node.require_that(!node.flag("input_forget", false), "Reel does not couple the input and forget gates");
  return {.cell = cell,
          .order = std::move(order),
          .directions = direction == "bidirectional" ? 2 : 1,
          .reverse = direction == "reverse",
          .batch_first = node.flag("layout", false),
          .resets_before = false};
}

/// Refuses other activations than those that the cell has; of both directions, in turn.
void require_activations(const Node& node, const Names& usual) {
  const Names given = node.words("activations");
  for (std::size_t i = 0; i < given.size(); ++i) {
    std::string name = given[i];
    for (char& c : name) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    node.require_that(name == usual[i % usual.size()], concat("Reel has not the activation ", given[i], " here"));
  }
}

/// Gate by gate in Reel's order: a weight [G*H, I] or bias [G*H].
Variable in_order(const Variable& weight, const Ints& order) {
  if (order.size() == 1) return weight;
  const std::vector<Variable> gates = chunk(weight, static_cast<std::int64_t>(order.size()), 0);
  require<ShapeError>(gates.size() == order.size(), "onnx", "wants ", order.size(), " gates in a weight ",
                      weight.shape());
  std::vector<Variable> sorted;
  for (const std::int64_t gate : order) sorted.push_back(gates[static_cast<std::size_t>(gate)]);
  return concatenate(sorted, 0);
}

/// The weights of a direction, in Reel's order.
struct Weights {
  Variable of_input, of_state, input_bias, state_bias;
};

Weights weights_of(const Call& call, const Layer& layer, std::int64_t direction) {
  Weights out{in_order(select(call.input(1), 0, direction), layer.order),
              in_order(select(call.input(2), 0, direction), layer.order),
              {},
              {}};
  if (!call.optional(3).defined()) return out;
  const std::vector<Variable> both = chunk(select(call.input(3), 0, direction), 2, 0);
  require<ShapeError>(both.size() == 2, "onnx", "wants a bias for the input and one for the state");
  out.input_bias = in_order(both[0], layer.order);
  out.state_bias = in_order(both[1], layer.order);
  return out;
}

/// All steps of one direction: x [T, N, I], from h and c [N, H].
struct Steps {
  Variable outputs;  // [T, N, H]
  Variable h, c;     // [N, H], after the last one
};

/// By the op that there is for it.
Steps run_fast(const Variable& x, const Variable& h, const Variable& c, const Weights& w, const Layer& layer) {
  std::vector<Variable> weights{w.of_input, w.of_state};
  if (w.input_bias.defined()) weights.insert(weights.end(), {w.input_bias, w.state_bias});
  const auto as_state = [](const Variable& v) { return v.defined() ? unsqueeze(v, 0) : v; };
  RnnState start{as_state(h), as_state(c)};
  if (layer.cell == RnnCell::lstm && start.h.defined() != start.c.defined()) {
    const Variable& given = start.h.defined() ? start.h : start.c;
    const Tensor zero = Tensor::zeros(given.shape(), given.dtype());
    (start.h.defined() ? start.c : start.h) = zero;
  }
  const RnnOutput out = rnn(x, start, weights, {.cell = layer.cell, .bias = w.input_bias.defined()});
  return {out.output, select(out.state.h, 0, 0), out.state.c.defined() ? select(out.state.c, 0, 0) : Variable()};
}

/// Step by step by `step(the gates that x makes [N, G*H], h, c)`, for what that op has not.
template <class F>
Steps run_steps(const Variable& x, Variable h, Variable c, const Weights& w, std::int64_t units, F step) {
  const Tensor zero = Tensor::zeros({x.shape()[1], units}, x.dtype());
  if (!h.defined()) h = zero;
  if (!c.defined()) c = zero;
  std::vector<Variable> outputs;
  for (std::int64_t t = 0; t < x.shape()[0]; ++t) {
    step(linear(select(x, 0, t), w.of_input, w.input_bias), h, c);
    outputs.push_back(h);
  }
  return {stack(outputs), h, c};
}

/// A GRU whose reset gate is on the state, and not on what the weights make of it.
Steps run_gru_resetting_before(const Variable& x, const Variable& h0, const Weights& w) {
  const std::int64_t units = w.of_state.shape()[1];
  const Variable of_gates = narrow(w.of_state, 0, 0, 2 * units), of_new = narrow(w.of_state, 0, 2 * units, units);
  const auto bias = [&](std::int64_t from, std::int64_t length) {
    return w.state_bias.defined() ? narrow(w.state_bias, 0, from, length) : Variable();
  };
  return run_steps(x, h0, {}, w, units, [&](const Variable& gates, Variable& h, Variable&) {
    const Variable rz = sigmoid(narrow(gates, 1, 0, 2 * units) + linear(h, of_gates, bias(0, 2 * units)));
    const Variable r = narrow(rz, 1, 0, units), z = narrow(rz, 1, units, units);
    const Variable n = tanh(narrow(gates, 1, 2 * units, units) + linear(r * h, of_new, bias(2 * units, units)));
    h = (1.0 - z) * n + z * h;
  });
}

/// An LSTM whose gates see the cell (Gers and Schmidhuber, 2000): p [3H], for i, o, f.
Steps run_peephole(const Variable& x, const Variable& h0, const Variable& c0, const Weights& w, const Variable& p) {
  const std::int64_t units = w.of_state.shape()[1];
  const auto look = [&](std::int64_t i) { return narrow(p, 0, i * units, units); };
  return run_steps(x, h0, c0, w, units, [&](const Variable& from_input, Variable& h, Variable& c) {
    const Variable gates = from_input + linear(h, w.of_state, w.state_bias);
    const auto gate = [&](std::int64_t i) { return narrow(gates, 1, i * units, units); };
    const Variable i = sigmoid(gate(0) + look(0) * c), f = sigmoid(gate(1) + look(2) * c);
    c = f * c + i * tanh(gate(2));
    h = sigmoid(gate(3) + look(1) * c) * tanh(c);
  });
}

Steps run_direction(const Call& call, const Layer& layer, const Variable& x, std::int64_t direction) {
  const Weights w = weights_of(call, layer, direction);
  const auto state = [&](std::size_t i) {
    const Variable all = call.optional(i);
    return all.defined() ? select(all, layer.batch_first ? 1 : 0, direction) : Variable();
  };
  const bool is_lstm = layer.cell == RnnCell::lstm;
  const Variable h = state(5), c = is_lstm ? state(6) : Variable();
  if (layer.resets_before) return run_gru_resetting_before(x, h, w);
  if (is_lstm && call.optional(7).defined()) return run_peephole(x, h, c, w, select(call.input(7), 0, direction));
  return run_fast(x, h, c, w, layer);
}

void require_whole(const Ints& lengths, std::int64_t steps) {
  for (const std::int64_t length : lengths) {
    require<ValueError>(length == steps, "onnx", "Reel has sequences of one length in a batch, and sequence_lens says ",
                        length, " of ", steps);
  }
}

/// The outputs are Y [T, D, N, H], Y_h and of an LSTM Y_c [D, N, H]; by layout 1 [N, T, D, H] and [N, D, H].
Run recurrent(const Layer& layer) {
  return [layer](const Call& call) {
    const Variable x = layer.batch_first ? transpose(call.input(), 0, 1) : call.input();
    if (call.optional(4).defined()) require_whole(call.ints(4), x.shape()[0]);
    std::vector<Variable> outputs, h, c;
    for (std::int64_t direction = 0; direction < layer.directions; ++direction) {
      const bool backwards = layer.reverse || direction == 1;
      Steps steps = run_direction(call, layer, backwards ? flip(x, {0}) : x, direction);
      outputs.push_back(backwards ? flip(steps.outputs, {0}) : steps.outputs);
      h.push_back(steps.h);
      if (layer.cell == RnnCell::lstm) c.push_back(steps.c);
    }
    const Variable y = stack(outputs, 1);
    const std::int64_t axis = layer.batch_first ? 1 : 0;
    Values out{layer.batch_first ? permute(y, {2, 0, 1, 3}) : y, stack(h, axis)};
    if (!c.empty()) out.push_back(stack(c, axis));
    return out;
  };
}

Run lstm(const Node& node) {
  require_activations(node, {"sigmoid", "tanh", "tanh"});
  return recurrent(read_layer(node, RnnCell::lstm, {0, 2, 3, 1}));
}

Run gru(const Node& node) {
  require_activations(node, {"sigmoid", "tanh"});
  Layer layer = read_layer(node, RnnCell::gru, {1, 0, 2});
  layer.resets_before = !node.flag("linear_before_reset", false);
  return recurrent(layer);
}

Run rnn_of(const Node& node) {
  const Names given = node.words("activations");
  const bool is_relu = !given.empty() && (given[0] == "Relu" || given[0] == "relu");
  require_activations(node, {is_relu ? "relu" : "tanh"});
  return recurrent(read_layer(node, is_relu ? RnnCell::relu : RnnCell::tanh, {0}));
}

}  // namespace

const ImportTable& sequence_imports() {
  static const ImportTable table{
      {"GRU", {{"activations", "clip", "direction", "hidden_size", "layout", "linear_before_reset"}, gru}},
      {"LSTM", {{"activations", "clip", "direction", "hidden_size", "input_forget", "layout"}, lstm}},
      {"RNN", {{"activations", "clip", "direction", "hidden_size", "layout"}, rnn_of}}};
  return table;
}

}  // namespace reel::onnx
