#pragma once

#include <optional>
#include <reel/autograd/variable.h>
#include <reel/core/random.h>

/// Attention (Vaswani et al., 2017), with PyTorch's conventions. Letters: N sequences, L queries and S keys of each, E
/// numbers of a vector, H heads. Throws ShapeError, TypeError and ValueError.
namespace reel {

/// How scaled_dot_product_attention() attends.
struct AttentionOptions {
  /// What is added to the scores, or a bool that is true where a query may attend to a key; broadcasts to [..., L, S].
  Variable attn_mask = {};
  /// With it, weights are dropped; the mean stays. It is applied whenever it is above 0.
  double dropout_p = 0;
  /// Query i attends to the keys up to i alone. Not beside a mask.
  bool is_causal = false;
  /// What the scores are multiplied by; 1 / sqrt(E) where there is none.
  std::optional<double> scale = {};
};

/// softmax(scale query key^T + mask) value: query [..., L, E], key [..., S, E], value [..., S, V] -> [..., L, V];
/// leading axes broadcast. A query that may attend to no key gets zeros.
[[nodiscard]] Variable scaled_dot_product_attention(const Variable& query, const Variable& key, const Variable& value,
                                                    const AttentionOptions& options = {},
                                                    Generator& generator = default_generator());

/// The weights of multi-head attention. The first E rows of what goes in make the queries, then come keys and values.
struct MultiHeadWeights {
  Variable in_proj_weight;        ///< [3E, E]
  Variable in_proj_bias = {};     ///< [3E] or none
  Variable out_proj_weight = {};  ///< [E, E]
  Variable out_proj_bias = {};    ///< [E] or none
};

/// How multi_head_attention() attends.
struct MultiHeadOptions {
  /// H, which must divide E.
  std::int64_t num_heads = 1;
  /// The batch is the first axis, [N, L, E], and not the second.
  bool batch_first = false;
  /// The probability with which a weight is dropped, in training alone.
  double dropout_p = 0;
  /// Whether weights are dropped.
  bool training = true;
  /// [N, S] (or [S]): true where a key is padding, that nobody may attend to; or numbers that are added to the scores.
  Tensor key_padding_mask = {};
  /// [L, S] or [N*H, L, S]: true where a query may NOT attend to a key, or numbers that are added to the scores.
  Tensor attn_mask = {};
  /// Query i attends to the keys up to i alone.
  bool is_causal = false;
  /// Give the weights, too, and of all heads their mean or each:
  bool need_weights = true;
  bool average_attn_weights = true;
};

/// What multi_head_attention() gives.
struct MultiHeadOutput {
  Variable output;   ///< as the query
  Variable weights;  ///< [N, L, S], or [N, H, L, S] of single heads; undefined where they are not needed
};

/// Attention of H heads, each with E / H numbers of a linear map of the inputs, joined by another one: query [L, N, E],
/// key and value [S, N, E], with batch_first [N, L, E] and so on, or without N. Where key and value are undefined, they
/// are the query. Bool masks have the opposite sense of the one above, as in PyTorch.
[[nodiscard]] MultiHeadOutput multi_head_attention(const Variable& query, const Variable& key, const Variable& value,
                                                   const MultiHeadWeights& weights, const MultiHeadOptions& options,
                                                   Generator& generator = default_generator());

}  // namespace reel
