#include <algorithm>
#include <reel/core/kernels/fold.h>
#include <reel/core/kernels/scan.h>

namespace reel {
namespace {

using kernels::Wide;

constexpr std::int64_t strip = 64;

/// to[k] = join(to[k - 1], x[k]) for n rows of `width` <= strip numbers, `step` apart.
template <class T, class Join>
REEL_SIMD void scan_strip(const T* __restrict x, T* __restrict to, std::int64_t n, std::int64_t step,
                          std::int64_t width, const Join& join) {
  Wide<T> total[strip];
  for (std::int64_t i = 0; i < width; ++i) total[i] = to[i] = x[i];
  for (std::int64_t k = 1; k < n; ++k) {
    for (std::int64_t i = 0; i < width; ++i) {
      total[i] = join(total[i], static_cast<Wide<T>>(x[k * step + i]));
      to[k * step + i] = static_cast<T>(total[i]);
    }
  }
}

/// The same of one column, which needs no array.
template <class T, class Join>
void scan_run(const T* x, T* to, std::int64_t n, std::int64_t step, const Join& join) {
  Wide<T> total = to[0] = x[0];
  for (std::int64_t k = 1; k < n; ++k) {
    total = join(total, static_cast<Wide<T>>(x[k * step]));
    to[k * step] = static_cast<T>(total);
  }
}

template <class Join>
Tensor scan(std::string_view op, const Tensor& a, std::int64_t axis, bool reverse, const Join& join) {
  require_defined(op, a);
  const int along = normalize_axis(op, axis, a.rank());
  const kernels::Folded f = kernels::fold(a, along, along + 1);
  Tensor out = Tensor::empty(a.shape(), a.dtype());
  if (a.numel() == 0) return out;
  const std::int64_t first = reverse ? (f.n - 1) * f.inner : 0;
  const std::int64_t step = reverse ? -f.inner : f.inner;
  visit_numbers(op, a.dtype(), [&]<class T>(T) {
    const T* x = f.values.data<T>();
    T* to = out.mutable_data<T>();
    kernels::each_strip(f, strip, [&](std::int64_t o, std::int64_t i, std::int64_t width) {
      const std::int64_t at = f.offset(o, i) + first;
      if (width == 1) scan_run(x + at, to + at, f.n, step, join);
      else scan_strip(x + at, to + at, f.n, step, width, join);
    });
  });
  return out;
}

}  // namespace

Tensor cumsum(const Tensor& a, std::int64_t axis, bool reverse) {
  return scan("cumsum", a, axis, reverse, [](auto total, auto x) { return total + x; });
}

Tensor cumprod(const Tensor& a, std::int64_t axis) {
  return scan("cumprod", a, axis, false, [](auto total, auto x) { return total * x; });
}

}  // namespace reel
