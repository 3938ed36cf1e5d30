#include <algorithm>
#include <reel/core/kernels/im2col.h>
#include <reel/core/kernels/inside.h>
#include <reel/core/simd.h>

namespace reel::kernels {
namespace {

/// One tap of the kernel over one channel of a tile: a row of the column matrix.
struct Tap {
  std::int64_t channel;
  std::int64_t down;   // input row = output row * stride + down
  std::int64_t right;  // input column = output column * stride + right
  Inside rows;         // output rows whose input row lies in the image; the others see padding
  Inside columns;      // likewise
};

template <class F>
[[gnu::always_inline]] inline void for_each_tap(const Conv2dGeometry& g, const ColumnTile& tile, const F& f) {
  for (std::int64_t c = 0; c < tile.channels; ++c) {
    for (std::int64_t kh = 0; kh < g.kernel_h; ++kh) {
      const std::int64_t down = kh * g.dilation_h - g.pad_top;
      Inside rows = inside(down, g.stride_h, g.in_h, g.out_h);
      rows.begin = std::clamp(rows.begin, tile.row_begin, tile.row_end);
      rows.end = std::clamp(rows.end, rows.begin, tile.row_end);
      for (std::int64_t kw = 0; kw < g.kernel_w; ++kw) {
        const std::int64_t right = kw * g.dilation_w - g.pad_left;
        f(Tap{c, down, right, rows, inside(right, g.stride_w, g.in_w, g.out_w)});
      }
    }
  }
}

template <class T>
[[gnu::always_inline]] inline void zero(T* to, std::int64_t n) {
  for (std::int64_t i = 0; i < n; ++i) to[i] = T{0};
}

template <class T>
[[gnu::always_inline]] inline void copy(T* __restrict to, const T* __restrict from, std::int64_t n) {
  for (std::int64_t i = 0; i < n; ++i) to[i] = from[i];
}

}  // namespace

// Both are compiled for several instruction sets, with the loops over a row inside: rows are short, and a call for each
// would cost as much as the copying.

template <class T>
REEL_SIMD void im2col(const T* image, const Conv2dGeometry& g, const ColumnTile& tile, T* columns) {
  // With stride 1 and as many columns out as in, what a tap sees is the image itself, shifted: one run for all rows.
  const bool shifted = g.stride_h == 1 && g.stride_w == 1 && g.out_w == g.in_w;
  const std::int64_t width = g.out_w;
  T* to = columns;
  for_each_tap(g, tile, [&](const Tap& tap) {
    const auto [begin, end] = tap.columns;
    const T* from = image + (tap.channel * g.in_h + tap.down) * g.in_w + tap.right;
    zero(to, (tap.rows.begin - tile.row_begin) * width);
    to += (tap.rows.begin - tile.row_begin) * width;
    if (shifted && tap.rows.begin < tap.rows.end) {
      copy(to + begin, from + tap.rows.begin * width + begin,
           (tap.rows.end - tap.rows.begin - 1) * width + end - begin);
    }
    for (std::int64_t oh = tap.rows.begin; oh < tap.rows.end; ++oh, to += width) {
      zero(to, begin);
      zero(to + end, width - end);
      const T* row = from + oh * g.stride_h * g.in_w;
      if (shifted) continue;
      if (g.stride_w == 1) {
        copy(to + begin, row + begin, end - begin);
      } else {
        for (std::int64_t i = begin; i < end; ++i) to[i] = row[i * g.stride_w];
      }
    }
    zero(to, (tile.row_end - tap.rows.end) * width);
    to += (tile.row_end - tap.rows.end) * width;
  });
}

template <class T>
REEL_SIMD void col2im(const T* columns, const Conv2dGeometry& g, const ColumnTile& tile, T* image) {
  const T* __restrict from = columns;
  const std::int64_t width = g.out_w;
  for_each_tap(g, tile, [&](const Tap& tap) {
    for (std::int64_t oh = tap.rows.begin; oh < tap.rows.end; ++oh) {
      const T* __restrict line = from + (oh - tile.row_begin) * width;
      T* __restrict row = image + (tap.channel * g.in_h + oh * g.stride_h + tap.down) * g.in_w + tap.right;
      if (g.stride_w == 1) {
        for (std::int64_t i = tap.columns.begin; i < tap.columns.end; ++i) row[i] += line[i];
      } else {
        for (std::int64_t i = tap.columns.begin; i < tap.columns.end; ++i) row[i * g.stride_w] += line[i];
      }
    }
    from += (tile.row_end - tile.row_begin) * width;
  });
}

template void im2col(const float*, const Conv2dGeometry&, const ColumnTile&, float*);
template void im2col(const double*, const Conv2dGeometry&, const ColumnTile&, double*);
template void col2im(const float*, const Conv2dGeometry&, const ColumnTile&, float*);
template void col2im(const double*, const Conv2dGeometry&, const ColumnTile&, double*);

}  // namespace reel::kernels
