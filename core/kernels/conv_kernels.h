#pragma once

#include <reel/core/kernels/conv.h>

namespace reel::kernels {

/// The three kernels of an algorithm that reads and writes contiguous float32: y [N, O, OH, OW] of x [N, C, H, W],
/// w [O, C/G, KH, KW] and bias [O] (or null), through the activation, and the gradients for x and w.
struct ConvKernels {
  void (*forward)(const float* x, const float* w, const float* bias, Activation activation, float* y,
                  const Conv2dGeometry& g);
  void (*input_grad)(const float* grad, const float* w, float* dx, const Conv2dGeometry& g);
  void (*weight_grad)(const float* x, const float* grad, float* dw, const Conv2dGeometry& g);
};

}  // namespace reel::kernels
