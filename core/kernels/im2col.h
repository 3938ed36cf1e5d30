#pragma once

#include <reel/core/kernels/conv.h>

namespace reel::kernels {

/// A part of one image's column matrix: some input channels, and the output rows [row_begin, row_end).
struct ColumnTile {
  std::int64_t channels;
  std::int64_t row_begin;
  std::int64_t row_end;
};

/// Unrolls an image into columns: image (channels, H, W) -> columns (channels * KH * KW, rows * OW). Column p holds the
/// patch that output pixel p sees, zeros where it reaches into the padding. See docs/conv.md.
template <class T>
void im2col(const T* image, const Conv2dGeometry& g, const ColumnTile& tile, T* columns);

/// Its adjoint: adds every column back onto the pixels that it was read from.
template <class T>
void col2im(const T* columns, const Conv2dGeometry& g, const ColumnTile& tile, T* image);

}  // namespace reel::kernels
