#include <cmath>
#include <numbers>
#include <reel/data/affine.h>
#include <reel/data/draw.h>
#include <reel/data/resample.h>

namespace reel::data {
namespace {

double radians(double degrees) { return degrees * std::numbers::pi / 180; }

/// Undoes the four steps in turn: moved, turned, slanted, scaled.
AffineMap inverse_of(double degrees, double shear, double scale, double right, double down) {
  const double cosine = std::cos(radians(degrees)) / scale;
  const double sine = std::sin(radians(degrees)) / scale;
  const double slant = std::tan(radians(shear));
  AffineMap map{.xx = cosine + slant * sine, .xy = -sine + slant * cosine, .yx = sine, .yy = cosine};
  map.right = -(map.xx * right + map.xy * down);
  map.down = -(map.yx * right + map.yy * down);
  return map;
}

}  // namespace

Tensor warp(const Tensor& image, const AffineMap& map, float fill) {
  const double middle_y = 0.5 * static_cast<double>(image.size(-2) - 1);
  const double middle_x = 0.5 * static_cast<double>(image.size(-1) - 1);
  return resample("warp", image, fill, [&](std::int64_t row, std::int64_t column) {
    const double y = static_cast<double>(row) - middle_y;
    const double x = static_cast<double>(column) - middle_x;
    return Source{.y = map.yx * x + map.yy * y + map.down + middle_y,
                  .x = map.xx * x + map.xy * y + map.right + middle_x};
  });
}

Tensor rotate(const Tensor& image, double degrees, float fill) {
  return warp(image, inverse_of(degrees, 0, 1, 0, 0), fill);
}

Transform random_rotation(double max_degrees, float fill) {
  require<ValueError>(max_degrees >= 0, "random_rotation", "wants max_degrees of at least 0, got ", max_degrees);
  return [=](const Tensor& image, Generator& generator) {
    return rotate(image, draw_uniform(-max_degrees, max_degrees, generator), fill);
  };
}

Transform random_affine(const AffineRange& range) {
  require<ValueError>(range.degrees >= 0 && range.shift >= 0 && range.shear >= 0 && range.shear < 90, "random_affine",
                      "wants degrees, shift and shear of at least 0 and a shear below 90, got ", range.degrees, ", ",
                      range.shift, " and ", range.shear);
  require<ValueError>(range.min_scale > 0 && range.min_scale <= range.max_scale, "random_affine",
                      "wants 0 < min_scale <= max_scale, got ", range.min_scale, " and ", range.max_scale);
  return [range](const Tensor& image, Generator& generator) {
    const double degrees = draw_uniform(-range.degrees, range.degrees, generator);
    const double shear = draw_uniform(-range.shear, range.shear, generator);
    const double scale = draw_uniform(range.min_scale, range.max_scale, generator);
    const double right = draw_uniform(-range.shift, range.shift, generator);
    const double down = draw_uniform(-range.shift, range.shift, generator);
    return warp(image, inverse_of(degrees, shear, scale, right, down), range.fill);
  };
}

}  // namespace reel::data
