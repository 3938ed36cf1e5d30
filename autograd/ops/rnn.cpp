#include <reel/autograd/ops/activation.h>
#include <reel/autograd/ops/arithmetic.h>
#include <reel/autograd/ops/composed.h>
#include <reel/autograd/ops/matmul.h>
#include <reel/autograd/ops/rnn.h>
#include <reel/autograd/ops/view.h>
#include <reel/autograd/tape.h>
#include <reel/core/kernels/linear.h>
#include <reel/core/kernels/matmul.h>
#include <reel/core/kernels/reduce.h>
#include <reel/core/profiler.h>
#include <utility>

// Letters: T steps, N sequences, I numbers in, H units, G groups of gates.

namespace reel {
namespace {

using In = std::vector<Variable>;

/// What goes into one layer in one direction, in the order of the op's inputs.
struct Layer {
  Variable x, h, weight_ih, weight_hh;  // [T, N, I], [N, H], [G*H, I], [G*H, H]
  Variable c;                           // [N, H]; of an LSTM alone
  Variable bias_ih, bias_hh;            // [G*H] or none

  Layer(RnnCell cell, const In& in) : x(in[0]), h(in[1]), weight_ih(in[2]), weight_hh(in[3]) {
    const std::size_t next = cell == RnnCell::lstm ? 5 : 4;
    if (next == 5) c = in[4];
    if (in.size() > next) bias_ih = in[next], bias_hh = in[next + 1];
  }
};

Variable group(const Variable& all, std::int64_t g, std::int64_t units) { return narrow(all, 1, g * units, units); }

/// (h, c) after a step, from what the input and the state give to the gates, (N, G*H) each.
std::pair<Variable, Variable> step(RnnCell cell, const Variable& x, const Variable& product, const Variable& h,
                                   const Variable& c) {
  const std::int64_t units = h.size(1);
  if (cell == RnnCell::tanh) return {tanh(x + product), c};
  if (cell == RnnCell::relu) return {relu(x + product), c};
  if (cell == RnnCell::gru) {
    const auto gate = [&](std::int64_t g) { return sigmoid(group(x, g, units) + group(product, g, units)); };
    const Variable fresh = tanh(group(x, 2, units) + gate(0) * group(product, 2, units));
    return {fresh + gate(1) * (h - fresh), c};
  }
  const Variable sums = x + product;
  const Variable fresh = sigmoid(group(sums, 0, units)) * tanh(group(sums, 2, units));
  const Variable cell_state = sigmoid(group(sums, 1, units)) * c + fresh;
  return {sigmoid(group(sums, 3, units)) * tanh(cell_state), cell_state};
}

/// What recur_layer computes, one step after the other in differentiable ops.
Variable recur_by_steps(RnnCell cell, bool is_backwards, const In& in) {
  const Layer layer(cell, in);
  const Variable x = linear(layer.x, layer.weight_ih, layer.bias_ih);
  const std::int64_t steps = x.size(0);
  std::vector<Variable> states(static_cast<std::size_t>(steps));
  std::pair<Variable, Variable> state{layer.h, layer.c};
  for (std::int64_t i = 0; i < steps; ++i) {
    const std::int64_t t = is_backwards ? steps - 1 - i : i;
    const Variable product = linear(state.first, layer.weight_hh, layer.bias_hh);
    state = step(cell, select(x, 0, t), product, state.first, state.second);
    states[static_cast<std::size_t>(t)] = state.first;
  }
  if (cell == RnnCell::lstm) states.push_back(state.second);
  return stack(states);
}

/// x times weight_ih, and all biases that need not be apart -> [T, N, G*H]
Tensor input_share(RnnCell cell, const Layer& layer) {
  Tensor bias = layer.bias_ih.value();
  if (bias.defined() && cell != RnnCell::gru) bias = bias + layer.bias_hh.value();
  const std::int64_t steps = layer.x.size(0), batch = layer.x.size(1);
  return kernels::linear_forward(layer.x.value().reshape({steps * batch, layer.x.size(2)}), layer.weight_ih.value(),
                                 bias, Activation::none)
      .reshape({steps, batch, layer.weight_ih.size(0)});
}

/// What the state's bias adds in a GRU, apart from the other one: r multiplies it.
Tensor state_bias(RnnCell cell, const Layer& layer) {
  if (cell != RnnCell::gru) return {};
  return layer.bias_hh.defined() ? layer.bias_hh.value().contiguous()
                                 : Tensor::zeros({layer.weight_hh.size(0)}, layer.x.dtype());
}

/// The gradients for a layer's inputs from those for its gates and what comes with them.
Gradients input_gradients(RnnCell cell, const Layer& layer, const kernels::RecurrenceGrads& grads, const Step& step) {
  const Tensor gates = grads.gates.flatten(0, 1);  // (T*N, G*H)
  const Tensor x = layer.x.value().reshape({gates.size(0), layer.x.size(2)});
  if (Profiler* profiler = Profiler::current()) {
    const std::int64_t products = (step.wants(0) ? 1 : 0) + (step.wants(2) ? 1 : 0);
    profiler->count(gates.size(0) * (products * layer.weight_ih.numel() + 2 * layer.weight_hh.numel()));
  }
  Gradients out{step.wants(0) ? matmul(gates, layer.weight_ih.value()).reshape(layer.x.shape()) : Tensor(), grads.h,
                step.wants(2) ? matmul(gates.transpose(0, 1), x) : Tensor(), grads.weight};
  if (cell == RnnCell::lstm) out.emplace_back(grads.c);
  if (layer.bias_ih.defined()) {
    const Tensor bias = sum(gates, {0});
    out.emplace_back(bias);
    out.emplace_back(cell == RnnCell::gru ? grads.bias : bias);
  }
  return out;
}

const char* name(RnnCell cell) {
  constexpr const char* names[] = {"rnn_tanh", "rnn_relu", "lstm", "gru"};
  return names[static_cast<int>(cell)];
}

/// The states [T, N, H] of one layer in one direction, and the last cell of an LSTM behind them.
Variable recur_layer(RnnCell cell, bool is_backwards, const In& in) {
  const Layer layer(cell, in);
  kernels::Recurrence run{.cell = cell,
                          .gates = input_share(cell, layer),
                          .h = layer.h.value().contiguous(),
                          .c = layer.c.defined() ? layer.c.value().contiguous() : Tensor(),
                          .weight = layer.weight_hh.value().contiguous(),
                          .bias = state_bias(cell, layer),
                          .is_backwards = is_backwards};
  const kernels::Recurred out = kernels::recur(run, Tape::current() != nullptr);
  if (gate_count(cell) == 1) run.gates = {};
  const std::vector<InputRef> inputs(in.begin(), in.end());
  return record(name(cell), inputs, out.states,
                [cell, is_backwards, in, run, out](const Variable& grad, const Step& at) -> Gradients {
                  if (Tape::current() != nullptr) {
                    const auto steps = [=](const In& v) { return recur_by_steps(cell, is_backwards, v); };
                    return composed_gradients(steps, in, grad, at);
                  }
                  return input_gradients(cell, Layer(cell, in), kernels::recur_grads(run, out, grad.value()), at);
                },
                {{"reverse", is_backwards, false}});
}

void require_shape(std::string_view op, const std::string& what, const Variable& v, const Shape& wanted,
                   const Variable& x) {
  require_defined(op, v.value());
  require<ShapeError>(v.shape() == wanted, op, "input ", x.shape(), " wants ", what, " of shape ", wanted, ", got ",
                      v.shape());
  require_same_dtype(op, x.value(), v.value());
}

/// The sizes of a net, read from its weights; throws where something does not fit.
struct Net {
  std::string_view op;
  std::int64_t directions, layers, units;
  std::size_t stride;  // weights of a layer in one direction

  Net(const Variable& x, const In& weights, const RnnOptions& options)
      : op(name(options.cell)),
        directions(options.bidirectional ? 2 : 1),
        layers(options.num_layers),
        units(0),
        stride(options.bias ? 4 : 2) {
    require<ValueError>(layers >= 1, op, "num_layers must be at least 1, got ", layers);
    require<ValueError>(options.dropout >= 0 && options.dropout <= 1, op, "wants a dropout in [0, 1], got ",
                        options.dropout);
    require_defined(op, x.value());
    require<ShapeError>(x.rank() == 2 || x.rank() == 3, op, "input wants shape ",
                        options.batch_first ? "[N, T, I]" : "[T, N, I]", " or [T, I], got ", x.shape());
    require<ShapeError>(x.numel() > 0, op, "input ", x.shape(), " has no elements");
    visit_floats(op, x.dtype(), [](auto) {});
    const auto wanted = static_cast<std::size_t>(layers * directions) * stride;
    require<ValueError>(weights.size() == wanted, op, layers, " layers in ", directions, " direction",
                        directions == 2 ? "s" : "", options.bias ? " with" : " without", " a bias want ", wanted,
                        " weights, got ", weights.size());
    require_defined(op, weights[1].value());
    require<ShapeError>(weights[1].rank() == 2, op, "weight_hh wants shape [", gate_count(options.cell), "*H, H], got ",
                        weights[1].shape());
    units = weights[1].size(1);
    require_weights(x, weights, options);
  }

  void require_weights(const Variable& x, const In& weights, const RnnOptions& options) const {
    const std::int64_t wide = gate_count(options.cell) * units;
    constexpr const char* names[] = {"weight_ih_l", "weight_hh_l", "bias_ih_l", "bias_hh_l"};
    for (std::size_t i = 0; i < weights.size(); ++i) {
      const auto place = static_cast<std::int64_t>(i / stride);  // layer by layer, both directions of each
      const std::int64_t inputs = place < directions ? x.size(-1) : directions * units;
      const Shape wanted[] = {{wide, inputs}, {wide, units}, {wide}, {wide}};
      require_shape(op, concat(names[i % stride], place / directions, place % directions == 1 ? "_reverse" : ""),
                    weights[i], wanted[i % stride], x);
    }
  }
};

/// States [L, N, H], or zeros where there are none.
Variable states_of(const Net& net, const std::string& what, const Variable& given, const Variable& x, bool has_batch) {
  const Shape shape{net.layers * net.directions, x.size(1), net.units};
  if (!given.defined()) return Tensor::zeros(shape, x.dtype());
  require_shape(net.op, what, given, has_batch ? shape : Shape{shape[0], shape[2]}, x);
  return has_batch ? given : unsqueeze(given, 1);
}

/// All layers, of x [T, N, I].
RnnOutput run_layers(const Net& net, Variable x, const RnnState& start, const In& weights, const RnnOptions& options,
                     Generator& generator) {
  const std::int64_t steps = x.size(0);
  std::vector<Variable> h, c;
  for (std::int64_t layer = 0; layer < net.layers; ++layer) {
    if (layer > 0) x = dropout(x, options.dropout, options.training, generator);
    std::vector<Variable> sides;
    for (std::int64_t side = 0; side < net.directions; ++side) {
      const std::int64_t place = layer * net.directions + side;
      const auto first = weights.begin() + place * static_cast<std::int64_t>(net.stride);
      In in{x, select(start.h, 0, place), first[0], first[1]};
      if (options.cell == RnnCell::lstm) in.push_back(select(start.c, 0, place));
      if (options.bias) in.insert(in.end(), first + 2, first + 4);
      const Variable states = recur_layer(options.cell, side == 1, in);
      const bool has_cell = options.cell == RnnCell::lstm;
      sides.push_back(has_cell ? narrow(states, 0, 0, steps) : states);
      h.push_back(select(states, 0, side == 1 ? 0 : steps - 1));
      if (has_cell) c.push_back(select(states, 0, steps));
    }
    x = sides.size() == 1 ? sides[0] : concatenate(sides, 2);
  }
  return {x, {stack(h), c.empty() ? Variable() : stack(c)}};
}

}  // namespace

RnnOutput rnn(const Variable& x, const RnnState& state, const std::vector<Variable>& weights, const RnnOptions& options,
              Generator& generator) {
  const Net net(x, weights, options);
  const bool has_batch = x.rank() == 3;
  const bool swaps = has_batch && options.batch_first;
  const bool is_lstm = options.cell == RnnCell::lstm;
  require<ValueError>(is_lstm || !state.c.defined(), net.op, "has no cells, but the state has");
  const Variable steps_first = swaps ? transpose(x, 0, 1) : has_batch ? x : unsqueeze(x, 1);
  RnnState start{states_of(net, "the state's h", state.h, steps_first, has_batch), {}};
  if (is_lstm) start.c = states_of(net, "the state's c", state.c, steps_first, has_batch);
  RnnOutput out = run_layers(net, steps_first, start, weights, options, generator);
  if (swaps) out.output = transpose(out.output, 0, 1);
  if (has_batch) return out;
  return {squeeze(out.output, 1), {squeeze(out.state.h, 1), is_lstm ? squeeze(out.state.c, 1) : Variable()}};
}

}  // namespace reel
