#include <reel/core/kernels/max_pool_two.h>
#include <reel/core/kernels/norm.h>
#include <reel/core/kernels/simd.h>
#include <vector>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "reel/core/kernels/norm_grads.cpp"
#include <hwy/foreach_target.h>

#include <reel/core/kernels/channels-inl.h>

// As in norm.cpp, some channels are a task. What a ReLU cut off is told from x: its own input is computed once more,
// which is cheaper than to read its output.

HWY_BEFORE_NAMESPACE();
namespace reel::kernels::HWY_NAMESPACE {
namespace {

/// dx = a g + b (x - mean) + c
template <class T>
struct GradAffine {
  T a, b, c, mean;
};

/// The gradient for x * scale + shift from that behind a ReLU, or g itself where there is none.
template <bool IsCut, class T>
struct Cut {
  T scale, shift;

  template <class D, class V>
  HWY_INLINE V operator()(D d, V g, V x) const {
    if constexpr (!IsCut) return g;
    else return hn::IfThenZeroElse(hn::Le(hn::MulAdd(x, hn::Set(d, scale), hn::Set(d, shift)), hn::Zero(d)), g);
  }
};

/// The gradient of channels from `begin` on, spread from that of their 2 x 2 windows plane by plane. `run` as that of
/// ChannelBlock; the next call takes the memory.
struct SpreadBlock {
  const float* grad;
  const std::uint8_t* choice;
  const Channels& channels;
  const Pool2dGeometry& windows;
  std::int64_t begin;
  Scratch<float> plane;

  float* run(std::int64_t image, std::int64_t channel) {
    const std::int64_t at = (image * channels.count + begin + channel) * windows.out_h * windows.out_w;
    two_by_two::spread(grad + at, choice + at, plane.data(), windows);
    return plane.data();
  }
};

template <class T>
struct Backward {
  const T *x, *mean, *rstd, *scale, *shift, *weight;
  T *dx, *dweight, *dbias;

  Backward(const Tensor& input, const BatchStatistics& s, const Tensor& w, BatchNormGrads& to)
      : x(input.data<T>()),
        mean(s.mean.data<T>()),
        rstd(s.rstd.data<T>()),
        scale(s.scale.data<T>()),
        shift(s.shift.data<T>()),
        weight(w.data<T>()),
        dx(to.input.mutable_data<T>()),
        dweight(to.weight.mutable_data<T>()),
        dbias(to.bias.mutable_data<T>()) {}

  /// Of the channels [begin, end), whose gradient is g.
  template <bool IsCut, class Grad>
  void run(Grad& g, const Channels& channels, std::int64_t begin, std::int64_t end) const {
    ChannelBlock<const T> in(x, channels, begin, end);
    ChannelBlock<T> out(dx, channels, begin, end);
    const auto cut_of = [&](std::int64_t c) { return Cut<IsCut, T>{scale[begin + c], shift[begin + c]}; };
    std::vector<Sums<T>> sums(static_cast<std::size_t>(end - begin));  // of g and of g (x - mean)
    in.each_run([&](std::int64_t image, std::int64_t c) HWY_ATTR {
      const T *from = in.run(image, c), *gy = g.run(image, c);
      const T middle = mean[begin + c];
      const Cut<IsCut, T> cut = cut_of(c);
      sums[static_cast<std::size_t>(c)].add(in.size(), [&](auto d, std::int64_t i) HWY_ATTR {
        const auto pixel = hn::LoadU(d, from + i);
        const auto value = cut(d, hn::LoadU(d, gy + i), pixel);
        return Terms<decltype(value)>{value, hn::Sub(pixel, hn::Set(d, middle))};
      });
    });
    const auto n = static_cast<double>(channels.batch * channels.area);
    std::vector<GradAffine<T>> affine;
    for (std::int64_t c = 0; c < end - begin; ++c)
      affine.push_back(grads(sums[static_cast<std::size_t>(c)], n, begin + c));
    in.each_run([&](std::int64_t image, std::int64_t c) HWY_ATTR {
      const T *from = in.run(image, c), *gy = g.run(image, c);
      T* to = out.run(image, c);
      const GradAffine<T> f = affine[static_cast<std::size_t>(c)];
      const Cut<IsCut, T> cut = cut_of(c);
      for_each_vector<T>(in.size(), [&](auto d, std::int64_t i) HWY_ATTR {
        const auto pixel = hn::LoadU(d, from + i);
        const auto rest = hn::MulAdd(hn::Set(d, f.b), hn::Sub(pixel, hn::Set(d, f.mean)), hn::Set(d, f.c));
        hn::StoreU(hn::MulAdd(hn::Set(d, f.a), cut(d, hn::LoadU(d, gy + i), pixel), rest), d, to + i);
      });
    });
    out.finish();
  }

  /// Writes the gradients of weight and bias, and tells that of x:
  /// dx = w r (g - mean(g) - xhat mean(g xhat)), with xhat = (x - mean) r.
  GradAffine<T> grads(Sums<T>& sums, double n, std::int64_t c) const {
    sums.flush();
    const double r = rstd[c];
    const double w = weight[c];
    dweight[c] = static_cast<T>(sums.second * r);
    dbias[c] = static_cast<T>(sums.first);
    return {static_cast<T>(w * r), static_cast<T>(-w * r * r * r * sums.second / n),
            static_cast<T>(-w * r * sums.first / n), mean[c]};
  }
};

BatchNormGrads empty_grads(const Tensor& x) {
  const auto one_a_channel = [&] { return Tensor::empty({x.size(1)}, x.dtype()); };
  return {Tensor::empty(x.shape(), x.dtype()), one_a_channel(), one_a_channel()};
}

BatchNormGrads Grads(const Tensor& grad, const Tensor& x, const BatchStatistics& statistics, const Tensor& weight,
                     Activation activation) {
  const Channels channels(x);
  BatchNormGrads out = empty_grads(x);
  visit_floats("batch_norm", x.dtype(), [&]<class T>(T) HWY_ATTR {
    const Backward<T> backward(x, statistics, weight, out);
    channels.each([&](std::int64_t begin, std::int64_t end) HWY_ATTR {
      ChannelBlock<const T> g(grad.data<T>(), channels, begin, end);
      if (activation == Activation::relu) backward.template run<true>(g, channels, begin, end);
      else backward.template run<false>(g, channels, begin, end);
    });
  });
  return out;
}

BatchNormGrads PooledGrads(const Tensor& grad, const Tensor& choice, const Tensor& x, const BatchStatistics& statistics,
                           const Tensor& weight) {
  const Channels channels(x);
  const Pool2dGeometry windows = windows_of_two(x.shape());
  BatchNormGrads out = empty_grads(x);
  const Backward<float> backward(x, statistics, weight, out);
  channels.each([&](std::int64_t begin, std::int64_t end) HWY_ATTR {
    SpreadBlock g{grad.data<float>(),           choice.data<std::uint8_t>(), channels, windows, begin,
                  Scratch<float>(channels.area)};
    backward.run<false>(g, channels, begin, end);
  });
  return out;
}

}  // namespace
}  // namespace reel::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace reel::kernels {

HWY_EXPORT(Grads);
HWY_EXPORT(PooledGrads);

BatchNormGrads batch_norm_grads(const Tensor& grad, const Tensor& x, const BatchStatistics& statistics,
                                const Tensor& weight, Activation activation) {
  static_cast<void>(has_fast_vectors());  // REEL_VECTORS is read
  return HWY_DYNAMIC_DISPATCH(Grads)(grad.contiguous(), x.contiguous(), statistics, weight.contiguous(), activation);
}

BatchNormGrads batch_norm_pooled_grads(const Tensor& grad, const Tensor& choice, const Tensor& x,
                                       const BatchStatistics& statistics, const Tensor& weight) {
  if (!is_pooled_at_once(x)) {
    const Tensor spread = spread_to_choice(grad, choice, windows_of_two(x.shape()));
    return batch_norm_grads(spread, x, statistics, weight, Activation::none);  // the choice knows of the activation
  }
  return HWY_DYNAMIC_DISPATCH(PooledGrads)(grad.contiguous(), choice, x.contiguous(), statistics, weight.contiguous());
}

}  // namespace reel::kernels
#endif
