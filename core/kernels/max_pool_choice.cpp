#include <limits>
#include <reel/core/kernels/max_pool_any.h>
#include <reel/core/kernels/max_pool_choice.h>
#include <reel/core/kernels/max_pool_two.h>
#include <reel/core/kernels/pool_loops.h>
#include <reel/core/kernels/simd.h>
#include <reel/core/simd.h>

namespace reel::kernels {
namespace {

/// Calls `f` with a T and an Index: what the planes and the choices are made of.
template <class F>
void visit(DType planes, DType choice, const F& f) {
  visit_floats("max_pool2d", planes, [&]<class T>(T zero) {
    if (choice == uint8) f(zero, std::uint8_t{});
    else f(zero, std::int64_t{});
  });
}

/// Whether there are vectors for planes of T and choices of Index.
template <class T, class Index>
constexpr bool can_be_vectors = sizeof(T) == 4 && sizeof(Index) == 1;

/// One tap of a row of windows: takes its pixels where they are the first or win.
template <class T, class Index>
REEL_SIMD void choose_tap(const T* __restrict from, std::int64_t stride, Index tap, Inside in, T* __restrict best,
                          Index* __restrict choice) {
  for (std::int64_t i = in.begin; i < in.end; ++i) {
    const T pixel = from[i * stride];
    const T other = best[i];
    // no branches: they would be hard to foretell
    const bool wins = (choice[i] == no_choice<Index>) | (!(pixel <= other) & (other == other));
    best[i] = wins ? pixel : other;
    choice[i] = wins ? tap : choice[i];
  }
}

/// One tap of a row of windows: adds the gradients of those that chose it.
template <class T, class Index>
REEL_SIMD void spread_tap(const T* __restrict grad, const Index* __restrict choice, Index tap, Inside in,
                          T* __restrict to, std::int64_t stride) {
  for (std::int64_t i = in.begin; i < in.end; ++i) to[i * stride] += choice[i] == tap ? grad[i] : T{0};
}

template <class T, class Index>
REEL_SIMD void cut_off(T* __restrict out, Index* __restrict choice, std::int64_t n) {
  for (std::int64_t i = 0; i < n; ++i) {
    choice[i] = out[i] <= 0 ? no_choice<Index> : choice[i];
    out[i] = out[i] < 0 ? T{0} : out[i];
  }
}

template <class T, class Index>
void choose_by_taps(const T* plane, T* out, Index* choice, const Pool2dGeometry& g) {
  std::fill_n(out, g.out_h * g.out_w, -std::numeric_limits<T>::infinity());
  std::fill_n(choice, g.out_h * g.out_w, no_choice<Index>);
  for (std::int64_t oh = 0; oh < g.out_h; ++oh, out += g.out_w, choice += g.out_w) {
    for_each_tap(g, oh, [&](std::int64_t from, Inside in, std::int64_t tap) {
      choose_tap(plane + from, g.stride_w, static_cast<Index>(tap), in, out, choice);
    });
  }
}

template <class T, class Index>
void choose_plane(const T* plane, Activation activation, T* out, Index* choice, const Pool2dGeometry& g) {
  bool is_done = false;
  if constexpr (can_be_vectors<T, Index>) {
    if (has_fast_vectors()) {
      if (two_by_two::fits(g)) return two_by_two::choose(plane, activation, out, choice, g);
      any_window::choose(plane, out, choice, g);
      is_done = true;
    }
  }
  if (!is_done) choose_by_taps(plane, out, choice, g);
  if (activation == Activation::relu) cut_off(out, choice, g.out_h * g.out_w);
}

template <class T, class Index>
void spread_plane(const T* grad, const Index* choice, T* to, const Pool2dGeometry& g) {
  if constexpr (can_be_vectors<T, Index>) {
    if (has_fast_vectors()) {
      return two_by_two::fits(g) ? two_by_two::spread(grad, choice, to, g) : any_window::spread(grad, choice, to, g);
    }
  }
  std::fill_n(to, g.in_h * g.in_w, T{0});
  for (std::int64_t oh = 0; oh < g.out_h; ++oh, grad += g.out_w, choice += g.out_w) {
    for_each_tap(g, oh, [&](std::int64_t at, Inside in, std::int64_t tap) {
      spread_tap(grad, choice, static_cast<Index>(tap), in, to + at, g.stride_w);
    });
  }
}

/// Calls `f(i, pixel)` for the windows of a plane and where they chose.
template <class Index, class F>
void for_each_choice(const Index* choice, const Pool2dGeometry& g, const F& f) {
  for (std::int64_t i = 0; i < g.out_h * g.out_w; ++i) {
    const std::int64_t h = i / g.out_w * g.stride_h + choice[i] / g.kernel_w * g.dilation_h - g.pad_top;
    const std::int64_t w = i % g.out_w * g.stride_w + choice[i] % g.kernel_w * g.dilation_w - g.pad_left;
    f(i, choice[i] == no_choice<Index> ? no_choice<std::int64_t> : h * g.in_w + w);
  }
}

}  // namespace

Pooled Pooled::empty(const Shape& planes, DType dtype, const Pool2dGeometry& g) {
  const Shape shape{planes[0], planes[1], g.out_h, g.out_w};
  return {Tensor::empty(shape, dtype), Tensor::empty(shape, g.kernel_h * g.kernel_w < 256 ? uint8 : int64)};
}

Pooled max_pool2d_choosing(const Tensor& input, const Pool2dGeometry& g, Activation activation) {
  Pooled out = Pooled::empty(input.shape(), input.dtype(), g);
  pool_choosing(input.contiguous(), g, activation, out);
  return out;
}

void pool_choosing(const Tensor& planes, const Pool2dGeometry& g, Activation activation, Pooled& to,
                   std::int64_t first) {
  const std::int64_t area = g.out_h * g.out_w;
  visit(planes.dtype(), to.choice.dtype(), [&]<class T, class Index>(T, Index) {
    const T* from = planes.data<T>();
    T* out = to.output.mutable_data<T>() + first * planes.size(1) * area;
    Index* choice = to.choice.mutable_data<Index>() + first * planes.size(1) * area;
    for_each_plane(planes, g.in_h * g.in_w, [&](std::int64_t p) {
      choose_plane(from + p * g.in_h * g.in_w, activation, out + p * area, choice + p * area, g);
    });
  });
}

Tensor spread_to_choice(const Tensor& grad, const Tensor& choice, const Pool2dGeometry& g) {
  const Tensor gy = grad.contiguous();
  Tensor out = planes_of(gy, g.in_h, g.in_w);
  const std::int64_t area = g.out_h * g.out_w;
  visit(gy.dtype(), choice.dtype(), [&]<class T, class Index>(T, Index) {
    const T* from = gy.data<T>();
    const Index* chosen = choice.data<Index>();
    T* to = out.mutable_data<T>();
    for_each_plane(gy, g.in_h * g.in_w, [&](std::int64_t p) {
      spread_plane(from + p * area, chosen + p * area, to + p * g.in_h * g.in_w, g);
    });
  });
  return out;
}

Tensor pick_choice(const Tensor& planes, const Tensor& choice, const Pool2dGeometry& g) {
  const Tensor source = planes.contiguous();
  Tensor out = planes_of(source, g.out_h, g.out_w);
  const std::int64_t area = g.out_h * g.out_w;
  visit(source.dtype(), choice.dtype(), [&]<class T, class Index>(T, Index) {
    const T* from = source.data<T>();
    const Index* chosen = choice.data<Index>();
    T* to = out.mutable_data<T>();
    for_each_plane(source, g.in_h * g.in_w, [&](std::int64_t p) {
      const T* plane = from + p * g.in_h * g.in_w;
      for_each_choice(chosen + p * area, g, [&](std::int64_t i, std::int64_t pixel) {
        to[p * area + i] = pixel == no_choice<std::int64_t> ? T{0} : plane[pixel];
      });
    });
  });
  return out;
}

Tensor pixels_of_choice(const Tensor& choice, const Pool2dGeometry& g) {
  Tensor out = Tensor::empty(choice.shape(), int64);
  const std::int64_t area = g.out_h * g.out_w;
  auto* to = out.mutable_data<std::int64_t>();
  visit(float32, choice.dtype(), [&]<class Index>(float, Index) {
    const Index* chosen = choice.data<Index>();
    for_each_plane(choice, area, [&](std::int64_t p) {
      for_each_choice(chosen + p * area, g, [&](std::int64_t i, std::int64_t pixel) { to[p * area + i] = pixel; });
    });
  });
  return out;
}

}  // namespace reel::kernels
