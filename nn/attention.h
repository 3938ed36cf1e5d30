#pragma once

#include <reel/autograd/ops/attention.h>
#include <reel/nn/linear.h>

namespace reel::nn {

/// What a MultiheadAttention is made of.
struct MultiheadAttentionOptions {
  std::int64_t embed_dim = 0;  ///< E: numbers of a vector, in and out
  std::int64_t num_heads = 1;  ///< H, which divides E
  double dropout = 0;          ///< of the attention's weights, in training
  bool bias = true;            ///< add a bias in all four linear maps
  bool batch_first = false;    ///< [N, L, E] in and out, and not [L, N, E]
};

/// What one call of MultiheadAttention may have beside its inputs; see reel::MultiHeadOptions.
struct AttentionMasks {
  Tensor key_padding_mask = {};  ///< [N, S]: true where a key is padding
  Tensor attn_mask = {};         ///< [L, S] or [N*H, L, S]: true where a query may not attend to a key
  bool is_causal = false;        ///< query i attends to the keys up to i alone

  /// Whether there is any.
  [[nodiscard]] bool any() const { return key_padding_mask.defined() || attn_mask.defined() || is_causal; }
};

/// Attention of several heads; see reel::multi_head_attention. Parameters: in_proj_weight [3E, E], in_proj_bias [3E],
/// out_proj.weight [E, E], out_proj.bias [E]; they start as PyTorch's, with biases of zero.
///
///     nn::MultiheadAttention attention({.embed_dim = 64, .num_heads = 4, .batch_first = true});
///     const Variable y = attention(x);                            // x attends to itself
///     const auto [output, weights] = attention.run(x, memory, memory);
class MultiheadAttention : public Module {
 public:
  /// Throws ValueError for sizes below 1, heads that do not divide embed_dim, and a dropout outside [0, 1].
  explicit MultiheadAttention(const MultiheadAttentionOptions& options);

  /// The output and the mean of the heads' weights.
  [[nodiscard]] MultiHeadOutput run(const Variable& query, const Variable& key, const Variable& value,
                                    const AttentionMasks& masks = {});
  /// The output of x that attends to itself.
  [[nodiscard]] Variable run(const Variable& x, const AttentionMasks& masks);
  /// As they were given.
  [[nodiscard]] const MultiheadAttentionOptions& options() const { return options_; }
  [[nodiscard]] std::string describe() const override;

 protected:
  Variable forward(const Variable& x) override { return run(x, {}); }

 private:
  MultiHeadOutput attend(const Variable& query, const Variable& key, const Variable& value, const AttentionMasks& masks,
                         bool need_weights) const;

  MultiheadAttentionOptions options_;
  const Variable* in_proj_weight_ = nullptr;  // owned as parameters
  const Variable* in_proj_bias_ = nullptr;
  Linear* out_proj_ = nullptr;  // owned as a child
};

}  // namespace reel::nn
