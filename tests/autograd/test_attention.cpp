#include <doctest/doctest.h>

#include <reel/autograd/ops/attention.h>
#include <reel/autograd/ops/view.h>
#include <reel/autograd/tape.h>
#include <reel/core/kernels/reduce.h>
#include <tests/autograd/errors.h>
#include <tests/autograd/golden.h>
#include <tests/op_table.h>

using namespace reel;
using namespace reel::testing;
using In = std::vector<Variable>;

TEST_CASE("gradients: attention") {
  const auto attend = [](AttentionOptions options) {
    return [options](const In& v) {
      AttentionOptions all = options;
      if (v.size() > 3) all.attn_mask = v[3];
      return scaled_dot_product_attention(v[0], v[1], v[2], all);
    };
  };
  const Tensor mask = Tensor::of({1, 0, 0, 0, 1, 1}, {2, 3}, boolean);
  check_table({
      {"attention", attend({}), {{2, 3, 2}, {2, 4, 2}, {2, 4, 3}}},
      {"attention broadcast", attend({.scale = 0.7}), {{2, 1, 2, 2}, {3, 2, 2}, {3, 2, 1}}},
      {"attention causal", attend({.is_causal = true}), {{3, 2}, {3, 2}, {3, 2}}},
      {"attention with a mask", attend({.attn_mask = mask}), {{2, 2, 2}, {2, 3, 2}, {2, 3, 2}}},
      {"attention with a mask of numbers", attend({}), {{2, 2, 2}, {2, 3, 2}, {2, 3, 2}, {2, 3}}},
      {"attention with dropout",
       [](const In& v) {
         Generator generator(4);
         return scaled_dot_product_attention(v[0], v[1], v[2], {.dropout_p = 0.4}, generator);
       },
       {{3, 2}, {4, 2}, {4, 2}}},
      {"multi-head attention",
       [](const In& v) {
         return multi_head_attention(v[0], v[1], v[1], {v[2], v[3], v[4], v[5]}, {.num_heads = 2}).output;
       },
       {{2, 2, 4}, {3, 2, 4}, {12, 4}, {12}, {4, 4}, {4}},
       -1,
       1},
      {"multi-head attention to itself",
       [](const In& v) {
         return multi_head_attention(v[0], {}, {}, {v[1], v[2], v[3], v[4]},
                                     {.num_heads = 2, .batch_first = true, .is_causal = true, .need_weights = false})
             .output;
       },
       {{1, 3, 4}, {12, 4}, {12}, {4, 4}, {4}},
       -1,
       1},
  });
}

TEST_CASE("attention: a query without keys gets zeros, and no gradient is NaN") {
  const Tensor mask = Tensor::of({0, 0, 1, 1}, {2, 2}, boolean);
  const In leaves{Variable::leaf(normal({2, 3})), Variable::leaf(normal({2, 3})), Variable::leaf(normal({2, 3}))};
  const Tape tape({.check_finite = false});
  const Variable y = scaled_dot_product_attention(leaves[0], leaves[1], leaves[2], {.attn_mask = mask});
  CHECK(max(abs(y.value().select(0, 0))).item() == 0);
  CHECK(max(abs(y.value().select(0, 1))).item() > 0);
  for (const Variable& gradient : grad({y}, leaves, {.grad_outputs = {Tensor::ones({2, 3})}})) {
    CHECK(all_finite(gradient.value()));
  }
}

TEST_CASE("op errors: attention") {
  const Variable q = zeros({2, 3, 4}), k = zeros({2, 5, 4}), v = zeros({2, 5, 6});
  const auto attend = [](const Variable& query, const Variable& key, const Variable& value,
                         const AttentionOptions& options = {}) {
    return call([=] { return scaled_dot_product_attention(query, key, value, options); });
  };
  const std::string name = "scaled_dot_product_attention: ";
  check_errors({
      {attend(q, zeros({2, 5, 3}), v), {"ShapeError: " + name, "[2, 3, 4]", "[2, 5, 3]", "last axis"}},
      {attend(q, k, zeros({2, 4, 6})), {"ShapeError: " + name, "[2, 5, 4]", "[2, 4, 6]"}},
      {attend(q, k, zeros({3, 5, 6})), {"ShapeError: ", "[2", "[3"}},
      {attend(zeros({4}), k, v), {"ShapeError: " + name, "two axes", "[4]"}},
      {attend(q, zeros({2, 0, 4}), zeros({2, 0, 4})), {"ShapeError: " + name, "[2, 0, 4]", "no elements"}},
      {attend(q, zeros({2, 5, 4}, float64), v), {"TypeError: " + name, "float32", "float64"}},
      {attend(q, k, Variable()), {"ValueError: " + name, "undefined"}},
      {attend(q, k, v, {.attn_mask = Tensor::ones({3, 4})}), {"ShapeError: " + name, "[..., 3, 5]", "[3, 4]"}},
      {attend(q, k, v, {.attn_mask = Tensor::ones({3, 5}, float64)}), {"TypeError: " + name, "float64"}},
      {attend(q, k, v, {.attn_mask = Tensor::ones({3, 5}), .is_causal = true}), {"ValueError: " + name, "not both"}},
      {attend(q, k, v, {.dropout_p = 2}), {"ValueError: " + name, "dropout_p", "2"}},
  });
  const auto heads = [](const Variable& query, const Variable& key, MultiHeadWeights weights,
                        const MultiHeadOptions& options) {
    return call([=] { return multi_head_attention(query, key, key, weights, options); });
  };
  const MultiHeadWeights w{zeros({12, 4}), zeros({12}), zeros({4, 4}), zeros({4})};
  MultiHeadWeights bad = w;
  bad.in_proj_weight = zeros({4, 12});
  const Variable x = zeros({3, 2, 4}), other = zeros({5, 2, 4});
  const std::string multi = "multi_head_attention: ";
  check_errors({
      {heads(zeros({4}), {}, w, {}), {"ShapeError: " + multi, "[L, N, E]", "[4]"}},
      {heads(x, {}, w, {.num_heads = 3}), {"ValueError: " + multi, "num_heads 3", "4"}},
      {heads(x, {}, bad, {}), {"ShapeError: " + multi, "in_proj_weight", "[12, 4]", "[4, 12]"}},
      {heads(x, zeros({5, 2, 3}), w, {}), {"ShapeError: " + multi, "[3, 2, 4]", "[5, 2, 3]"}},
      {heads(x, zeros({5, 3, 4}), w, {}), {"ShapeError: " + multi, "[3, 2, 4]", "[5, 3, 4]"}},
      {heads(x, other, w, {.key_padding_mask = Tensor::zeros({2, 3}, boolean)}),
       {"ShapeError: " + multi, "key_padding_mask", "[2, 5]", "[2, 3]"}},
      {heads(x, other, w, {.attn_mask = Tensor::zeros({5, 3}, boolean)}),
       {"ShapeError: " + multi, "attn_mask", "[3, 5]", "[2, 3, 5]", "[5, 3]"}},
      {heads(x, other, w, {.attn_mask = Tensor::zeros({3, 5}, float64)}), {"TypeError: " + multi, "float64"}},
  });
}
