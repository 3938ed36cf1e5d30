#pragma once

#include <reel/core/kernels/conv.h>
#include <reel/nn/module.h>

namespace reel::nn {

/// Names and defaults are PyTorch's; padding takes "same" with any stride (see Padding).
struct Conv2dOptions {
  std::int64_t in_channels = 0;
  std::int64_t out_channels = 0;
  Pair kernel_size = 0;
  Pair stride = 1;
  Padding padding = 0;
  Pair dilation = 1;
  std::int64_t groups = 1;
  bool bias = true;
};

/// x [N, in_channels, H, W] -> [N, out_channels, OH, OW]; see reel::conv2d.
/// Parameters: weight [out_channels, in_channels / groups, KH, KW], bias [out_channels].
class Conv2d : public Module {
 public:
  /// Throws ValueError for sizes below 1, negative padding, and groups that do not divide both channel counts.
  explicit Conv2d(const Conv2dOptions& options);

  [[nodiscard]] const Variable& weight() const { return *weight_; }
  /// Undefined without one.
  [[nodiscard]] Variable bias() const { return bias_ == nullptr ? Variable() : *bias_; }
  [[nodiscard]] const Conv2dOptions& options() const { return options_; }
  [[nodiscard]] std::string describe() const override;

 protected:
  Variable forward(const Variable& x) final {
    LayersBehind none;
    return forward_with(x, none);
  }
  Variable forward_with(const Variable& x, LayersBehind& behind) override;

 private:
  Conv2dOptions options_;
  const Variable* weight_ = nullptr;  // owned as parameters
  const Variable* bias_ = nullptr;
};

}  // namespace reel::nn
