#pragma once

#include <reel/core/tensor.h>
#include <reel/data/transforms.h>

namespace reel::data {

/// From a place in the result to the place in the source whose colour it gets: (xx * x + xy * y + right,
/// yx * x + yy * y + down). Pixels, x to the right, y down, from the middle of the image.
struct AffineMap {
  double xx = 1;     ///< by how much x moves on in the source for a pixel to the right
  double xy = 0;     ///< and for a pixel down
  double yx = 0;     ///< by how much y moves on in the source for a pixel to the right
  double yy = 1;     ///< and for a pixel down
  double right = 0;  ///< added to x
  double down = 0;   ///< added to y
};

/// The image [C, H, W] (uint8 or float32), drawn anew through the map with bilinear interpolation; outside of the
/// source everything has the value `fill`. Throws ShapeError or TypeError for other images.
[[nodiscard]] Tensor warp(const Tensor& image, const AffineMap& map, float fill = 0);

/// Turned counter-clockwise by `degrees` around its middle.
[[nodiscard]] Tensor rotate(const Tensor& image, double degrees, float fill = 0);

/// Turns by an angle in [-max_degrees, max_degrees]. Throws ValueError for max_degrees < 0.
[[nodiscard]] Transform random_rotation(double max_degrees, float fill = 0);

/// How far `random_affine` goes. Each is drawn uniformly from its range.
struct AffineRange {
  double degrees = 0;    ///< turned by -degrees to degrees
  double shear = 0;      ///< slanted by -shear to shear, in degrees
  double shift = 0;      ///< moved by -shift to shift pixels, in both directions, fractions included
  double min_scale = 1;  ///< enlarged at least so many times
  double max_scale = 1;  ///< enlarged at most so many times
  float fill = 0;        ///< the value of what comes in from outside
};

/// Turns, slants, scales and moves in one step, so that the image is interpolated only once. Throws ValueError for
/// ranges below 0, a shear of 90 or more, scales of 0 or less, and min_scale > max_scale.
[[nodiscard]] Transform random_affine(const AffineRange& range);

}  // namespace reel::data
