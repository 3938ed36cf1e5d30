#pragma once

#include <reel/core/kernels/conv.h>

namespace reel::kernels {

/// The patches that a convolution's windows see: x [N, C, H, W] -> [N, C * KH * KW, OH * OW], zeros where they reach
/// into the padding. Of the geometry, channels count on the input's side alone.
[[nodiscard]] Tensor unfold(const Tensor& x, const Conv2dGeometry& geometry);
/// Its adjoint: adds every patch back onto the pixels that it came from.
[[nodiscard]] Tensor fold(const Tensor& columns, const Conv2dGeometry& geometry);

}  // namespace reel::kernels
