#include <algorithm>
#include <reel/core/kernels/norm.h>
#include <reel/core/parallel.h>
#include <reel/core/simd.h>

namespace reel::kernels {
namespace {

constexpr std::int64_t block = 4096;
constexpr int lanes = 32;

struct Sums {
  double first = 0;
  double second = 0;
};

/// Some runs of a channel: `count` of them, `step` apart, of n elements each.
struct Runs {
  std::int64_t count, step, n;
};

/// Sums, element by element in `lanes` lanes, of what `term(i, first, second)` adds for element i.
template <class T, class Term>
inline __attribute__((always_inline)) Sums sum_runs(const Runs& runs, const Term& term) {
  T first[lanes] = {};
  T second[lanes] = {};
  for (std::int64_t r = 0; r < runs.count; ++r) {
    const std::int64_t at = r * runs.step;
    std::int64_t i = 0;
    for (; i + lanes <= runs.n; i += lanes) {
      for (int k = 0; k < lanes; ++k) term(at + i + k, first[k], second[k]);
    }
    for (; i < runs.n; ++i) term(at + i, first[0], second[0]);
  }
  Sums sums;
  for (int k = 0; k < lanes; ++k) {
    sums.first += first[k];
    sums.second += second[k];
  }
  return sums;
}

/// Sums of (x - centre) and its square; the centre keeps a large mean from eating the digits of the variance.
template <class T>
REEL_SIMD Sums moment_sums(const T* x, Runs runs, T centre) {
  return sum_runs<T>(runs, [&](std::int64_t i, T& first, T& second) {
    const T d = x[i] - centre;
    first += d;
    second += d * d;
  });
}

/// The gradient that counts: all of g, or that where a ReLU let its input through.
template <bool IsCut, class T>
T through(T g, T relu_output) {
  return IsCut && relu_output <= 0 ? T{0} : g;
}

/// Sums of g and of g * (x - mean).
template <bool IsCut, class T>
REEL_SIMD Sums grad_sums(const T* g, const T* x, const T* y, Runs runs, T mean) {
  return sum_runs<T>(runs, [&](std::int64_t i, T& first, T& second) {
    const T grad = through<IsCut>(g[i], y[i]);
    first += grad;
    second += grad * (x[i] - mean);
  });
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
  /// Adds up `f(offset, runs)` over channel c, a block of some thousand elements at a time.
  template <class F>
  Sums sum(std::int64_t c, const F& f) const {
    Sums total;
    const auto add = [&](const Sums& part) {
      total.first += part.first;
      total.second += part.second;
    };
    const std::int64_t together = std::max<std::int64_t>(1, block / std::max<std::int64_t>(1, area));
    for (std::int64_t n = 0; n < batch; n += together) {
      for (std::int64_t i = 0; i < area; i += block) {
        add(f((n * count + c) * area + i,
              Runs{std::min(together, batch - n), count * area, std::min(block, area - i)}));
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
          channels.sum(c, [&](std::int64_t at, const Runs& runs) { return moment_sums(from + at, runs, centre); });
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
      const Sums sums = channels.sum(c, [&](std::int64_t at, const Runs& runs) {
        const auto add_up = is_cut ? grad_sums<true, T> : grad_sums<false, T>;
        return add_up(g + at, from + at, y + at, runs, m);
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
