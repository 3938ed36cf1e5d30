#pragma once

#include <reel/core/kernels/conv_kernels.h>

/// Depthwise convolution of stride 1 for float32: each channel has a kernel of its own. There is too little to compute
/// for anything but a walk over each plane, with the padding written out around a copy of it.
namespace reel::kernels::depthwise {

/// Whether these kernels can do this convolution.
[[nodiscard]] bool suits(const Conv2dGeometry& g);

[[nodiscard]] ConvKernels kernels();

}  // namespace reel::kernels::depthwise
