#pragma once

#include <algorithm>
#include <reel/core/kernels/inside.h>
#include <reel/core/kernels/pool.h>
#include <reel/core/parallel.h>

/// What the loops of all poolings share.
namespace reel::kernels {

/// Runs `f(begin, end)` over the N * C planes, in tasks of some 32,000 pixels.
template <class F>
void for_some_planes(const Tensor& input, std::int64_t pixels, const F& f) {
  parallel_for(input.shape()[0] * input.shape()[1],
               std::max<std::int64_t>(1, (1 << 15) / std::max<std::int64_t>(pixels, 1)), f);
}

/// Runs `f(plane)` over the same.
template <class F>
void for_each_plane(const Tensor& input, std::int64_t pixels, const F& f) {
  for_some_planes(input, pixels, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t plane = begin; plane < end; ++plane) f(plane);
  });
}

/// Calls `f(from, inside, tap)` for the taps of the windows in output row `oh`: that of window ow is pixel
/// from + ow * stride. Taps are counted in row-major order.
template <class F>
void for_each_tap(const Pool2dGeometry& g, std::int64_t oh, const F& f) {
  for (std::int64_t kh = 0; kh < g.kernel_h; ++kh) {
    const std::int64_t h = oh * g.stride_h + kh * g.dilation_h - g.pad_top;
    if (h < 0 || h >= g.in_h) continue;
    for (std::int64_t kw = 0; kw < g.kernel_w; ++kw) {
      const std::int64_t shift = kw * g.dilation_w - g.pad_left;
      f(h * g.in_w + shift, inside(shift, g.stride_w, g.in_w, g.out_w), kh * g.kernel_w + kw);
    }
  }
}

/// Planes of h x w pixels for the images and channels of another tensor.
inline Tensor planes_of(const Tensor& like, std::int64_t h, std::int64_t w) {
  return Tensor::empty({like.shape()[0], like.shape()[1], h, w}, like.dtype());
}

}  // namespace reel::kernels
