#include <algorithm>
#include <reel/core/kernels/norm.h>
#include <reel/core/parallel.h>
#include <reel/core/simd.h>

namespace reel::kernels {
namespace {

constexpr std::int64_t block = 1024;
constexpr int lanes = 16;

struct Sums {
  double first = 0;
  double second = 0;
};

/// Sums of (x - centre) and its square over a short run; the centre keeps a large mean from eating the digits of the
/// variance.
template <class T>
REEL_SIMD Sums moment_sums(const T* x, std::int64_t n, T centre) {
  T first[lanes] = {};
  T second[lanes] = {};
  std::int64_t i = 0;
  for (; i + lanes <= n; i += lanes) {
    for (int k = 0; k < lanes; ++k) {
      const T d = x[i + k] - centre;
      first[k] += d;
      second[k] += d * d;
    }
  }
  Sums sums;
  for (; i < n; ++i) {
    const T d = x[i] - centre;
    sums.first += d;
    sums.second += d * d;
  }
  for (int k = 0; k < lanes; ++k) {
    sums.first += first[k];
    sums.second += second[k];
  }
  return sums;
}

/// The gradient that counts: all of g, or that where a ReLU let its input through.
template <bool IsCut, class T>
T through(T g, T relu_output) {
  return !IsCut || relu_output > 0 ? g : T{0};
}

/// Sums of g and of g * (x - mean) over a short run.
template <bool IsCut, class T>
REEL_SIMD Sums grad_sums(const T* g, const T* x, const T* y, std::int64_t n, T mean) {
  T first[lanes] = {};
  T second[lanes] = {};
  std::int64_t i = 0;
  for (; i + lanes <= n; i += lanes) {
    for (int k = 0; k < lanes; ++k) {
      const T grad = through<IsCut>(g[i + k], y[i + k]);
      first[k] += grad;
      second[k] += grad * (x[i + k] - mean);
    }
  }
  Sums sums;
  for (; i < n; ++i) {
    const T grad = through<IsCut>(g[i], y[i]);
    sums.first += grad;
    sums.second += grad * (x[i] - mean);
  }
  for (int k = 0; k < lanes; ++k) {
    sums.first += first[k];
    sums.second += second[k];
  }
  return sums;
}

template <class T>
REEL_SIMD void affine_row(T* __restrict y, const T* __restrict x, T scale, T shift, bool is_relu, std::int64_t n) {
  if (is_relu) {
    for (std::int64_t i = 0; i < n; ++i) {
      const T value = x[i] * scale + shift;
      y[i] = value < 0 ? T{0} : value;
    }
  } else {
    for (std::int64_t i = 0; i < n; ++i) y[i] = x[i] * scale + shift;
  }
}

/// dx = a g + b (x - mean) + c
template <bool IsCut, class T>
REEL_SIMD void grad_row(T* __restrict dx, const T* __restrict g, const T* __restrict x, const T* y, T a, T b, T c,
                        T mean, std::int64_t n) {
  for (std::int64_t i = 0; i < n; ++i) dx[i] = a * through<IsCut>(g[i], y[i]) + b * (x[i] - mean) + c;
}

/// x [N, C, ...] as N * C runs of `area` elements.
struct Channels {
  std::int64_t batch, count, area;
  explicit Channels(const Tensor& x) : batch(x.shape()[0]), count(x.shape()[1]), area(1) {
    for (int i = 2; i < x.rank(); ++i) area *= x.shape()[i];
  }
  /// Calls `f(c)` for every channel, several to a task where they are small.
  template <class F>
  void each(const F& f) const {
    parallel_for(count, std::max<std::int64_t>(1, (1 << 15) / std::max<std::int64_t>(1, batch * area)),
                 [&](std::int64_t begin, std::int64_t end) {
                   for (std::int64_t c = begin; c < end; ++c) f(c);
                 });
  }
  /// Adds up `f(offset, n)` over the runs of channel c, cut into blocks.
  template <class F>
  Sums sum(std::int64_t c, const F& f) const {
    Sums total;
    for (std::int64_t n = 0; n < batch; ++n) {
      for (std::int64_t i = 0; i < area; i += block) {
        const Sums part = f((n * count + c) * area + i, std::min(block, area - i));
        total.first += part.first;
        total.second += part.second;
      }
    }
    return total;
  }
};

}  // namespace

ChannelMoments channel_moments(const Tensor& x) {
  const Tensor dense = x.contiguous();
  const Channels channels(x);
  ChannelMoments out{Tensor::empty({channels.count}, x.dtype()), Tensor::empty({channels.count}, x.dtype())};
  visit_floats("batch_norm", x.dtype(), [&]<class T>(T) {
    const T* from = dense.data<T>();
    T* mean = out.mean.mutable_data<T>();
    T* variance = out.variance.mutable_data<T>();
    const auto n = static_cast<double>(channels.batch * channels.area);
    channels.each([&](std::int64_t c) {
      const T centre = n == 0 ? T{0} : from[c * channels.area];
      const Sums sums =
          channels.sum(c, [&](std::int64_t at, std::int64_t length) { return moment_sums(from + at, length, centre); });
      mean[c] = static_cast<T>(centre + sums.first / n);
      variance[c] = static_cast<T>(std::max(0.0, (sums.second - sums.first * sums.first / n) / n));
    });
  });
  return out;
}

Tensor channel_affine(const Tensor& x, const Tensor& scale, const Tensor& shift, Activation activation) {
  const Tensor dense = x.contiguous();
  const Channels channels(x);
  const Tensor scales = scale.contiguous();
  const Tensor shifts = shift.contiguous();
  Tensor y = Tensor::empty(x.shape(), x.dtype());
  visit_floats("batch_norm", x.dtype(), [&]<class T>(T) {
    const T* from = dense.data<T>();
    T* to = y.mutable_data<T>();
    const std::int64_t runs = std::max<std::int64_t>(1, (1 << 15) / std::max<std::int64_t>(1, channels.area));
    parallel_for(channels.batch * channels.count, runs, [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t run = begin; run < end; ++run) {
        const std::int64_t c = run % channels.count;
        affine_row(to + run * channels.area, from + run * channels.area, scales.data<T>()[c], shifts.data<T>()[c],
                   activation == Activation::relu, channels.area);
      }
    });
  });
  return y;
}

BatchNormGrads batch_norm_grads(const Tensor& grad, const Tensor& x, const Tensor& mean, const Tensor& rstd,
                                const Tensor& weight, const Tensor& relu_output) {
  const Tensor gy = grad.contiguous();
  const Tensor cut = relu_output.defined() ? relu_output.contiguous() : gy;  // read only where it is one
  const bool is_cut = relu_output.defined();
  const Tensor weights = weight.contiguous();
  const Tensor dense = x.contiguous();
  const Channels channels(x);
  BatchNormGrads out{Tensor::empty(x.shape(), x.dtype()), Tensor::empty({channels.count}, x.dtype()),
                     Tensor::empty({channels.count}, x.dtype())};
  visit_floats("batch_norm", x.dtype(), [&]<class T>(T) {
    const T* g = gy.data<T>();
    const T* from = dense.data<T>();
    const T* y = cut.data<T>();
    T* to = out.input.mutable_data<T>();
    const auto n = static_cast<double>(channels.batch * channels.area);
    channels.each([&](std::int64_t c) {
      const T m = mean.data<T>()[c];
      const double r = rstd.data<T>()[c];
      const double w = weights.data<T>()[c];
      const Sums sums = channels.sum(c, [&](std::int64_t at, std::int64_t length) {
        const auto add_up = is_cut ? grad_sums<true, T> : grad_sums<false, T>;
        return add_up(g + at, from + at, y + at, length, m);
      });
      out.weight.mutable_data<T>()[c] = static_cast<T>(sums.second * r);
      out.bias.mutable_data<T>()[c] = static_cast<T>(sums.first);
      // dx = w r (g - mean(g) - xhat mean(g xhat)), with xhat = (x - mean) r
      const auto a = static_cast<T>(w * r);
      const auto b = static_cast<T>(-w * r * r * r * sums.second / n);
      const auto constant = static_cast<T>(-w * r * sums.first / n);
      for (std::int64_t i = 0; i < channels.batch; ++i) {
        const std::int64_t at = (i * channels.count + c) * channels.area;
        const auto write = is_cut ? grad_row<true, T> : grad_row<false, T>;
        write(to + at, g + at, from + at, y + at, a, b, constant, m, channels.area);
      }
    });
  });
  return out;
}

}  // namespace reel::kernels
