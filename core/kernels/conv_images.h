#pragma once

#include <reel/core/kernels/conv_kernels.h>

/// Convolution of float32 with vectors along the images of a batch: for images and channels so few and small that
/// vectors along pixels or channels would be half empty. Nothing is padded, and no lane is idle but those beyond the
/// last image.
namespace reel::kernels::images {

/// Whether a vector's worth of images fits in a second-level cache. Any stride, dilation and padding; no groups.
[[nodiscard]] bool suits(const Conv2dGeometry& g);

/// As many images as go together on the machine with the widest vectors.
inline constexpr std::int64_t together = 16;

[[nodiscard]] ConvKernels kernels();
/// The last of the kernels, which has a file of its own.
void weight_grad(const float* x, const float* grad, float* dw, const Conv2dGeometry& g);

}  // namespace reel::kernels::images
