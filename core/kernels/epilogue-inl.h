// What a convolution does to its sums as it writes them. Read once for each instruction set, as lanes-inl.h is.
#if defined(REEL_CORE_KERNELS_EPILOGUE_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef REEL_CORE_KERNELS_EPILOGUE_INL_H
#undef REEL_CORE_KERNELS_EPILOGUE_INL_H
#else
#define REEL_CORE_KERNELS_EPILOGUE_INL_H
#endif

#include <reel/core/kernels/conv_kernels.h>
#include <reel/core/kernels/lanes-inl.h>

HWY_BEFORE_NAMESPACE();
namespace reel::kernels::HWY_NAMESPACE {

/// Scale, bias and activation of an output channel.
struct ChannelEnd {
  Vec scale, bias;
  bool is_relu;

  HWY_INLINE Vec operator()(Vec sum) const {
    const Vec v = hn::MulAdd(sum, scale, bias);
    return is_relu ? relu(v) : v;
  }
};

/// For sums of the first channel.
HWY_INLINE ChannelEnd first_end(const ChannelEnds& ends) {
  return {fill(ends.scale == nullptr ? 1.0F : *ends.scale), fill(ends.bias == nullptr ? 0.0F : *ends.bias),
          ends.activation == Activation::relu};
}
/// For the first `count` <= lanes channels, each in a lane of its own.
HWY_INLINE ChannelEnd block_end(const ChannelEnds& ends, std::int64_t count) {
  return {ends.scale == nullptr ? fill(1) : load_some(ends.scale, count),
          ends.bias == nullptr ? fill(0) : load_some(ends.bias, count), ends.activation == Activation::relu};
}

/// y[i] = the sums of add_terms through the end of channel i, for i < Rows. The memory of y is fetched meanwhile.
template <int Rows, int Blocks, class A, class At, class B>
HWY_INLINE void multiply_through(const A& a, const At& at, const B& b, std::int64_t n, const ChannelEnds& ends,
                                 float* y, std::int64_t y_row) {
  Vec sum[Blocks][Rows];
  HWY_UNROLL(8)
  for (int i = 0; i < Rows; ++i) {
    HWY_UNROLL(2)
    for (int v = 0; v < Blocks; ++v) {
      sum[v][i] = hn::Zero(Floats());
      __builtin_prefetch(y + i * y_row + v * lanes, 1);
    }
  }
  add_terms(sum, a, at, b, lanes, n);
  HWY_UNROLL(8)
  for (int i = 0; i < Rows; ++i) {
    const ChannelEnd finish = first_end(ends.from(i));
    HWY_UNROLL(2)
    for (int v = 0; v < Blocks; ++v) store(finish(sum[v][i]), y + i * y_row + v * lanes);
  }
}

}  // namespace reel::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
