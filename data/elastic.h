#pragma once

#include <reel/data/transforms.h>

namespace reel::data {

/// Moves each pixel by its own way, as a hand's tremor would (Simard, Steinkraus and Platt, "Best practices for
/// convolutional neural networks applied to visual document analysis", 2003): ways drawn uniformly from [-1, 1] in both
/// directions, smoothed by a Gaussian of deviation `sigma` pixels, times `alpha` pixels. For 28 x 28 digits the paper's
/// 34 and 4 are good. What comes in from outside has the value `fill`. Throws ValueError for an alpha below 0 and a
/// sigma that is not above 0.
[[nodiscard]] Transform random_elastic(double alpha, double sigma, float fill = 0);

/// The image [C, H, W] (uint8 or float32), each pixel taken from (x + right, y + down), between pixels by bilinear
/// interpolation. right, down: float32 [H, W]. Throws ShapeError or TypeError for others.
[[nodiscard]] Tensor displace(const Tensor& image, const Tensor& right, const Tensor& down, float fill = 0);

}  // namespace reel::data
