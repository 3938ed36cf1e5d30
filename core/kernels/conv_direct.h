#pragma once

#include <reel/core/kernels/conv_kernels.h>

/// Convolution of float32 without a column matrix, for any stride, dilation, padding and groups. The input is copied
/// once, with its padding written out and the rows and columns of each residue modulo the stride side by side; then a
/// tap of the kernel is an offset, and a vector of output pixels reads a vector of input pixels.
namespace reel::kernels::direct {

/// Whether a task's copy of the input stays small: it is cut into rows, so a single row must not be huge.
[[nodiscard]] bool suits(const Conv2dGeometry& g);

[[nodiscard]] ConvKernels kernels();
/// The last of the kernels, which has a file of its own.
void weight_grad(const float* x, const float* grad, float* dw, const Conv2dGeometry& g);

}  // namespace reel::kernels::direct
