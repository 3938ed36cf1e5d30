#pragma once

#include <reel/core/tensor.h>

namespace reel::data {

/// Makes a picture of a digit look as MNIST's do: uint8 [1, 28, 28], light ink on black.
/// image: uint8 [1, H, W] or [3, H, W], ink on a fairly even background. The background is the median of the picture's
/// border; ink is what differs from it, towards the side where it differs more. As MNIST's makers did, the box around
/// the ink is scaled to fit 20 x 20, keeping its aspect, and placed with the ink's centre of mass in the middle (by
/// whole pixels, and never over the edge). Throws ShapeError or TypeError for other images, ValueError for a picture
/// without any ink.
[[nodiscard]] Tensor to_mnist(const Tensor& image);

}  // namespace reel::data
