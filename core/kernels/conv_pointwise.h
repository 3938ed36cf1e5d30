#pragma once

#include <reel/core/kernels/conv_kernels.h>

/// Convolution with 1 x 1 taps, stride 1, no padding and no groups for float32: a product of matrices for each image,
/// read where it lies.
namespace reel::kernels::pointwise {

/// Whether these kernels can do this convolution.
[[nodiscard]] bool suits(const Conv2dGeometry& g);

[[nodiscard]] ConvKernels kernels();

}  // namespace reel::kernels::pointwise
