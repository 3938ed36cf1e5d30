#pragma once

#include <reel/nn/module.h>

namespace reel::nn {

/// x [..., in_features] -> [..., out_features]: x weight^T + bias. Parameters: weight [out, in], bias [out].
class Linear : public Module {
 public:
  /// Throws ValueError for sizes below 1.
  Linear(std::int64_t in_features, std::int64_t out_features, bool bias = true);

  /// [out_features, in_features]
  [[nodiscard]] const Variable& weight() const { return *weight_; }
  /// Undefined without one.
  [[nodiscard]] Variable bias() const { return bias_ == nullptr ? Variable() : *bias_; }
  [[nodiscard]] std::string describe() const override;

 protected:
  Variable forward(const Variable& x) final {
    LayersBehind none;
    return forward_with(x, none);
  }
  Variable forward_with(const Variable& x, LayersBehind& behind) override;

 private:
  const Variable* weight_ = nullptr;  // owned as parameters
  const Variable* bias_ = nullptr;
};

}  // namespace reel::nn
