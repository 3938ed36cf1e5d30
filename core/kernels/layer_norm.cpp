#include <algorithm>
#include <cmath>
#include <reel/core/kernels/layer_norm.h>
#include <reel/core/kernels/reduce.h>
#include <reel/core/kernels/simd.h>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "reel/core/kernels/layer_norm.cpp"
#include <hwy/foreach_target.h>

#include <reel/core/kernels/channels-inl.h>

// A row's second pass follows while it is still in the cache.

HWY_BEFORE_NAMESPACE();
namespace reel::kernels::HWY_NAMESPACE {
namespace {

/// Rows for a task, of some 32,000 numbers.
std::int64_t rows_of_task(const RowLayout& layout) {
  return std::max<std::int64_t>(1, (1 << 15) / std::max<std::int64_t>(1, layout.length()));
}

/// Calls `f(d, i)` for vectors that don't overlap, and then for the numbers left over.
template <class T, class F>
HWY_INLINE void for_each_part(std::int64_t n, const F& f) {
  std::int64_t i = 0;
  for (; i + lanes_of<T> <= n; i += lanes_of<T>) f(hn::ScalableTag<T>(), i);
  for (; i < n; ++i) f(hn::CappedTag<T, 1>(), i);
}

/// The parameters of a row, of its numbers from i on in a channel.
template <bool IsPerChannel, class D, class T>
HWY_INLINE hn::Vec<D> parameters(D d, const T* of_row, std::int64_t channel, std::int64_t i) {
  if constexpr (IsPerChannel) return hn::Set(d, of_row[channel]);
  else return hn::LoadU(d, of_row + i);
}

template <class T>
struct Forward {
  RowLayout layout;
  const T *x, *weight, *bias;
  double epsilon;
  bool is_centred;
  T *y, *mean, *rstd;

  template <bool IsPerChannel>
  void run(std::int64_t begin, std::int64_t end) const {
    for (std::int64_t row = begin; row < end; ++row) {
      measure(row);
      const std::int64_t first = row % layout.groups * layout.parameters();
      for (std::int64_t c = 0; c < layout.channels; ++c) {
        const std::int64_t at = (row * layout.channels + c) * layout.area;
        for_each_vector<T>(layout.area, [&](auto d, std::int64_t i) HWY_ATTR {
          const auto scale = hn::Mul(parameters<IsPerChannel>(d, weight + first, c, i), hn::Set(d, rstd[row]));
          const auto deviation = hn::Sub(hn::LoadU(d, x + at + i), hn::Set(d, mean[row]));
          hn::StoreU(hn::MulAdd(deviation, scale, parameters<IsPerChannel>(d, bias + first, c, i)), d, y + at + i);
        });
      }
    }
  }

  /// Writes the statistics of a row. Deviations from its first number are added up: a large mean would eat the digits
  /// of the variance.
  HWY_INLINE void measure(std::int64_t row) const {
    const T* from = x + row * layout.length();
    const T middle = is_centred ? from[0] : T{0};
    Sums<T> sums;
    sums.add(layout.length(), [&](auto d, std::int64_t i) HWY_ATTR {
      const auto deviation = hn::Sub(hn::LoadU(d, from + i), hn::Set(d, middle));
      return Terms<decltype(deviation)>{deviation, deviation};
    });
    sums.flush();
    const auto n = static_cast<double>(layout.length());
    const double shift = is_centred ? sums.first / n : 0;
    const double variance = std::max(sums.second / n - shift * shift, 0.0);  // a NaN stays one
    mean[row] = static_cast<T>(middle + shift);
    rstd[row] = static_cast<T>(1 / std::sqrt(variance + epsilon));
  }
};

/// dx = r (w g - mean(w g) - xhat mean(w g xhat)), with xhat = (x - mean) r.
template <class T>
struct Backward {
  RowLayout layout;
  const T *grad, *x, *mean, *rstd, *weight;
  bool is_centred;
  T *dx, *dweight, *dbias;  // of the parameters: parts, to be added up, or null

  template <bool IsPerChannel>
  void run(std::int64_t begin, std::int64_t end) const {
    const std::int64_t task = begin / rows_of_task(layout) * layout.groups * layout.parameters();
    for (std::int64_t row = begin; row < end; ++row) {
      const std::int64_t first = row % layout.groups * layout.parameters();
      const Sums<T> sums = IsPerChannel ? sum_channels(row, first) : sum_numbers(row, first);
      const double r = rstd[row];
      const auto n = static_cast<double>(layout.length());
      const auto slope = static_cast<T>(-r * r * r * sums.second / n);
      const auto shift = static_cast<T>(is_centred ? -r * sums.first / n : 0);
      for (std::int64_t c = 0; c < layout.channels; ++c) {
        const std::int64_t at = (row * layout.channels + c) * layout.area;
        for_each_part<T>(layout.area, [&](auto d, std::int64_t i) HWY_ATTR {
          const auto g = hn::LoadU(d, grad + at + i);
          const auto factor = hn::Set(d, rstd[row]);
          const auto deviation = hn::Sub(hn::LoadU(d, x + at + i), hn::Set(d, mean[row]));
          const auto rest = hn::MulAdd(hn::Set(d, slope), deviation, hn::Set(d, shift));
          const auto scale = hn::Mul(parameters<IsPerChannel>(d, weight + first, c, i), factor);
          hn::StoreU(hn::MulAdd(scale, g, rest), d, dx + at + i);
          if (!IsPerChannel && dweight != nullptr) {
            add(d, g, dbias + task + first + i);
            add(d, hn::Mul(g, hn::Mul(deviation, factor)), dweight + task + first + i);
          }
        });
      }
    }
  }

  template <class D>
  static HWY_INLINE void add(D d, hn::Vec<D> v, T* to) {
    hn::StoreU(hn::Add(hn::LoadU(d, to), v), d, to);
  }

  /// Sums of w g and of w g (x - mean). The parts of the parameters' gradients are those of the images.
  HWY_INLINE Sums<T> sum_channels(std::int64_t row, std::int64_t first) const {
    Sums<T> total;
    for (std::int64_t c = 0; c < layout.channels; ++c) {
      const std::int64_t at = (row * layout.channels + c) * layout.area;
      const T middle = mean[row];
      Sums<T> sums;
      sums.add(layout.area, [&](auto d, std::int64_t i) HWY_ATTR {
        const auto g = hn::LoadU(d, grad + at + i);
        return Terms<decltype(g)>{g, hn::Sub(hn::LoadU(d, x + at + i), hn::Set(d, middle))};
      });
      sums.flush();
      total.first += weight[first + c] * sums.first;
      total.second += weight[first + c] * sums.second;
      if (dweight == nullptr) continue;
      dbias[row * layout.channels + c] = static_cast<T>(sums.first);
      dweight[row * layout.channels + c] = static_cast<T>(sums.second * rstd[row]);
    }
    return total;
  }

  /// The same. The parts are those of the tasks, for the second pass to add to.
  HWY_INLINE Sums<T> sum_numbers(std::int64_t row, std::int64_t first) const {
    const T* g = grad + row * layout.length();
    const T* from = x + row * layout.length();
    const T middle = mean[row];
    Sums<T> total;
    total.add(layout.length(), [&](auto d, std::int64_t i) HWY_ATTR {
      const auto weighted = hn::Mul(hn::LoadU(d, weight + first + i), hn::LoadU(d, g + i));
      return Terms<decltype(weighted)>{weighted, hn::Sub(hn::LoadU(d, from + i), hn::Set(d, middle))};
    });
    total.flush();
    return total;
  }
};

RowNorm Normalise(const Tensor& x, const Tensor& weight, const Tensor& bias, const RowLayout& layout, double epsilon,
                  bool is_centred) {
  RowNorm out{Tensor::empty(x.shape(), x.dtype()), Tensor::empty({layout.rows}, x.dtype()),
              Tensor::empty({layout.rows}, x.dtype())};
  visit_floats("layer_norm", x.dtype(), [&]<class T>(T) HWY_ATTR {
    const Forward<T> forward{layout,
                             x.data<T>(),
                             weight.data<T>(),
                             bias.data<T>(),
                             epsilon,
                             is_centred,
                             out.output.mutable_data<T>(),
                             out.mean.mutable_data<T>(),
                             out.rstd.mutable_data<T>()};
    parallel_for(layout.rows, rows_of_task(layout), [&](std::int64_t begin, std::int64_t end) HWY_ATTR {
      layout.is_per_channel ? forward.template run<true>(begin, end) : forward.template run<false>(begin, end);
    });
  });
  return out;
}

RowNormGrads NormaliseGrads(const Tensor& grad, const Tensor& x, const Tensor& mean, const Tensor& rstd,
                            const Tensor& weight, const RowLayout& layout, bool is_centred, bool wants_parameters) {
  RowNormGrads out{Tensor::empty(x.shape(), x.dtype()), {}, {}};
  const std::int64_t tasks = (layout.rows + rows_of_task(layout) - 1) / rows_of_task(layout);
  const std::int64_t parts = layout.is_per_channel ? layout.rows / layout.groups : tasks;
  if (wants_parameters) {
    const Shape shape{parts, layout.groups * layout.parameters()};
    out.weight = Tensor::zeros(shape, x.dtype());
    out.bias = Tensor::zeros(shape, x.dtype());
  }
  visit_floats("layer_norm", x.dtype(), [&]<class T>(T) HWY_ATTR {
    const Backward<T> backward{layout,
                               grad.data<T>(),
                               x.data<T>(),
                               mean.data<T>(),
                               rstd.data<T>(),
                               weight.data<T>(),
                               is_centred,
                               out.input.mutable_data<T>(),
                               wants_parameters ? out.weight.mutable_data<T>() : nullptr,
                               wants_parameters ? out.bias.mutable_data<T>() : nullptr};
    parallel_for(layout.rows, rows_of_task(layout), [&](std::int64_t begin, std::int64_t end) HWY_ATTR {
      layout.is_per_channel ? backward.template run<true>(begin, end) : backward.template run<false>(begin, end);
    });
  });
  if (wants_parameters) {
    out.weight = sum(out.weight, {0});
    out.bias = sum(out.bias, {0});
  }
  return out;
}

}  // namespace
}  // namespace reel::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace reel::kernels {

HWY_EXPORT(Normalise);
HWY_EXPORT(NormaliseGrads);

RowNorm row_norm(const Tensor& x, const Tensor& weight, const Tensor& bias, const RowLayout& layout, double epsilon,
                 bool is_centred) {
  static_cast<void>(has_fast_vectors());  // REEL_VECTORS is read
  return HWY_DYNAMIC_DISPATCH(Normalise)(x.contiguous(), weight.contiguous(), bias.contiguous(), layout, epsilon,
                                         is_centred);
}

RowNormGrads row_norm_grads(const Tensor& grad, const Tensor& x, const Tensor& mean, const Tensor& rstd,
                            const Tensor& weight, const RowLayout& layout, bool is_centred, bool wants_parameters) {
  static_cast<void>(has_fast_vectors());
  return HWY_DYNAMIC_DISPATCH(NormaliseGrads)(grad.contiguous(), x.contiguous(), mean.contiguous(), rstd.contiguous(),
                                              weight.contiguous(), layout, is_centred, wants_parameters);
}

}  // namespace reel::kernels
#endif
