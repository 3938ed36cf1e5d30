#include <limits>
#include <reel/core/kernels/max_pool_any.h>
#include <reel/core/kernels/max_pool_two.h>
#include <reel/core/kernels/pool_loops.h>
#include <reel/core/kernels/simd.h>
#include <reel/core/simd.h>

namespace reel::kernels {
namespace {

/// The larger; the first of equals, and a NaN before all.
template <class T>
T larger(T a, T b) {
  return b > a || b != b ? b : a;
}

/// best[i] = the larger of best[i] and from[i * stride]
template <class T>
REEL_SIMD void take_larger(T* __restrict best, const T* __restrict from, std::int64_t stride, Inside in) {
  for (std::int64_t i = in.begin; i < in.end; ++i) {
    const T value = from[i * stride];
    best[i] = !(value <= best[i]) && best[i] == best[i] ? value : best[i];
  }
}

template <class T>
void pool_two_by_two(const T* plane, T* out, const Pool2dGeometry& g) {
  if constexpr (sizeof(T) == 4) {
    if (has_fast_vectors()) return two_by_two::pool(plane, out, g);
  }
  for (std::int64_t i = 0; i < g.out_h * g.out_w; ++i) {
    const T* top = plane + i / g.out_w * 2 * g.in_w + i % g.out_w * 2;
    out[i] = larger(larger(top[0], top[1]), larger(top[g.in_w], top[g.in_w + 1]));
  }
}

template <class T>
void pool_plane(const T* plane, T* out, const Pool2dGeometry& g) {
  std::fill_n(out, g.out_h * g.out_w, -std::numeric_limits<T>::infinity());
  for (std::int64_t oh = 0; oh < g.out_h; ++oh, out += g.out_w) {
    for_each_tap(g, oh,
                 [&](std::int64_t from, Inside in, std::int64_t) { take_larger(out, plane + from, g.stride_w, in); });
  }
}

}  // namespace

Tensor max_pool2d(const Tensor& input, const Pool2dGeometry& g) {
  const Tensor x = input.contiguous();
  Tensor out = planes_of(x, g.out_h, g.out_w);
  const std::int64_t area = g.out_h * g.out_w;
  visit_floats("max_pool2d", x.dtype(), [&]<class T>(T) {
    const T* from = x.data<T>();
    T* to = out.mutable_data<T>();
    for_some_planes(x, g.in_h * g.in_w, [&](std::int64_t begin, std::int64_t end) {
      if constexpr (sizeof(T) == 4) {
        if (!two_by_two::fits(g) && has_fast_vectors()) {
          return any_window::pool(from + begin * g.in_h * g.in_w, end - begin, to + begin * area, g);
        }
      }
      for (std::int64_t p = begin; p < end; ++p) {
        const T* plane = from + p * g.in_h * g.in_w;
        T* pooled = to + p * area;
        if (!two_by_two::fits(g)) pool_plane(plane, pooled, g);
        else pool_two_by_two(plane, pooled, g);
      }
    });
  });
  return out;
}

}  // namespace reel::kernels
