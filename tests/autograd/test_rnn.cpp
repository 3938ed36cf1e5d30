#include <doctest/doctest.h>

#include <reel/autograd/ops/embedding.h>
#include <reel/autograd/ops/rnn.h>
#include <reel/autograd/ops/view.h>
#include <reel/autograd/tape.h>
#include <tests/autograd/errors.h>
#include <tests/autograd/golden.h>
#include <tests/op_table.h>
#include <tests/threads.h>

// Recurrent nets and embeddings: against central differences, what they say to wrong arguments, and that it doesn't
// matter how the work is cut.

using namespace reel;
using namespace reel::testing;
using In = std::vector<Variable>;

namespace {

constexpr RnnCell cells[] = {RnnCell::tanh, RnnCell::relu, RnnCell::lstm, RnnCell::gru};

/// The output and the last states in one row; the inputs are x, h, for an LSTM c, and the weights.
Variable run(const In& v, const RnnOptions& options) {
  const bool is_lstm = options.cell == RnnCell::lstm;
  const In weights(v.begin() + (is_lstm ? 3 : 2), v.end());
  const RnnOutput out = rnn(v[0], {v[1], is_lstm ? v[2] : Variable()}, weights, options);
  In parts{reshape(out.output, {-1}), reshape(out.state.h, {-1})};
  if (is_lstm) parts.push_back(reshape(out.state.c, {-1}));
  return concatenate(parts);
}

struct Sizes {
  std::int64_t steps, batch, inputs, units;
};

/// The shapes that run() wants for one layer.
std::vector<Shape> shapes(RnnCell cell, const Sizes& s, std::int64_t directions) {
  const std::int64_t wide = gate_count(cell) * s.units;
  std::vector<Shape> out{{s.steps, s.batch, s.inputs}, {directions, s.batch, s.units}};
  if (cell == RnnCell::lstm) out.push_back(out[1]);
  for (std::int64_t i = 0; i < directions; ++i) {
    for (const Shape& shape : {Shape{wide, s.inputs}, Shape{wide, s.units}, Shape{wide}, Shape{wide}}) {
      out.push_back(shape);
    }
  }
  return out;
}

/// The result of run() and the gradients of all inputs, drawn for `dtype` from one seed.
std::vector<Tensor> results(RnnCell cell, const Sizes& sizes, DType dtype) {
  Generator generator(5);
  In leaves;
  for (const Shape& shape : shapes(cell, sizes, 2)) {
    leaves.push_back(Variable::leaf(normal(shape, 0, 0.4, float64, generator).to(dtype)));
  }
  const Tape tape;
  const Variable out = run(leaves, {.cell = cell, .bidirectional = true});
  const Tensor along = normal(out.shape(), 0, 1, float64, generator).to(dtype);
  std::vector<Tensor> found{out.value()};
  for (const Variable& gradient : grad({out}, leaves, {.grad_outputs = {along}})) found.push_back(gradient.value());
  return found;
}

}  // namespace

TEST_CASE("gradients: recurrent nets") {
  for (const RnnCell cell : cells) {
    CAPTURE(static_cast<int>(cell));
    check_table({
        {"forwards", [=](const In& v) { return run(v, {.cell = cell}); }, shapes(cell, {3, 2, 2, 2}, 1), -1, 1},
        {"both directions", [=](const In& v) { return run(v, {.cell = cell, .bidirectional = true}); },
         shapes(cell, {2, 1, 1, 2}, 2), -1, 1},
    });
  }
}

TEST_CASE("gradients: embedding") {
  const Tensor index = Tensor::of({2, 0, 2, 1, 3, 2}, {2, 3}, int64);
  check_table({
      {"embedding", [=](const In& v) { return embedding(index, v[0]); }, {{4, 3}}},
      {"embedding of a scalar", [=](const In& v) { return embedding(Tensor::scalar(1, int64), v[0]); }, {{2, 3}}},
  });
  // The padding's row is constant to a tape alone, so differences would not agree.
  const Variable weight = Variable::leaf(Tensor::ones({4, 2}));
  const Tape tape;
  const Variable rows = embedding(index, weight, 2);
  CHECK(rows.value().at({0, 0, 1}) == 1);
  const Tensor gradient = grad({rows}, {weight}, {.grad_outputs = {Tensor::ones({2, 3, 2})}})[0].value();
  CHECK(relative_error(gradient, Tensor::of({1, 1, 1, 1, 0, 0, 1, 1}, {4, 2})) == 0);
}

TEST_CASE("recurrent nets: float32 in vectors is float64 but for rounding, at any size") {
  const Sizes list[] = {{5, 1, 3, 1}, {4, 3, 2, 15}, {3, 9, 4, 17}, {3, 8, 5, 32}, {2, 21, 3, 40}, {6, 7, 3, 65}};
  for (const RnnCell cell : cells) {
    for (const Sizes& sizes : list) {
      CAPTURE(static_cast<int>(cell));
      CAPTURE(sizes.units);
      const std::vector<Tensor> exact = results(cell, sizes, float64), fast = results(cell, sizes, float32);
      for (std::size_t i = 0; i < exact.size(); ++i) {
        CAPTURE(i);
        CHECK(relative_error(fast[i].to(float64), exact[i]) < 2e-5);
      }
    }
  }
}

TEST_CASE("recurrent nets give the same bits with any number of threads") {
  // The second one's weight is too large for a core's cache, and cut by units.
  for (const RnnCell cell : {RnnCell::lstm, RnnCell::gru, RnnCell::tanh}) {
    for (const Sizes& sizes : {Sizes{3, 40, 20, 24}, Sizes{2, 33, 8, cell == RnnCell::tanh ? 400 : 200}}) {
      CAPTURE(static_cast<int>(cell));
      const WithThreads one(1);
      const std::vector<Tensor> wanted = results(cell, sizes, float32);
      const WithThreads four(4);
      const std::vector<Tensor> got = results(cell, sizes, float32);
      for (std::size_t i = 0; i < wanted.size(); ++i) CHECK(relative_error(got[i], wanted[i]) == 0);
    }
  }
}

TEST_CASE("recurrent nets: without a tape they compute the same") {
  for (const RnnCell cell : cells) {
    Generator generator(2);
    In inputs;
    for (const Shape& shape : shapes(cell, {4, 3, 2, 5}, 2))
      inputs.emplace_back(normal(shape, 0, 1, float32, generator));
    const RnnOptions options{.cell = cell, .bidirectional = true};
    const Tensor plain = run(inputs, options).value();
    const Tape tape;
    CHECK(relative_error(run(inputs, options).value(), plain) == 0);
  }
}

TEST_CASE("op errors: recurrent nets and embeddings") {
  const Variable x = zeros({4, 2, 3});
  const In weights{zeros({8, 3}), zeros({8, 2}), zeros({8}), zeros({8})};
  const auto lstm = [=](const Variable& input, const RnnState& state, const In& w, RnnOptions options = {}) {
    options.cell = RnnCell::lstm;
    return call([=] { return rnn(input, state, w, options); });
  };
  const auto with = [&](std::size_t i, const Variable& v) {
    In changed = weights;
    changed[i] = v;
    return changed;
  };
  check_errors({
      {lstm(zeros({4}), {}, weights), {"ShapeError: lstm: ", "[T, N, I]", "[4]"}},
      {lstm(zeros({0, 2, 3}), {}, weights), {"ShapeError: lstm: ", "no elements", "[0, 2, 3]"}},
      {lstm(zeros({4, 2, 3}, int64), {}, weights), {"TypeError: lstm: ", "int64"}},
      {lstm(Variable(), {}, weights), {"ValueError: lstm: ", "undefined"}},
      {lstm(x, {}, {weights[0]}), {"ValueError: lstm: ", "want 4 weights, got 1"}},
      {lstm(x, {}, weights, {.bias = false}), {"ValueError: lstm: ", "without a bias want 2 weights, got 4"}},
      {lstm(x, {}, weights, {.bidirectional = true}), {"ValueError: lstm: ", "2 directions", "8 weights, got 4"}},
      {lstm(x, {}, weights, {.num_layers = 0}), {"ValueError: lstm: ", "num_layers", "0"}},
      {lstm(x, {}, weights, {.dropout = 2}), {"ValueError: lstm: ", "dropout", "2"}},
      {lstm(x, {}, with(0, zeros({8, 4}))),
       {"ShapeError: lstm: ", "input [4, 2, 3]", "weight_ih_l0 of shape [8, 3], got [8, 4]"}},
      {lstm(x, {}, with(1, zeros({6, 2}))), {"ShapeError: lstm: ", "weight_hh_l0", "[8, 2]", "[6, 2]"}},
      {lstm(x, {}, with(3, zeros({4}))), {"ShapeError: lstm: ", "bias_hh_l0", "[8]", "[4]"}},
      {lstm(x, {}, with(2, zeros({8}, float64))), {"TypeError: lstm: ", "float32", "float64"}},
      {lstm(x, {zeros({1, 2, 3}), {}}, weights), {"ShapeError: lstm: ", "h of shape [1, 2, 2], got [1, 2, 3]"}},
      {lstm(x, {{}, zeros({2, 2, 2})}, weights), {"ShapeError: lstm: ", "c of shape [1, 2, 2], got [2, 2, 2]"}},
      {call([=] {
         return rnn(x, {{}, zeros({1, 2, 8})}, {zeros({8, 3}), zeros({8, 8}), zeros({8}), zeros({8})}, {});
       }),
       {"ValueError: rnn_tanh: ", "no cells"}},
      {call([] {
         return embedding(labels({0, 4}), zeros({4, 2}));
       }),
       {"IndexError: embedding: ", "index 4 at position 1", "[0, 4)"}},
      {call([] {
         return embedding(Tensor::zeros({2}), zeros({4, 2}));
       }),
       {"TypeError: embedding: ", "int64", "float32"}},
      {call([] { return embedding(labels({0}), zeros({4})); }), {"ShapeError: embedding: ", "[K, D]", "[4]"}},
      {call([] {
         return embedding(labels({0}), zeros({4, 2}), 4);
       }),
       {"IndexError: embedding: ", "padding_idx 4", "[-4, 4)"}},
  });
}
