#include <cmath>
#include <limits>
#include <reel/autograd/ops/activation.h>
#include <reel/autograd/ops/arithmetic.h>
#include <reel/autograd/ops/attention.h>
#include <reel/autograd/ops/composed.h>
#include <reel/autograd/ops/matmul.h>
#include <reel/autograd/ops/reduce.h>
#include <reel/autograd/ops/view.h>
#include <reel/autograd/tape.h>
#include <reel/core/kernels/attention.h>
#include <reel/core/profiler.h>

namespace reel {
namespace {

constexpr double minus_infinity = -std::numeric_limits<double>::infinity();

/// A mask as numbers to add to the scores: -infinity where a bool has the value `forbidden`.
Variable additive(const Variable& mask, bool forbidden, DType dtype) {
  if (!mask.defined() || mask.dtype() != boolean) return mask;
  const Tensor zero = Tensor::zeros({}, dtype);
  const Tensor never = Tensor::full({}, minus_infinity, dtype);
  return where(mask.value(), forbidden ? never : zero, forbidden ? zero : never);
}

/// [L, S]: 0 up to the diagonal, -infinity above it.
Tensor causal_mask(std::int64_t queries, std::int64_t keys, DType dtype) {
  const Tensor row = Tensor::arange(0, static_cast<double>(queries), 1, dtype).unsqueeze(1);
  const Tensor column = Tensor::arange(0, static_cast<double>(keys), 1, dtype);
  return additive(le(column, row), false, dtype).value();
}

/// Softmax along the last axis, and zeros where all of it is -infinity.
Variable safe_softmax(const Variable& scores) {
  const Tensor is_dead = eq(max(scores.value(), {-1}, true), scalar_like(minus_infinity, scores.value()));
  const bool has_dead = max(is_dead.to(float32)).item() > 0;
  const Variable zero = scalar_like(0, scores.value());
  if (!has_dead) return softmax(scores);
  return where(is_dead, zero, softmax(where(is_dead, zero, scores)));
}

void require_attention(std::string_view op, const Variable& query, const Variable& key, const Variable& value) {
  for (const Variable* v : {&query, &key, &value}) {
    require_defined(op, v->value());
    require<ShapeError>(v->rank() >= 2, op, "query, key and value want two axes or more, got ", v->shape());
    require_same_dtype(op, query.value(), v->value());
  }
  visit_floats(op, query.dtype(), [](auto) {});
  require<ShapeError>(query.size(-1) == key.size(-1), op, "query ", query.shape(), " and key ", key.shape(),
                      " differ in their last axis");
  require<ShapeError>(key.size(-2) == value.size(-2), op, "key ", key.shape(), " has ", key.size(-2), " keys, value ",
                      value.shape(), " has ", value.size(-2));
  require<ShapeError>(key.size(-2) >= 1 && query.size(-1) >= 1, op, "key ", key.shape(), " has no elements");
}

/// How much each query takes of each key's value, after dropout: [..., L, S].
Variable attention_weights(const Variable& query, const Variable& key, const Variable& mask, double scale,
                           double dropout_p, Generator& generator) {
  Variable scores = matmul(query * scale, transpose(key, -1, -2));
  if (mask.defined()) scores = scores + mask;
  return dropout(mask.defined() ? safe_softmax(scores) : softmax(scores), dropout_p, true, generator);
}

using In = std::vector<Variable>;

/// Attention in differentiable ops, one after the other: of query, key, value, and a mask where there is one.
Variable attend_by_ops(const In& in, bool is_causal, double scale, double dropout_p, Generator& generator) {
  Variable mask = in.size() > 3 ? in[3] : Variable();
  if (is_causal) mask = causal_mask(in[0].size(-2), in[1].size(-2), in[0].dtype());
  return matmul(attention_weights(in[0], in[1], mask, scale, dropout_p, generator), in[2]);
}

/// The same by kernels.
Variable attend(const In& in, bool is_causal, double scale) {
  const kernels::Attention attention{.query = in[0].value(),
                                     .key = in[1].value(),
                                     .value = in[2].value(),
                                     .mask = in.size() > 3 ? in[3].value() : Tensor(),
                                     .is_causal = is_causal,
                                     .scale = scale};
  const kernels::Attended out = kernels::attend(attention);
  const std::vector<InputRef> inputs(in.begin(), in.end());
  return record(
      "scaled_dot_product_attention", inputs, out.output,
      [in, attention, out](const Variable& grad, const Step& step) -> Gradients {
        if (Tape::current() != nullptr || (in.size() > 3 && step.wants(3))) {
          const auto by_ops = [&](const In& v) {
            return attend_by_ops(v, attention.is_causal, attention.scale, 0, default_generator());
          };
          return composed_gradients(by_ops, in, grad, step);
        }
        if (Profiler* profiler = Profiler::current()) {  // the scores anew, and two gradients for each product
          const std::int64_t scores = in[0].numel() / in[0].size(-1) * in[1].size(-2);
          profiler->count(scores * (3 * in[0].size(-1) + 2 * in[2].size(-1)));
        }
        const kernels::AttentionGrads grads = kernels::attend_grads(attention, out, grad.value());
        Gradients gradients{grads.query, grads.key, grads.value};
        gradients.resize(in.size());
        return gradients;
      },
      {{"is_causal", is_causal, false}, {"scale", scale}});
}

/// Gives all the same leading axes.
void expand_batch(std::string_view op, In& in, const Variable& mask) {
  const auto join = [op](const Shape& batch, const Shape& s) {
    return broadcast_shapes(op, batch, Shape(std::span(s.begin(), static_cast<std::size_t>(s.rank() - 2))));
  };
  Shape batch;
  for (const Variable& v : in) batch = join(batch, v.shape());
  if (mask.defined() && mask.rank() > 2) batch = join(batch, mask.shape());
  for (Variable& v : in) {
    Shape wanted = batch;
    wanted.push_back(v.size(-2));
    wanted.push_back(v.size(-1));
    if (v.shape() != wanted) v = expand(v, wanted);
  }
}

}  // namespace

Variable scaled_dot_product_attention(const Variable& query, const Variable& key, const Variable& value,
                                      const AttentionOptions& options, Generator& generator) {
  constexpr std::string_view op = "scaled_dot_product_attention";
  require_attention(op, query, key, value);
  require<ValueError>(options.dropout_p >= 0 && options.dropout_p <= 1, op, "wants a dropout_p in [0, 1], got ",
                      options.dropout_p);
  const std::int64_t queries = query.size(-2), keys = key.size(-2);
  Variable mask = additive(options.attn_mask, false, query.dtype());
  require<ValueError>(!mask.defined() || !options.is_causal, op, "takes a mask or is_causal, not both");
  if (mask.defined()) {
    require_same_dtype(op, query.value(), mask.value());
    const Shape sizes{queries, keys};
    const auto fits = [&](int axis) {
      return mask.rank() < -axis || mask.size(axis) == 1 || mask.size(axis) == sizes[2 + axis];
    };
    require<ShapeError>(fits(-1) && fits(-2), op, "a mask for ", queries, " queries and ", keys,
                        " keys broadcasts to [..., ", queries, ", ", keys, "], got ", mask.shape());
  }
  const double scale = options.scale.value_or(1 / std::sqrt(static_cast<double>(query.size(-1))));
  In in{query, key, value};
  expand_batch(op, in, mask);
  if (mask.defined()) in.push_back(mask);
  if (options.dropout_p == 0) return attend(in, options.is_causal, scale);
  return attend_by_ops(in, options.is_causal, scale, options.dropout_p, generator);
}

namespace {

/// Queries, keys and values of all heads, [N, H, L or S, E / H].
struct Heads {
  Variable query, key, value;
};

/// [L, N, E] -> [N, H, L, E / H]
Variable split_heads(const Variable& x, std::int64_t heads) {
  return permute(reshape(x, {x.size(0), x.size(1), heads, x.size(2) / heads}), {1, 2, 0, 3});
}

Variable part(const Variable& v, std::int64_t axis, std::int64_t i, std::int64_t count = 1) {
  const std::int64_t size = v.size(axis) / 3;
  return narrow(v, axis, i * size, count * size);
}

Heads project(const Variable& query, const Variable& key, const Variable& value, const MultiHeadWeights& weights,
              std::int64_t heads) {
  const Variable& weight = weights.in_proj_weight;
  const Variable& bias = weights.in_proj_bias;
  Variable parts[3];
  if (!key.defined() && !value.defined()) {
    const Variable all = linear(query, weight, bias);
    for (int i = 0; i < 3; ++i) parts[i] = part(all, 2, i);
  } else {
    const Variable inputs[] = {query, key.defined() ? key : query, value.defined() ? value : query};
    for (int i = 0; i < 3; ++i) {
      parts[i] = linear(inputs[i], part(weight, 0, i), bias.defined() ? part(bias, 0, i) : Variable());
    }
  }
  for (Variable& v : parts) v = split_heads(v, heads);
  return {parts[0], parts[1], parts[2]};
}

void require_weights(std::string_view op, const Variable& query, const MultiHeadWeights& weights,
                     std::int64_t num_heads) {
  require_defined(op, query.value());
  require<ShapeError>(query.rank() == 2 || query.rank() == 3, op, "query wants shape [L, N, E] or [L, E], got ",
                      query.shape());
  const std::int64_t width = query.size(-1);
  require<ValueError>(num_heads >= 1 && width % num_heads == 0, op, "num_heads ", num_heads, " must divide ", width,
                      ", the width of the query");
  const auto check = [&](std::string_view what, const Variable& v, const Shape& wanted, bool is_needed) {
    if (!v.defined() && !is_needed) return;
    require_defined(op, v.value());
    require<ShapeError>(v.shape() == wanted, op, what, " wants shape ", wanted, ", got ", v.shape());
  };
  check("in_proj_weight", weights.in_proj_weight, {3 * width, width}, true);
  check("in_proj_bias", weights.in_proj_bias, {3 * width}, false);
  check("out_proj_weight", weights.out_proj_weight, {width, width}, true);
  check("out_proj_bias", weights.out_proj_bias, {width}, false);
}

/// All masks in one that is added to scores [N, H, L, S], or undefined.
Tensor join_masks(std::string_view op, const Heads& heads, const MultiHeadOptions& options) {
  const std::int64_t batch = heads.query.size(0), count = heads.query.size(1);
  const std::int64_t queries = heads.query.size(2), keys = heads.key.size(2);
  const DType dtype = heads.query.dtype();
  Tensor mask = options.is_causal ? causal_mask(queries, keys, dtype) : Tensor();
  const auto add = [&](const Tensor& more) {
    require_same_dtype(op, heads.query.value(), more);
    mask = mask.defined() ? mask + more : more;
  };
  if (options.attn_mask.defined()) {
    const Shape each{batch * count, queries, keys};
    const Shape one{queries, keys};
    const Shape& got = options.attn_mask.shape();
    require<ShapeError>(got == each || got == one, op, "attn_mask wants shape ", one, " or ", each, ", got ", got);
    const Tensor numbers = additive(options.attn_mask, true, dtype).value();
    add(got == one ? numbers : numbers.reshape({batch, count, queries, keys}));
  }
  if (options.key_padding_mask.defined()) {
    const Shape wanted{batch, keys};
    Tensor given = options.key_padding_mask;
    if (given.rank() == 1) given = given.unsqueeze(0);
    require<ShapeError>(given.shape() == wanted, op, "key_padding_mask wants shape ", wanted, ", got ", given.shape());
    add(additive(given, true, dtype).value().reshape({batch, 1, 1, keys}));
  }
  return mask;
}

/// x [L, N, E], whatever it was: with the batch first, or without one.
Variable steps_first(const Variable& x, bool has_batch, bool batch_first) {
  if (!x.defined()) return x;
  if (!has_batch) return unsqueeze(x, 1);
  return batch_first ? transpose(x, 0, 1) : x;
}

}  // namespace

MultiHeadOutput multi_head_attention(const Variable& query, const Variable& key, const Variable& value,
                                     const MultiHeadWeights& weights, const MultiHeadOptions& options,
                                     Generator& generator) {
  constexpr std::string_view op = "multi_head_attention";
  require_weights(op, query, weights, options.num_heads);
  const bool has_batch = query.rank() == 3;
  for (const Variable* v : {&key, &value}) {
    require<ShapeError>(!v->defined() || (v->rank() == query.rank() && v->size(-1) == query.size(-1)), op, "query ",
                        query.shape(), " wants keys and values of as many axes and the same width, got ",
                        v->defined() ? v->shape() : Shape{});
  }
  const auto turned = [&](const Variable& x) { return steps_first(x, has_batch, options.batch_first); };
  const Heads heads = project(turned(query), turned(key), turned(value), weights, options.num_heads);
  require<ShapeError>(heads.key.size(0) == heads.query.size(0) && heads.value.shape() == heads.key.shape(), op,
                      "query ", query.shape(), ", key ", key.defined() ? key.shape() : query.shape(), " and value ",
                      value.defined() ? value.shape() : query.shape(), " don't belong together");
  const Tensor mask = join_masks(op, heads, options);
  const double dropout_p = options.training ? options.dropout_p : 0;
  MultiHeadOutput out;
  Variable joined;
  if (options.need_weights) {
    const double scale = 1 / std::sqrt(static_cast<double>(heads.query.size(3)));
    const Variable found = attention_weights(heads.query, heads.key, mask, scale, dropout_p, generator);
    joined = matmul(found, heads.value);
    out.weights = options.average_attn_weights ? mean(found, {1}) : found;
    if (!has_batch) out.weights = squeeze(out.weights, 0);
  } else {
    joined = scaled_dot_product_attention(heads.query, heads.key, heads.value,
                                          {.attn_mask = mask, .dropout_p = dropout_p}, generator);
  }
  // [N, H, L, E / H] -> [L, N, E], or with the batch first at once
  const bool ends_batch_first = has_batch && options.batch_first;
  const Variable rows = ends_batch_first ? permute(joined, {0, 2, 1, 3}) : permute(joined, {2, 0, 1, 3});
  out.output = linear(flatten(rows, 2, 3), weights.out_proj_weight, weights.out_proj_bias);
  if (!has_batch) out.output = squeeze(out.output, 1);
  return out;
}

}  // namespace reel
