#include <algorithm>
#include <reel/core/kernels/im2col.h>
#include <reel/core/simd.h>

namespace reel::kernels {
namespace {

/// The output columns [begin, end) whose tap at offset `shift` lies inside an input row of `width` pixels.
struct Inside {
  std::int64_t begin;
  std::int64_t end;
};

Inside inside(std::int64_t shift, std::int64_t stride, std::int64_t width, std::int64_t out) {
  const std::int64_t first = shift < 0 ? (-shift + stride - 1) / stride : 0;
  const std::int64_t last = width - shift <= 0 ? 0 : (width - shift + stride - 1) / stride;
  const std::int64_t begin = std::min(first, out);
  return {begin, std::clamp(last, begin, out)};
}

/// Calls `f(image_offset, column_offset, inside)` for every run of OW entries of the tile. The image offset, that of
/// output column 0, may itself lie in the padding. A run whose input row lies wholly in the padding has nothing inside.
template <class F>
[[gnu::always_inline]] inline void for_each_run(const Conv2dGeometry& g, const ColumnTile& tile, const F& f) {
  std::int64_t column = 0;
  for (std::int64_t c = 0; c < tile.channels; ++c) {
    for (std::int64_t kh = 0; kh < g.kernel_h; ++kh) {
      for (std::int64_t kw = 0; kw < g.kernel_w; ++kw) {
        const std::int64_t shift = kw * g.dilation_w - g.pad_left;
        const Inside in = inside(shift, g.stride_w, g.in_w, g.out_w);
        for (std::int64_t oh = tile.row_begin; oh < tile.row_end; ++oh, column += g.out_w) {
          const std::int64_t h = oh * g.stride_h + kh * g.dilation_h - g.pad_top;
          const bool in_image = h >= 0 && h < g.in_h;
          f((c * g.in_h + h) * g.in_w + shift, column, in_image ? in : Inside{g.out_w, g.out_w});
        }
      }
    }
  }
}

}  // namespace

// The loops over a row are written out in the two functions that are compiled for several instruction sets: rows are
// short, and a call for each would cost as much as the copying.

template <class T>
REEL_SIMD void im2col(const T* image, const Conv2dGeometry& g, const ColumnTile& tile, T* columns) {
  const std::int64_t stride = g.stride_w;
  const std::int64_t width = g.out_w;
  for_each_run(g, tile, [&](std::int64_t from_offset, std::int64_t to_offset, Inside in) {
    T* __restrict to = columns + to_offset;
    const T* __restrict from = image + from_offset;
    for (std::int64_t i = 0; i < in.begin; ++i) to[i] = T{0};
    if (stride == 1) {
      for (std::int64_t i = in.begin; i < in.end; ++i) to[i] = from[i];
    } else {
      for (std::int64_t i = in.begin; i < in.end; ++i) to[i] = from[i * stride];
    }
    for (std::int64_t i = in.end; i < width; ++i) to[i] = T{0};
  });
}

template <class T>
REEL_SIMD void col2im(const T* columns, const Conv2dGeometry& g, const ColumnTile& tile, T* image) {
  const std::int64_t stride = g.stride_w;
  for_each_run(g, tile, [&](std::int64_t to_offset, std::int64_t from_offset, Inside in) {
    T* __restrict to = image + to_offset;
    const T* __restrict from = columns + from_offset;
    if (stride == 1) {
      for (std::int64_t i = in.begin; i < in.end; ++i) to[i] += from[i];
    } else {
      for (std::int64_t i = in.begin; i < in.end; ++i) to[i * stride] += from[i];
    }
  });
}

template void im2col(const float*, const Conv2dGeometry&, const ColumnTile&, float*);
template void im2col(const double*, const Conv2dGeometry&, const ColumnTile&, double*);
template void col2im(const float*, const Conv2dGeometry&, const ColumnTile&, float*);
template void col2im(const double*, const Conv2dGeometry&, const ColumnTile&, double*);

}  // namespace reel::kernels
