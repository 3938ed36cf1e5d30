#pragma once

#include <reel/core/kernels/conv.h>

/// Depthwise convolution of stride 1 for float32: each channel has a kernel of its own. There is too little to compute
/// for anything but a walk over each plane, with the padding written out around a copy of it.
namespace reel::kernels::depthwise {

/// Whether these kernels can do this convolution.
[[nodiscard]] bool suits(const Conv2dGeometry& g);

/// y [N, C, OH, OW] of contiguous x [N, C, H, W], w [C, 1, KH, KW] and bias [C] (or null), through the activation.
void forward(const float* x, const float* w, const float* bias, Activation activation, float* y,
             const Conv2dGeometry& g);
void input_grad(const float* grad, const float* w, float* dx, const Conv2dGeometry& g);
void weight_grad(const float* x, const float* grad, float* dw, const Conv2dGeometry& g);

}  // namespace reel::kernels::depthwise
