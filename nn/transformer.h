#pragma once

#include <reel/nn/activation.h>
#include <reel/nn/attention.h>
#include <reel/nn/layer_norm.h>
#include <string_view>
#include <vector>

/// The encoder of a transformer (Vaswani et al., 2017). Names, defaults and parameters are PyTorch's.
namespace reel::nn {

/// What a TransformerEncoderLayer is made of.
struct TransformerEncoderLayerOptions {
  std::int64_t d_model = 0;             ///< E: numbers of a vector, in and out
  std::int64_t nhead = 1;               ///< heads of the attention, which divide E
  std::int64_t dim_feedforward = 2048;  ///< numbers between the two linear layers
  double dropout =
      0.1;  ///< in training, of the attention's weights, behind the activation, and of what each part gives
  std::string_view activation = "relu";  ///< or "gelu"
  double layer_norm_eps = 1e-5;          ///< added to the variance in both LayerNorms
  bool batch_first = false;              ///< [N, T, E] in and out, and not [T, N, E]
  bool norm_first = false;               ///< normalise what goes into a part, and not its sum with the input
  bool bias = true;                      ///< add biases in all linear maps and normalisations
};

/// x [T, N, E], with batch_first [N, T, E], or [T, E] -> the same: attention of x to itself, then two linear layers
/// with an activation between them; each part is added to its input and normalised. Children: self_attn, linear1,
/// dropout, linear2, norm1, norm2, dropout1, dropout2.
class TransformerEncoderLayer : public Module {
 public:
  /// Throws ValueError as its layers do, and for another activation.
  explicit TransformerEncoderLayer(const TransformerEncoderLayerOptions& options);

  /// With masks for the attention.
  [[nodiscard]] Variable run(const Variable& x, const AttentionMasks& masks);
  [[nodiscard]] std::string describe() const override { return "TransformerEncoderLayer"; }

 protected:
  Variable forward(const Variable& x) override { return run(x, {}); }

 private:
  Variable attend(const Variable& x, const AttentionMasks& masks);
  Variable feed_forward(const Variable& x);

  bool is_gelu_, norm_first_;
  MultiheadAttention& self_attn_;
  Linear& linear1_;
  Dropout& dropout_;
  Linear& linear2_;
  LayerNorm& norm1_;
  LayerNorm& norm2_;
  Dropout& dropout1_;
  Dropout& dropout2_;
};

/// Layers one after another, as layers.0, layers.1, ..., and with `final_norm` a LayerNorm behind them, as norm. Each
/// layer starts with weights of its own (PyTorch's are copies of one).
class TransformerEncoder : public Module {
 public:
  /// Throws ValueError for less than one layer.
  TransformerEncoder(const TransformerEncoderLayerOptions& options, std::int64_t num_layers, bool final_norm = false);

  /// With masks for the attention of every layer.
  [[nodiscard]] Variable run(const Variable& x, const AttentionMasks& masks);
  [[nodiscard]] std::string describe() const override { return "TransformerEncoder"; }

 protected:
  Variable forward(const Variable& x) override { return run(x, {}); }

 private:
  std::vector<TransformerEncoderLayer*> layers_;  // owned as children
  LayerNorm* norm_ = nullptr;
};

}  // namespace reel::nn
