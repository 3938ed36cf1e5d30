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
namespace {

/// How much is wanted of the classes of one run, as numbers.
template <class T>
struct Shares {
  Tensor weights;
  T kept, smooth;  // of the label's weight, and of that of every class
  T sum;           // of the latter

  Shares(const Wanted& wanted, const Runs& runs)
      : weights(wanted.weight.defined() ? wanted.weight.contiguous() : Tensor()),
        kept(static_cast<T>(1 - wanted.smoothing)),
        smooth(static_cast<T>(wanted.smoothing) / static_cast<T>(runs.n)),
        sum(0) {
    for (std::int64_t c = 0; c < runs.n && smooth != 0; ++c) sum += smooth * weight(c);
  }
  [[nodiscard]] T weight(std::int64_t c) const { return weights.defined() ? weights.data<T>()[c] : T{1}; }
  [[nodiscard]] T of_label(std::int64_t label) const { return kept * weight(label); }
};

}  // namespace

CrossEntropy cross_entropy(const Tensor& logits, const Wanted& wanted) {
  const Tensor x = logits.contiguous();
  const Tensor labels = wanted.labels.contiguous();
  const Runs runs(x, 1);
  const auto one_a_run = [&] { return Tensor::empty(labels.shape(), x.dtype()); };
  CrossEntropy out{one_a_run(), one_a_run(), one_a_run()};
  visit_floats("cross_entropy", x.dtype(), [&]<class T>(T) {
    const auto* label = labels.data<std::int64_t>();
    T* loss = out.losses.mutable_data<T>();
    T* top = out.tops.mutable_data<T>();
    T* total = out.totals.mutable_data<T>();
    const Shares<T> shares(wanted, runs);
    runs.each([&](std::int64_t i, std::int64_t at) {
      const T* from = x.data<T>() + at;
      top[i] = largest(from, runs);
      total[i] = exp_sum<T>(from, nullptr, runs, top[i]);
      loss[i] = 0;
      if (label[i] == wanted.ignored) return;
      const T rest = std::log(total[i]);
      loss[i] = shares.of_label(label[i]) * (rest - (from[label[i] * runs.step] - top[i]));
      for (std::int64_t c = 0; c < runs.n && shares.smooth != 0; ++c) {
        loss[i] += shares.smooth * shares.weight(c) * (rest - (from[c * runs.step] - top[i]));
      }
    });
  });
  return out;
}

Tensor cross_entropy_grad(const Tensor& logits, const Wanted& wanted, const CrossEntropy& forward, const Tensor& grad,
                          double scale) {
  const Tensor x = logits.contiguous();
  const Tensor labels = wanted.labels.contiguous();
  const Tensor gy = grad.contiguous();
  const Runs runs(x, 1);
  Tensor dx = Tensor::empty(x.shape(), x.dtype());
  visit_floats("cross_entropy", x.dtype(), [&]<class T>(T) {
    const auto* label = labels.data<std::int64_t>();
    const T* g = gy.data<T>();
    const Shares<T> shares(wanted, runs);
    runs.each([&](std::int64_t i, std::int64_t at) {
      T* to = dx.mutable_data<T>() + at;
      if (label[i] == wanted.ignored) {
        for (std::int64_t c = 0; c < runs.n; ++c) to[c * runs.step] = 0;
        return;
      }
      const T factor = g[gy.numel() == 1 ? 0 : i] * static_cast<T>(scale);
      const T of_label = shares.of_label(label[i]);
      exp_scaled(x.data<T>() + at, to, runs, forward.tops.data<T>()[i],
                 factor * (of_label + shares.sum) / forward.totals.data<T>()[i]);
      to[label[i] * runs.step] -= factor * of_label;
      for (std::int64_t c = 0; c < runs.n && shares.smooth != 0; ++c) {
        to[c * runs.step] -= factor * shares.smooth * shares.weight(c);
      }
    });
  });
  return dx;
}

}  // namespace kernels
}  // namespace reel
