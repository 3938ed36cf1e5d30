#include <limits>
#include <reel/core/kernels/max_pool_any.h>
#include <reel/core/kernels/max_pool_two.h>
#include <reel/core/kernels/pool_loops.h>
#include <reel/core/kernels/simd.h>
#include <reel/core/simd.h>
#include <vector>

namespace reel::kernels {
namespace {

/// Windows of 2 x 2 pixels side by side are what nearly every net has: they have loops of their own.
bool is_two_by_two(const Pool2dGeometry& g) {
  return g.kernel_h == 2 && g.kernel_w == 2 && g.stride_h == 2 && g.stride_w == 2 && g.dilation_h == 1 &&
         g.dilation_w == 1 && g.pad_top == 0 && g.pad_left == 0;
}

/// The larger; the first of equals, and a NaN before all.
template <class T>
T larger(T a, T b) {
  return b > a || b != b ? b : a;
}

/// Whether this pixel is what the window chose, if none before it is.
template <class T>
bool is_chosen(T pixel, T output) {
  return pixel == output || pixel != pixel;
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
    for_each_tap(g, oh, [&](std::int64_t from, Inside in) { take_larger(out, plane + from, g.stride_w, in); });
  }
}

/// The place in the plane that window (oh, ow) chose.
template <class T>
std::int64_t chosen_place(const T* plane, T output, const Pool2dGeometry& g, std::int64_t oh, std::int64_t ow) {
  std::int64_t last = 0;
  for (std::int64_t kh = 0; kh < g.kernel_h; ++kh) {
    const std::int64_t h = oh * g.stride_h + kh * g.dilation_h - g.pad_top;
    if (h < 0 || h >= g.in_h) continue;
    for (std::int64_t kw = 0; kw < g.kernel_w; ++kw) {
      const std::int64_t w = ow * g.stride_w + kw * g.dilation_w - g.pad_left;
      if (w < 0 || w >= g.in_w) continue;
      last = h * g.in_w + w;
      if (is_chosen(plane[last], output)) return last;
    }
  }
  return last;
}

/// Calls `f(window, place)` for the windows of one plane.
template <class T, class F>
void for_each_choice(const T* plane, const T* output, const Pool2dGeometry& g, const F& f) {
  for (std::int64_t i = 0; i < g.out_h * g.out_w; ++i) {
    f(i, chosen_place(plane, output[i], g, i / g.out_w, i % g.out_w));
  }
}

/// One tap of a row of windows: adds the gradients of those whose first chosen pixel it is. What is left of a gradient
/// that was handed out is 0.
template <class T>
REEL_SIMD void spread_tap(T* __restrict left, const T* __restrict output, const T* __restrict plane, T* __restrict to,
                          std::int64_t stride, Inside in) {
  for (std::int64_t i = in.begin; i < in.end; ++i) {
    const T pixel = plane[i * stride];
    const bool is_it = (pixel == output[i]) | (pixel != pixel);  // no branches: they would be hard to foretell
    const T rest = left[i];
    to[i * stride] += is_it ? rest : T{0};
    left[i] = is_it ? T{0} : rest;
  }
}

REEL_SIMD bool holds(const float* x, std::int64_t n, float value) {
  int found = 0;
  for (std::int64_t i = 0; i < n; ++i) found |= static_cast<int>(x[i] == value);
  return found != 0;
}

/// The vectors of any_window take the padding for pixels of -infinity, which must not be what a window chose.
bool is_for_vectors(const float* output, std::int64_t n) {
  return has_fast_vectors() && !holds(output, n, -std::numeric_limits<float>::infinity());
}

template <class T>
void spread_plane(const T* grad, const T* plane, const T* output, T* to, const Pool2dGeometry& g) {
  std::fill_n(to, g.in_h * g.in_w, T{0});
  std::vector<T> left(static_cast<std::size_t>(g.out_w));
  for (std::int64_t oh = 0; oh < g.out_h; ++oh, grad += g.out_w, output += g.out_w) {
    std::copy_n(grad, g.out_w, left.begin());
    for_each_tap(g, oh, [&](std::int64_t from, Inside in) {
      spread_tap(left.data(), output, plane + from, to + from, g.stride_w, in);
    });
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
        if (!is_two_by_two(g) && has_fast_vectors()) {
          return any_window::pool(from + begin * g.in_h * g.in_w, end - begin, to + begin * area, g);
        }
      }
      for (std::int64_t p = begin; p < end; ++p) {
        const T* plane = from + p * g.in_h * g.in_w;
        T* pooled = to + p * area;
        if (!is_two_by_two(g)) pool_plane(plane, pooled, g);
        else pool_two_by_two(plane, pooled, g);
      }
    });
  });
  return out;
}

Tensor max_pool2d_adjoint(const Tensor& grad, const Tensor& input, const Tensor& output, const Pool2dGeometry& g) {
  const Tensor gy = grad.contiguous();
  const Tensor x = input.contiguous();
  const Tensor y = output.contiguous();
  Tensor out = planes_of(x, g.in_h, g.in_w);
  const std::int64_t area = g.out_h * g.out_w;
  visit_floats("max_pool2d", x.dtype(), [&]<class T>(T) {
    T* to = out.mutable_data<T>();
    for_each_plane(x, g.in_h * g.in_w, [&](std::int64_t p) {
      const std::int64_t at = p * g.in_h * g.in_w;
      const T* dy = gy.data<T>() + p * area;
      const T* chosen = y.data<T>() + p * area;
      if constexpr (sizeof(T) == 4) {
        if (is_two_by_two(g) && has_fast_vectors()) return two_by_two::spread(dy, x.data<T>() + at, chosen, to + at, g);
        if (is_for_vectors(chosen, area)) return any_window::spread(dy, x.data<T>() + at, chosen, to + at, g);
      }
      spread_plane(dy, x.data<T>() + at, chosen, to + at, g);
    });
  });
  return out;
}

Tensor max_pool2d_pick(const Tensor& planes, const Tensor& input, const Tensor& output, const Pool2dGeometry& g) {
  const Tensor source = planes.contiguous();
  const Tensor x = input.contiguous();
  const Tensor y = output.contiguous();
  Tensor out = planes_of(x, g.out_h, g.out_w);
  const std::int64_t area = g.out_h * g.out_w;
  visit_floats("max_pool2d", x.dtype(), [&]<class T>(T) {
    T* to = out.mutable_data<T>();
    for_each_plane(x, g.in_h * g.in_w, [&](std::int64_t p) {
      const T* from = source.data<T>() + p * g.in_h * g.in_w;
      for_each_choice(x.data<T>() + p * g.in_h * g.in_w, y.data<T>() + p * area, g,
                      [&](std::int64_t i, std::int64_t place) { to[p * area + i] = from[place]; });
    });
  });
  return out;
}

}  // namespace reel::kernels
