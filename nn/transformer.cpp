#include <reel/autograd/ops/arithmetic.h>
#include <reel/nn/transformer.h>

namespace reel::nn {
namespace {

LayerNorm norm_of(const TransformerEncoderLayerOptions& o) {
  return LayerNorm(o.d_model, {.eps = o.layer_norm_eps, .bias = o.bias});
}

/// The children of an encoder, by number.
struct Layers : Module {
  [[nodiscard]] std::string describe() const override { return "Layers"; }
  TransformerEncoderLayer& append(std::int64_t i, TransformerEncoderLayer layer) {
    return add(std::to_string(i), std::move(layer));
  }
};

}  // namespace

TransformerEncoderLayer::TransformerEncoderLayer(const TransformerEncoderLayerOptions& o)
    : is_gelu_(o.activation == "gelu"),
      norm_first_(o.norm_first),
      self_attn_(add("self_attn", MultiheadAttention({.embed_dim = o.d_model,
                                                      .num_heads = o.nhead,
                                                      .dropout = o.dropout,
                                                      .bias = o.bias,
                                                      .batch_first = o.batch_first}))),
      linear1_(add("linear1", Linear(o.d_model, o.dim_feedforward, o.bias))),
      dropout_(add("dropout", Dropout(o.dropout))),
      linear2_(add("linear2", Linear(o.dim_feedforward, o.d_model, o.bias))),
      norm1_(add("norm1", norm_of(o))),
      norm2_(add("norm2", norm_of(o))),
      dropout1_(add("dropout1", Dropout(o.dropout))),
      dropout2_(add("dropout2", Dropout(o.dropout))) {
  require<ValueError>(is_gelu_ || o.activation == "relu", "TransformerEncoderLayer",
                      "the activation may be relu or gelu, got ", o.activation);
}

Variable TransformerEncoderLayer::attend(const Variable& x, const AttentionMasks& masks) {
  return dropout1_(masks.any() ? self_attn_.run(x, masks) : self_attn_(x));  // a plain call has hooks
}

Variable TransformerEncoderLayer::feed_forward(const Variable& x) {
  const Variable hidden = linear1_(x);
  return dropout2_(linear2_(dropout_(is_gelu_ ? gelu(hidden) : relu(hidden))));
}

Variable TransformerEncoderLayer::run(const Variable& x, const AttentionMasks& masks) {
  const auto call = enter(x);
  if (norm_first_) {
    const Variable between = x + attend(norm1_(x), masks);
    return between + feed_forward(norm2_(between));
  }
  const Variable between = norm1_(x + attend(x, masks));
  return norm2_(between + feed_forward(between));
}

TransformerEncoder::TransformerEncoder(const TransformerEncoderLayerOptions& options, std::int64_t num_layers,
                                       bool final_norm) {
  require<ValueError>(num_layers >= 1, "TransformerEncoder", "num_layers must be at least 1, got ", num_layers);
  Layers& layers = add("layers", Layers());
  for (std::int64_t i = 0; i < num_layers; ++i) {
    layers_.push_back(&layers.append(i, TransformerEncoderLayer(options)));
  }
  if (final_norm) norm_ = &add("norm", norm_of(options));
}

Variable TransformerEncoder::run(const Variable& x, const AttentionMasks& masks) {
  const auto call = enter(x);
  Variable out = x;
  for (TransformerEncoderLayer* layer : layers_) out = masks.any() ? layer->run(out, masks) : (*layer)(out);
  return norm_ == nullptr ? out : (*norm_)(out);
}

}  // namespace reel::nn
