#include <limits>
#include <reel/core/kernels/pool_loops.h>
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

/// out[i] = the larger of top[i] and bottom[i]
template <class T>
REEL_SIMD void larger_of_rows(const T* __restrict top, const T* __restrict bottom, T* __restrict out, std::int64_t n) {
  for (std::int64_t i = 0; i < n; ++i) out[i] = larger(top[i], bottom[i]);
}

/// out[i] = the larger of pairs[2 i] and pairs[2 i + 1]
template <class T>
REEL_SIMD void larger_of_pairs(const T* __restrict pairs, T* __restrict out, std::int64_t n) {
  for (std::int64_t i = 0; i < n; ++i) out[i] = larger(pairs[2 * i], pairs[2 * i + 1]);
}

/// Gradients of a row of 2 x 2 windows, whose pixels lie in two rows.
template <class T>
REEL_SIMD void spread_row(const T* __restrict grad, const T* __restrict output, const T* __restrict top,
                          const T* __restrict bottom, T* __restrict to_top, T* __restrict to_bottom, std::int64_t n) {
  for (std::int64_t i = 0; i < n; ++i) {
    const T g = grad[i];
    const T y = output[i];
    const bool a = is_chosen(top[2 * i], y);
    const bool b = is_chosen(top[2 * i + 1], y) && !a;
    const bool c = is_chosen(bottom[2 * i], y) && !a && !b;
    to_top[2 * i] = a ? g : T{0};
    to_top[2 * i + 1] = b ? g : T{0};
    to_bottom[2 * i] = c ? g : T{0};
    to_bottom[2 * i + 1] = a || b || c ? T{0} : g;
  }
}

template <class T>
void pool_two_by_two(const T* plane, T* out, T* pairs, const Pool2dGeometry& g) {
  const std::int64_t width = 2 * g.out_w;
  for (std::int64_t oh = 0; oh < g.out_h; ++oh) {
    const T* row = plane + 2 * oh * g.in_w;
    larger_of_rows(row, row + g.in_w, pairs + oh * width, width);
  }
  larger_of_pairs(pairs, out, g.out_h * g.out_w);
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

template <class T>
void spread_plane(const T* grad, const T* plane, const T* output, T* to, const Pool2dGeometry& g) {
  if (!is_two_by_two(g)) {
    std::fill_n(to, g.in_h * g.in_w, T{0});
    return for_each_choice(plane, output, g, [&](std::int64_t i, std::int64_t place) { to[place] += grad[i]; });
  }
  for (std::int64_t oh = 0; oh < g.out_h; ++oh) {
    const std::int64_t row = 2 * oh * g.in_w;
    const std::int64_t at = oh * g.out_w;
    spread_row(grad + at, output + at, plane + row, plane + row + g.in_w, to + row, to + row + g.in_w, g.out_w);
    if (g.in_w % 2 == 1) to[row + g.in_w - 1] = to[row + 2 * g.in_w - 1] = T{0};
  }
  std::fill(to + 2 * g.out_h * g.in_w, to + g.in_h * g.in_w, T{0});
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
      std::vector<T> pairs(is_two_by_two(g) ? static_cast<std::size_t>(2 * area) : 0);
      for (std::int64_t p = begin; p < end; ++p) {
        if (pairs.empty()) pool_plane(from + p * g.in_h * g.in_w, to + p * area, g);
        else pool_two_by_two(from + p * g.in_h * g.in_w, to + p * area, pairs.data(), g);
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
      spread_plane(gy.data<T>() + p * area, x.data<T>() + at, y.data<T>() + p * area, to + at, g);
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
