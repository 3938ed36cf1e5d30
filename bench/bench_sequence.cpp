#include <reel/autograd/ops/attention.h>
#include <reel/autograd/ops/rnn.h>
#include <reel/core/random.h>

#include "rows.h"
#include "shapes.h"

// Recurrent layers and attention.

namespace bench {

using namespace reel;

namespace {

Op make_op(RnnCell cell, const RecurrentShape& s) {
  const std::int64_t wide = gate_count(cell) * s.units;
  const Variable x = Variable::leaf(normal({s.steps, s.batch, s.inputs}));
  std::vector<Variable> weights;
  for (const Shape& shape : {Shape{wide, s.inputs}, Shape{wide, s.units}, Shape{wide}, Shape{wide}}) {
    weights.push_back(Variable::leaf(normal(shape, 0, 0.1)));
  }
  std::vector<Variable> leaves{x};
  leaves.insert(leaves.end(), weights.begin(), weights.end());
  return {.leaves = leaves, .call = [=] { return rnn(x, {}, weights, {.cell = cell}).output; }};
}

Op make_op(const AttentionShape& s) {
  std::vector<Variable> leaves;
  for (int i = 0; i < 3; ++i) leaves.push_back(Variable::leaf(normal({s.batch, s.heads, s.steps, s.width})));
  const bool is_causal = s.is_causal;
  return {.leaves = leaves, .call = [leaves, is_causal] {
            return scaled_dot_product_attention(leaves[0], leaves[1], leaves[2], {.is_causal = is_causal});
          }};
}

}  // namespace

void add_sequence_rows(const Plan& plan) {
  for (const RecurrentShape& s : lstms) {
    add_op(plan, concat("lstm/", s.name), [s] { return make_op(RnnCell::lstm, s); });
  }
  for (const RecurrentShape& s : grus) {
    add_op(plan, concat("gru/", s.name), [s] { return make_op(RnnCell::gru, s); });
  }
  for (const AttentionShape& s : attentions) {
    add_op(plan, concat("attention/", s.name), [s] { return make_op(s); });
  }
}

}  // namespace bench
