#pragma once

#include <reel/core/kernels/conv.h>

/// Convolution with 1 x 1 taps, stride 1, no padding and no groups for float32: a product of matrices for each image,
/// read where it lies.
namespace reel::kernels::pointwise {

/// Whether these kernels can do this convolution.
[[nodiscard]] bool suits(const Conv2dGeometry& g);

/// y [N, O, H, W] of contiguous x [N, C, H, W], w [O, C, 1, 1] and bias [O] (or null), through the activation.
void forward(const float* x, const float* w, const float* bias, Activation activation, float* y,
             const Conv2dGeometry& g);
void input_grad(const float* grad, const float* w, float* dx, const Conv2dGeometry& g);
void weight_grad(const float* x, const float* grad, float* dw, const Conv2dGeometry& g);

}  // namespace reel::kernels::pointwise
