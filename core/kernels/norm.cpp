#include <cmath>
#include <reel/core/kernels/max_pool_two.h>
#include <reel/core/kernels/norm.h>
#include <reel/core/kernels/simd.h>
#include <vector>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "reel/core/kernels/norm.cpp"
#include <hwy/foreach_target.h>

#include <reel/core/kernels/channels-inl.h>

// Some channels are a task: their second pass over memory follows while they are still in the cache.

HWY_BEFORE_NAMESPACE();
namespace reel::kernels::HWY_NAMESPACE {
namespace {

/// y = x * scale + shift, through the activation
template <class T>
struct Affine {
  T scale, shift;

  HWY_INLINE void run(const T* x, T* y, std::int64_t n, Activation activation) const {
    for_each_vector<T>(n, [&](auto d, std::int64_t i) HWY_ATTR {
      const auto v = hn::MulAdd(hn::LoadU(d, x + i), hn::Set(d, scale), hn::Set(d, shift));
      const bool is_relu = activation == Activation::relu;
      hn::StoreU(is_relu ? hn::IfThenZeroElse(hn::Lt(v, hn::Zero(d)), v) : v, d, y + i);
    });
  }
};

/// Those of some channels, of which the first is number `begin` of the tensor.
template <class T>
struct Affines {
  const T *scale, *shift;
  std::int64_t begin;

  [[nodiscard]] Affine<T> of(std::int64_t channel) const { return {scale[begin + channel], shift[begin + channel]}; }
};

/// Writes the channels of a block to y.
template <class T>
void write(ChannelBlock<const T>& in, const Affines<T>& affines, Activation activation, T* y, const Channels& channels,
           std::int64_t end) {
  ChannelBlock<T> out(y, channels, affines.begin, end);
  in.each_run([&](std::int64_t image, std::int64_t c)
                  HWY_ATTR { affines.of(c).run(in.run(image, c), out.run(image, c), in.size(), activation); });
  out.finish();
}

/// Writes the channels of a block to y and choice, pooled: each plane by way of one that stays in the first-level
/// cache.
void write_pooled(ChannelBlock<const float>& in, const Affines<float>& affines, Activation activation, float* y,
                  std::uint8_t* choice, const Channels& channels, const Pool2dGeometry& windows) {
  Scratch<float> plane(channels.area);
  const std::int64_t area = windows.out_h * windows.out_w;
  in.each_run([&](std::int64_t image, std::int64_t c) HWY_ATTR {
    affines.of(c).run(in.run(image, c), plane.data(), in.size(), Activation::none);
    const std::int64_t at = (image * channels.count + affines.begin + c) * area;
    two_by_two::choose(plane.data(), activation, y + at, choice + at, windows);
  });
}

template <class T>
struct Measure {
  const T *weight, *bias;
  double epsilon;
  T *mean, *variance, *rstd, *scale, *shift;

  Measure(const Tensor& w, const Tensor& b, double least_variance, BatchStatistics& to)
      : weight(w.data<T>()),
        bias(b.data<T>()),
        epsilon(least_variance),
        mean(to.mean.mutable_data<T>()),
        variance(to.variance.mutable_data<T>()),
        rstd(to.rstd.mutable_data<T>()),
        scale(to.scale.mutable_data<T>()),
        shift(to.shift.mutable_data<T>()) {}

  /// Writes the statistics of the channels [begin, end), and returns what they make of them.
  Affines<T> operator()(ChannelBlock<const T>& in, const Channels& channels, std::int64_t begin,
                        std::int64_t end) const {
    const auto n = static_cast<double>(channels.batch * channels.area);
    // Deviations from the first number are added up: a large mean would eat the digits of the variance.
    const auto centre = [&](std::int64_t c) { return n == 0 ? T{0} : in.run(0, c)[0]; };
    std::vector<Sums<T>> sums(static_cast<std::size_t>(end - begin));
    in.each_run([&](std::int64_t image, std::int64_t c) HWY_ATTR {
      const T* from = in.run(image, c);
      const T middle = centre(c);
      sums[static_cast<std::size_t>(c)].add(in.size(), [&](auto d, std::int64_t i) HWY_ATTR {
        const auto deviation = hn::Sub(hn::LoadU(d, from + i), hn::Set(d, middle));
        return Terms<decltype(deviation)>{deviation, deviation};
      });
    });
    for (std::int64_t c = 0; c < end - begin; ++c) {
      sums[static_cast<std::size_t>(c)].flush();
      write_channel(sums[static_cast<std::size_t>(c)], centre(c), n, begin + c);
    }
    return {scale, shift, begin};
  }

  /// The statistics of channel c, from n numbers.
  void write_channel(const Sums<T>& sums, double centre, double n, std::int64_t c) const {
    const double average = centre + sums.first / n;
    const double square = std::max((sums.second - sums.first * sums.first / n) / n, 0.0);  // a NaN stays one
    const double r = 1 / std::sqrt(square + epsilon);
    mean[c] = static_cast<T>(average);
    variance[c] = static_cast<T>(square);
    rstd[c] = static_cast<T>(r);
    scale[c] = static_cast<T>(weight[c] * r);
    shift[c] = static_cast<T>(bias[c] - average * weight[c] * r);
  }
};

BatchStatistics empty_statistics(const Tensor& x) {
  const auto one_a_channel = [&] { return Tensor::empty({x.size(1)}, x.dtype()); };
  return {one_a_channel(), one_a_channel(), one_a_channel(), one_a_channel(), one_a_channel()};
}

BatchNorm Normalise(const Tensor& x, const Tensor& weight, const Tensor& bias, double epsilon, Activation activation) {
  const Channels channels(x);
  BatchNorm out{Tensor::empty(x.shape(), x.dtype()), empty_statistics(x)};
  visit_floats("batch_norm", x.dtype(), [&]<class T>(T) HWY_ATTR {
    const Measure<T> measure(weight, bias, epsilon, out.statistics);
    T* y = out.output.mutable_data<T>();
    channels.each([&](std::int64_t begin, std::int64_t end) HWY_ATTR {
      ChannelBlock<const T> in(x.data<T>(), channels, begin, end);
      write(in, measure(in, channels, begin, end), activation, y, channels, end);
    });
  });
  return out;
}

PooledBatchNorm NormalisePooled(const Tensor& x, const Tensor& weight, const Tensor& bias, double epsilon,
                                Activation activation) {
  const Channels channels(x);
  const Pool2dGeometry windows = windows_of_two(x.shape());
  PooledBatchNorm out{Pooled::empty(x.shape(), x.dtype(), windows), empty_statistics(x)};
  const Measure<float> measure(weight, bias, epsilon, out.statistics);
  auto* y = out.pooled.output.mutable_data<float>();
  auto* choice = out.pooled.choice.mutable_data<std::uint8_t>();
  channels.each([&](std::int64_t begin, std::int64_t end) HWY_ATTR {
    ChannelBlock<const float> in(x.data<float>(), channels, begin, end);
    write_pooled(in, measure(in, channels, begin, end), activation, y, choice, channels, windows);
  });
  return out;
}

Tensor AffineOnly(const Tensor& x, const Tensor& scale, const Tensor& shift, Activation activation) {
  const Channels channels(x);
  Tensor y = Tensor::empty(x.shape(), x.dtype());
  visit_floats("batch_norm", x.dtype(), [&]<class T>(T) HWY_ATTR {
    T* to = y.mutable_data<T>();
    channels.each([&](std::int64_t begin, std::int64_t end) HWY_ATTR {
      ChannelBlock<const T> in(x.data<T>(), channels, begin, end);
      write(in, Affines<T>{scale.data<T>(), shift.data<T>(), begin}, activation, to, channels, end);
    });
  });
  return y;
}

}  // namespace
}  // namespace reel::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace reel::kernels {

HWY_EXPORT(Normalise);
HWY_EXPORT(NormalisePooled);
HWY_EXPORT(AffineOnly);

Pool2dGeometry windows_of_two(const Shape& x) { return pool2d_geometry("max_pool2d", x, {.kernel_size = 2}); }

bool is_pooled_at_once(const Tensor& x) {
  constexpr std::int64_t longest_vector = 16;
  return x.dtype() == float32 && has_fast_vectors() && x.size(2) * x.size(3) >= longest_vector;
}

BatchNorm batch_norm(const Tensor& x, const Tensor& weight, const Tensor& bias, double epsilon, Activation activation) {
  static_cast<void>(has_fast_vectors());  // REEL_VECTORS is read
  return HWY_DYNAMIC_DISPATCH(Normalise)(x.contiguous(), weight.contiguous(), bias.contiguous(), epsilon, activation);
}

PooledBatchNorm batch_norm_pooled(const Tensor& x, const Tensor& weight, const Tensor& bias, double epsilon,
                                  Activation activation) {
  if (!is_pooled_at_once(x)) {
    const auto [y, statistics] = batch_norm(x, weight, bias, epsilon, Activation::none);
    return {max_pool2d_choosing(y, windows_of_two(x.shape()), activation), statistics};
  }
  return HWY_DYNAMIC_DISPATCH(NormalisePooled)(x.contiguous(), weight.contiguous(), bias.contiguous(), epsilon,
                                               activation);
}

Tensor channel_affine(const Tensor& x, const Tensor& scale, const Tensor& shift, Activation activation) {
  static_cast<void>(has_fast_vectors());
  return HWY_DYNAMIC_DISPATCH(AffineOnly)(x.contiguous(), scale.contiguous(), shift.contiguous(), activation);
}

}  // namespace reel::kernels
#endif
