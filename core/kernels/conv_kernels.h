#pragma once

#include <reel/core/kernels/conv.h>

namespace reel::kernels {

/// What the sums of the output channels go through on their way to memory: times scale, plus bias, and the activation.
struct ChannelEnds {
  const float* scale;  // or null
  const float* bias;   // or null
  Activation activation;

  [[nodiscard]] ChannelEnds from(std::int64_t channel) const {
    const auto at = [channel](const float* channels) { return channels == nullptr ? nullptr : channels + channel; };
    return {at(scale), at(bias), activation};
  }
};
inline constexpr ChannelEnds plain_ends{nullptr, nullptr, Activation::none};

/// The three kernels of an algorithm that reads and writes contiguous float32: y [N, O, OH, OW] of x [N, C, H, W] and
/// w [O, C/G, KH, KW], and the gradients for x and w.
struct ConvKernels {
  void (*forward)(const float* x, const float* w, const ChannelEnds& ends, float* y, const Conv2dGeometry& g);
  void (*input_grad)(const float* grad, const float* w, float* dx, const Conv2dGeometry& g);
  void (*weight_grad)(const float* x, const float* grad, float* dw, const Conv2dGeometry& g);
};

}  // namespace reel::kernels
