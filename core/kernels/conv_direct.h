#pragma once

#include <reel/core/kernels/conv.h>

/// Convolution without a column matrix, for float32 and processors with AVX-512: blocks of 32 output channels are held
/// in vector registers, for seven pixels at a time, and the input is read from a zero-padded copy of one image.
namespace reel::kernels::direct {

/// Whether these kernels can do this convolution on this machine, and are worth it: float32, and channels that fill the
/// blocks.
[[nodiscard]] bool suits_forward(const Conv2dGeometry& g, DType dtype);
/// The input gradient is a forward convolution of the output's gradient; that takes stride 1.
[[nodiscard]] bool suits_input_grad(const Conv2dGeometry& g, DType dtype);
[[nodiscard]] bool suits_weight_grad(const Conv2dGeometry& g, DType dtype);

/// y [N, O, OH, OW] of contiguous x [N, C, H, W], w [O, C/G, KH, KW] and bias [O] (or null).
void forward(const float* x, const float* w, const float* bias, float* y, const Conv2dGeometry& g);
void input_grad(const float* grad, const float* w, float* dx, const Conv2dGeometry& g);
void weight_grad(const float* x, const float* grad, float* dw, const Conv2dGeometry& g);

}  // namespace reel::kernels::direct
