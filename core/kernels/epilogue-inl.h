// What a convolution does to its sums as it writes them. Read once for each instruction set, as lanes-inl.h is.
#if defined(REEL_CORE_KERNELS_EPILOGUE_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef REEL_CORE_KERNELS_EPILOGUE_INL_H
#undef REEL_CORE_KERNELS_EPILOGUE_INL_H
#else
#define REEL_CORE_KERNELS_EPILOGUE_INL_H
#endif

#include <reel/core/kernels/activation.h>
#include <reel/core/kernels/lanes-inl.h>

HWY_BEFORE_NAMESPACE();
namespace reel::kernels::HWY_NAMESPACE {

/// Bias and activation of an output channel.
struct ChannelEnd {
  Vec bias;
  bool is_relu;

  HWY_INLINE Vec operator()(Vec sum) const {
    const Vec v = hn::Add(sum, bias);
    return is_relu ? relu(v) : v;
  }
};

/// Those of all channels, from the first one on.
struct ChannelEnds {
  const float* bias;  // or null
  Activation activation;

  [[nodiscard]] ChannelEnds from(std::int64_t channel) const {
    return {bias == nullptr ? nullptr : bias + channel, activation};
  }
  /// For sums of the first channel.
  [[nodiscard]] HWY_INLINE ChannelEnd first() const {
    return {fill(bias == nullptr ? 0.0F : *bias), activation == Activation::relu};
  }
  /// For the first `count` <= lanes channels, each in a lane of its own.
  [[nodiscard]] HWY_INLINE ChannelEnd block(std::int64_t count) const {
    HWY_ALIGN float each[lanes] = {};
    if (bias != nullptr) std::copy_n(bias, count, each);
    return {load(each), activation == Activation::relu};
  }
};

}  // namespace reel::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
