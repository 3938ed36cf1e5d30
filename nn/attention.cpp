#include <reel/nn/attention.h>
#include <reel/nn/init.h>

namespace reel::nn {

MultiheadAttention::MultiheadAttention(const MultiheadAttentionOptions& options) : options_(options) {
  const MultiheadAttentionOptions& o = options_;
  require<ValueError>(o.embed_dim >= 1 && o.num_heads >= 1 && o.embed_dim % o.num_heads == 0, "MultiheadAttention",
                      "num_heads must divide embed_dim, got ", o.num_heads, " and ", o.embed_dim);
  require<ValueError>(o.dropout >= 0 && o.dropout <= 1, "MultiheadAttention", "wants a dropout in [0, 1], got ",
                      o.dropout);
  in_proj_weight_ = &parameter("in_proj_weight", init::xavier_uniform({3 * o.embed_dim, o.embed_dim}));
  if (o.bias) in_proj_bias_ = &parameter("in_proj_bias", Tensor::zeros({3 * o.embed_dim}));
  out_proj_ = &add("out_proj", Linear(o.embed_dim, o.embed_dim, o.bias));
  if (Tensor bias = out_proj_->bias().value(); bias.defined()) bias.fill(0);
}

MultiHeadOutput MultiheadAttention::attend(const Variable& query, const Variable& key, const Variable& value,
                                           const AttentionMasks& masks, bool need_weights) const {
  const auto call = enter(query, key, value);
  return multi_head_attention(query, key, value,
                              {.in_proj_weight = *in_proj_weight_,
                               .in_proj_bias = in_proj_bias_ == nullptr ? Variable() : *in_proj_bias_,
                               .out_proj_weight = out_proj_->weight(),
                               .out_proj_bias = out_proj_->bias()},
                              {.num_heads = options_.num_heads,
                               .batch_first = options_.batch_first,
                               .dropout_p = options_.dropout,
                               .training = is_training(),
                               .key_padding_mask = masks.key_padding_mask,
                               .attn_mask = masks.attn_mask,
                               .is_causal = masks.is_causal,
                               .need_weights = need_weights});
}

MultiHeadOutput MultiheadAttention::run(const Variable& query, const Variable& key, const Variable& value,
                                        const AttentionMasks& masks) {
  return attend(query, key, value, masks, true);
}

Variable MultiheadAttention::run(const Variable& x, const AttentionMasks& masks) {
  return attend(x, {}, {}, masks, false).output;
}

std::string MultiheadAttention::describe() const {
  return concat("MultiheadAttention(", options_.embed_dim, ", num_heads=", options_.num_heads,
                options_.dropout != 0 ? concat(", dropout=", options_.dropout) : "",
                options_.bias ? "" : ", bias=false", options_.batch_first ? ", batch_first=true" : "", ')');
}

}  // namespace reel::nn
