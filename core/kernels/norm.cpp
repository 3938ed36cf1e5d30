#include <cmath>
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

/// dx = a g + b (x - mean) + c
template <class T>
struct GradAffine {
  T a, b, c, mean;
};

/// The gradient that counts: all of g, or that where a ReLU let its input through.
template <bool IsCut, class D, class T>
HWY_INLINE hn::Vec<D> through(D d, const T* g, const T* relu_output) {
  const auto grad = hn::LoadU(d, g);
  if constexpr (!IsCut) return grad;
  else return hn::IfThenZeroElse(hn::Le(hn::LoadU(d, relu_output), hn::Zero(d)), grad);
}

template <class T>
struct Forward {
  const T *x, *weight, *bias;
  double epsilon;
  Activation activation;
  T *y, *mean, *variance, *rstd;

  void operator()(const Channels& channels, std::int64_t begin, std::int64_t end) const {
    ChannelBlock<const T> in(x, channels, begin, end);
    ChannelBlock<T> out(y, channels, begin, end);
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
    std::vector<Affine<T>> affine;
    for (std::int64_t c = 0; c < end - begin; ++c)
      affine.push_back(normalise(sums[static_cast<std::size_t>(c)], centre(c), n, begin + c));
    in.each_run([&](std::int64_t image, std::int64_t c) HWY_ATTR {
      affine[static_cast<std::size_t>(c)].run(in.run(image, c), out.run(image, c), in.size(), activation);
    });
    out.finish();
  }

  /// Writes the statistics of channel c, from n numbers, and tells what normalises it.
  Affine<T> normalise(Sums<T>& sums, double centre, double n, std::int64_t c) const {
    sums.flush();
    const double average = centre + sums.first / n;
    const double square = std::max((sums.second - sums.first * sums.first / n) / n, 0.0);  // a NaN stays one
    const double r = 1 / std::sqrt(square + epsilon);
    mean[c] = static_cast<T>(average);
    variance[c] = static_cast<T>(square);
    rstd[c] = static_cast<T>(r);
    return {static_cast<T>(weight[c] * r), static_cast<T>(bias[c] - average * weight[c] * r)};
  }
};

template <class T>
struct Backward {
  const T *grad, *x, *relu_output, *mean, *rstd, *weight;
  T *dx, *dweight, *dbias;

  template <bool IsCut>
  void run(const Channels& channels, std::int64_t begin, std::int64_t end) const {
    ChannelBlock<const T> g(grad, channels, begin, end);
    ChannelBlock<const T> in(x, channels, begin, end);
    ChannelBlock<const T> cut(IsCut ? relu_output : grad, channels, begin, end);
    ChannelBlock<T> out(dx, channels, begin, end);
    std::vector<Sums<T>> sums(static_cast<std::size_t>(end - begin));  // of g and of g (x - mean)
    in.each_run([&](std::int64_t image, std::int64_t c) HWY_ATTR {
      const T *from = in.run(image, c), *gy = g.run(image, c), *y = cut.run(image, c);
      const T middle = mean[begin + c];
      sums[static_cast<std::size_t>(c)].add(in.size(), [&](auto d, std::int64_t i) HWY_ATTR {
        const auto value = through<IsCut>(d, gy + i, y + i);
        return Terms<decltype(value)>{value, hn::Sub(hn::LoadU(d, from + i), hn::Set(d, middle))};
      });
    });
    const auto n = static_cast<double>(channels.batch * channels.area);
    std::vector<GradAffine<T>> affine;
    for (std::int64_t c = 0; c < end - begin; ++c)
      affine.push_back(grads(sums[static_cast<std::size_t>(c)], n, begin + c));
    in.each_run([&](std::int64_t image, std::int64_t c) HWY_ATTR {
      const T *from = in.run(image, c), *gy = g.run(image, c), *y = cut.run(image, c);
      T* to = out.run(image, c);
      const GradAffine<T> f = affine[static_cast<std::size_t>(c)];
      for_each_vector<T>(in.size(), [&](auto d, std::int64_t i) HWY_ATTR {
        const auto deviation = hn::Sub(hn::LoadU(d, from + i), hn::Set(d, f.mean));
        const auto rest = hn::MulAdd(hn::Set(d, f.b), deviation, hn::Set(d, f.c));
        hn::StoreU(hn::MulAdd(hn::Set(d, f.a), through<IsCut>(d, gy + i, y + i), rest), d, to + i);
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

BatchNorm Normalise(const Tensor& x, const Tensor& weight, const Tensor& bias, double epsilon, Activation activation) {
  const Channels channels(x);
  const auto one_a_channel = [&] { return Tensor::empty({channels.count}, x.dtype()); };
  BatchNorm out{Tensor::empty(x.shape(), x.dtype()), one_a_channel(), one_a_channel(), one_a_channel()};
  visit_floats("batch_norm", x.dtype(), [&]<class T>(T) HWY_ATTR {
    const Forward<T> forward{x.data<T>(),
                             weight.data<T>(),
                             bias.data<T>(),
                             epsilon,
                             activation,
                             out.output.mutable_data<T>(),
                             out.mean.mutable_data<T>(),
                             out.variance.mutable_data<T>(),
                             out.rstd.mutable_data<T>()};
    channels.each([&](std::int64_t begin, std::int64_t end) HWY_ATTR { forward(channels, begin, end); });
  });
  return out;
}

BatchNormGrads NormaliseGrads(const Tensor& grad, const Tensor& x, const Tensor& mean, const Tensor& rstd,
                              const Tensor& weight, const Tensor& relu_output) {
  const Channels channels(x);
  const auto one_a_channel = [&] { return Tensor::empty({channels.count}, x.dtype()); };
  BatchNormGrads out{Tensor::empty(x.shape(), x.dtype()), one_a_channel(), one_a_channel()};
  const bool is_cut = relu_output.defined();
  visit_floats("batch_norm", x.dtype(), [&]<class T>(T) HWY_ATTR {
    const Backward<T> backward{grad.data<T>(),
                               x.data<T>(),
                               is_cut ? relu_output.data<T>() : nullptr,
                               mean.data<T>(),
                               rstd.data<T>(),
                               weight.data<T>(),
                               out.input.mutable_data<T>(),
                               out.weight.mutable_data<T>(),
                               out.bias.mutable_data<T>()};
    channels.each([&](std::int64_t begin, std::int64_t end) HWY_ATTR {
      is_cut ? backward.template run<true>(channels, begin, end) : backward.template run<false>(channels, begin, end);
    });
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
      ChannelBlock<T> out(to, channels, begin, end);
      in.each_run([&](std::int64_t image, std::int64_t c) HWY_ATTR {
        const Affine<T> affine{scale.data<T>()[begin + c], shift.data<T>()[begin + c]};
        affine.run(in.run(image, c), out.run(image, c), in.size(), activation);
      });
      out.finish();
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
HWY_EXPORT(NormaliseGrads);
HWY_EXPORT(AffineOnly);

BatchNorm batch_norm(const Tensor& x, const Tensor& weight, const Tensor& bias, double epsilon, Activation activation) {
  static_cast<void>(has_fast_vectors());  // REEL_VECTORS is read
  return HWY_DYNAMIC_DISPATCH(Normalise)(x.contiguous(), weight.contiguous(), bias.contiguous(), epsilon, activation);
}

BatchNormGrads batch_norm_grads(const Tensor& grad, const Tensor& x, const Tensor& mean, const Tensor& rstd,
                                const Tensor& weight, const Tensor& relu_output) {
  static_cast<void>(has_fast_vectors());
  return HWY_DYNAMIC_DISPATCH(NormaliseGrads)(grad.contiguous(), x.contiguous(), mean.contiguous(), rstd.contiguous(),
                                              weight.contiguous(),
                                              relu_output.defined() ? relu_output.contiguous() : relu_output);
}

Tensor channel_affine(const Tensor& x, const Tensor& scale, const Tensor& shift, Activation activation) {
  static_cast<void>(has_fast_vectors());
  return HWY_DYNAMIC_DISPATCH(AffineOnly)(x.contiguous(), scale.contiguous(), shift.contiguous(), activation);
}

}  // namespace reel::kernels
#endif
