#include <algorithm>
#include <cmath>
#include <reel/core/kernels/simd.h>
#include <reel/core/kernels/softmax.h>
#include <reel/core/kernels/softmax_run.h>
#include <reel/core/parallel.h>
#include <reel/core/simd.h>

namespace reel {
namespace {

/// The runs of a row-major tensor along one axis: n elements each, `step` apart.
struct Runs {
  std::int64_t n, step, count;

  Runs(const Tensor& x, int axis)
      : n(x.shape()[axis]), step(contiguous_strides(x.shape())[axis]), count(n == 0 ? 0 : x.numel() / n) {}
  /// Calls `f(run, offset of its first element)` for every run.
  template <class F>
  void each(const F& f) const {
    parallel_for(count, std::max<std::int64_t>(1, (1 << 13) / std::max<std::int64_t>(1, n)),
                 [&](std::int64_t begin, std::int64_t end) {
                   for (std::int64_t i = begin; i < end; ++i) f(i, i / step * n * step + i % step);
                 });
  }
};

/// Whether the functions below may leave a run to those of softmax_run.
template <class T>
bool is_for_vectors(const Runs& runs) {
  return sizeof(T) == 4 && runs.step == 1 && kernels::has_fast_vectors();
}

template <class T>
T largest(const T* x, const Runs& runs) {
  if constexpr (sizeof(T) == 4) {
    if (is_for_vectors<T>(runs)) return kernels::softmax_run::largest(x, runs.n);
  }
  T best = x[0];
  for (std::int64_t i = 1; i < runs.n; ++i) best = std::max(best, x[i * runs.step]);
  return best;
}

/// The sum of exp(x - top); its terms go to y too, unless that is null.
template <class T>
T exp_sum(const T* x, T* y, const Runs& runs, T top) {
  if constexpr (sizeof(T) == 4) {
    if (is_for_vectors<T>(runs)) return kernels::softmax_run::exp_sum(x, y, runs.n, top);
  }
  T total = 0;
  for (std::int64_t i = 0; i < runs.n; ++i) {
    const T e = std::exp(x[i * runs.step] - top);
    if (y != nullptr) y[i * runs.step] = e;
    total += e;
  }
  return total;
}

/// y = exp(x - top) * scale
template <class T>
void exp_scaled(const T* x, T* y, const Runs& runs, T top, T scale) {
  if constexpr (sizeof(T) == 4) {
    if (is_for_vectors<T>(runs)) return kernels::softmax_run::exp_scaled(x, y, runs.n, top, scale);
  }
  for (std::int64_t i = 0; i < runs.n; ++i) y[i * runs.step] = std::exp(x[i * runs.step] - top) * scale;
}

/// The mean of x - top.
template <class T>
T mean_run(const T* x, const Runs& runs, T top) {
  T total = 0;
  for (std::int64_t i = 0; i < runs.n; ++i) total += x[i * runs.step] - top;
  return total / static_cast<T>(runs.n);
}

/// y *= factor
template <class T>
REEL_SIMD void scale_run(T* y, Runs runs, T factor) {
  if (runs.step == 1) {
    for (std::int64_t i = 0; i < runs.n; ++i) y[i] *= factor;
  } else {
    for (std::int64_t i = 0; i < runs.n; ++i) y[i * runs.step] *= factor;
  }
}

/// y = x - top - rest
template <class T>
REEL_SIMD void subtract_run(const T* __restrict x, T* __restrict y, Runs runs, T top, T rest) {
  if (runs.step == 1) {
    for (std::int64_t i = 0; i < runs.n; ++i) y[i] = x[i] - top - rest;
  } else {
    for (std::int64_t i = 0; i < runs.n; ++i) y[i * runs.step] = x[i * runs.step] - top - rest;
  }
}

/// Calls `run(from, to, runs)` for every run along `axis`.
template <class Run>
Tensor along_axis(std::string_view op, const Tensor& a, std::int64_t axis, const Run& run) {
  require_defined(op, a);
  const Runs runs(a, normalize_axis(op, axis, a.rank()));
  const Tensor x = a.contiguous();
  Tensor out = Tensor::empty(a.shape(), a.dtype());
  visit_floats(op, a.dtype(), [&]<class T>(T) {
    const T* from = x.data<T>();
    T* to = out.mutable_data<T>();
    runs.each([&](std::int64_t, std::int64_t at) { run(from + at, to + at, runs); });
  });
  return out;
}

}  // namespace

Tensor softmax(const Tensor& a, std::int64_t axis) {
  return along_axis("softmax", a, axis, []<class T>(const T* x, T* y, const Runs& runs) {
    scale_run(y, runs, 1 / exp_sum(x, y, runs, largest(x, runs)));
  });
}

Tensor log_softmax(const Tensor& a, std::int64_t axis) {
  return along_axis("log_softmax", a, axis, []<class T>(const T* x, T* y, const Runs& runs) {
    const T top = largest(x, runs);
    // The logarithm is not added to `top`: beside a large one its digits would be lost.
    subtract_run(x, y, runs, top, std::log(exp_sum<T>(x, nullptr, runs, top)));
  });
}

namespace kernels {

CrossEntropy cross_entropy(const Tensor& logits, const Tensor& labels, double smoothing) {
  const Tensor x = logits.contiguous();
  const Tensor wanted = labels.contiguous();
  const Runs runs(x, 1);
  const auto one_a_run = [&] { return Tensor::empty(labels.shape(), x.dtype()); };
  CrossEntropy out{one_a_run(), one_a_run(), one_a_run(), smoothing};
  visit_floats("cross_entropy", x.dtype(), [&]<class T>(T) {
    const auto* label = wanted.data<std::int64_t>();
    T* loss = out.losses.mutable_data<T>();
    T* top = out.tops.mutable_data<T>();
    T* total = out.totals.mutable_data<T>();
    runs.each([&](std::int64_t i, std::int64_t at) {
      const T* from = x.data<T>() + at;
      top[i] = largest(from, runs);
      total[i] = exp_sum<T>(from, nullptr, runs, top[i]);
      const T chosen = from[label[i] * runs.step] - top[i];
      const auto smooth = static_cast<T>(smoothing);
      loss[i] =
          std::log(total[i]) - (smooth == 0 ? chosen : (1 - smooth) * chosen + smooth * mean_run(from, runs, top[i]));
    });
  });
  return out;
}

Tensor cross_entropy_grad(const Tensor& logits, const Tensor& labels, const CrossEntropy& forward, const Tensor& grad,
                          double scale) {
  const Tensor x = logits.contiguous();
  const Tensor wanted = labels.contiguous();
  const Tensor gy = grad.contiguous();
  const Runs runs(x, 1);
  Tensor dx = Tensor::empty(x.shape(), x.dtype());
  visit_floats("cross_entropy", x.dtype(), [&]<class T>(T) {
    const auto* label = wanted.data<std::int64_t>();
    const T* g = gy.data<T>();
    runs.each([&](std::int64_t i, std::int64_t at) {
      const T factor = g[gy.numel() == 1 ? 0 : i] * static_cast<T>(scale);
      T* to = dx.mutable_data<T>() + at;
      exp_scaled(x.data<T>() + at, to, runs, forward.tops.data<T>()[i], factor / forward.totals.data<T>()[i]);
      const T smooth = factor * static_cast<T>(forward.smoothing);
      to[label[i] * runs.step] -= factor - smooth;
      if (smooth != 0) {
        for (std::int64_t c = 0; c < runs.n; ++c) to[c * runs.step] -= smooth / static_cast<T>(runs.n);
      }
    });
  });
  return dx;
}

}  // namespace kernels
}  // namespace reel
