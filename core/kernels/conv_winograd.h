#pragma once

#include <reel/core/kernels/conv.h>

/// 3x3 convolution of stride 1 in 2.25 times fewer multiplications, for float32: Winograd's F(2x2, 3x3) (Lavin and
/// Gray, 2016). Tiles of 4x4 input pixels, of 2x2 output pixels and of the weight are transformed into 16 numbers each;
/// between the transforms, a convolution is 16 matrix products. Its rounding errors are of the size of
/// those of plain sums.
namespace reel::kernels::winograd {

/// Whether these kernels can do this convolution.
[[nodiscard]] bool suits(const Conv2dGeometry& g);

/// y [N, O, OH, OW] of contiguous x [N, C, H, W], w [O, C, 3, 3] and bias [O] (or null), through the activation.
void forward(const float* x, const float* w, const float* bias, Activation activation, float* y,
             const Conv2dGeometry& g);
void input_grad(const float* grad, const float* w, float* dx, const Conv2dGeometry& g);
void weight_grad(const float* x, const float* grad, float* dw, const Conv2dGeometry& g);

}  // namespace reel::kernels::winograd
