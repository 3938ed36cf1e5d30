#include <cmath>
#include <numbers>
#include <reel/data/affine.h>
#include <reel/data/draw.h>

namespace reel::data {
namespace {

double radians(double degrees) { return degrees * std::numbers::pi / 180; }

/// A channel of the source, with `fill` around it.
template <class T>
struct Plane {
  const T* pixels;
  std::int64_t height;
  std::int64_t width;
  float fill;

  [[nodiscard]] float at(std::int64_t y, std::int64_t x) const {
    const bool inside = y >= 0 && y < height && x >= 0 && x < width;
    return inside ? static_cast<float>(pixels[y * width + x]) : fill;
  }

  /// The colour at a place between pixels, whose middles lie at whole numbers.
  [[nodiscard]] float sample(double y, double x) const {
    // So far outside, the conversion to an integer is not even defined.
    if (!(y > -1 && y < static_cast<double>(height) && x > -1 && x < static_cast<double>(width))) return fill;
    const double top = std::floor(y);
    const double left = std::floor(x);
    const auto row = static_cast<std::int64_t>(top);
    const auto column = static_cast<std::int64_t>(left);
    const auto v = static_cast<float>(y - top);
    const auto u = static_cast<float>(x - left);
    const float above = (1 - u) * at(row, column) + u * at(row, column + 1);
    const float below = (1 - u) * at(row + 1, column) + u * at(row + 1, column + 1);
    return (1 - v) * above + v * below;
  }
};

template <class T>
void warp_plane(const Plane<T>& source, const AffineMap& map, T* out) {
  const double middle_x = 0.5 * static_cast<double>(source.width - 1);
  const double middle_y = 0.5 * static_cast<double>(source.height - 1);
  for (std::int64_t row = 0; row < source.height; ++row) {
    const double y = static_cast<double>(row) - middle_y;
    for (std::int64_t column = 0; column < source.width; ++column) {
      const double x = static_cast<double>(column) - middle_x;
      const float colour =
          source.sample(map.yx * x + map.yy * y + map.down + middle_y, map.xx * x + map.xy * y + map.right + middle_x);
      // Interpolation between values of T stays in T's range, so that only the rounding is left to do.
      *out++ = std::is_integral_v<T> ? static_cast<T>(colour + 0.5F) : static_cast<T>(colour);
    }
  }
}

template <class T>
Tensor warp_as(const Tensor& image, const AffineMap& map, float fill) {
  const Tensor source = image.contiguous();
  Tensor out = Tensor::empty(image.shape(), image.dtype());
  const std::int64_t area = image.size(1) * image.size(2);
  for (std::int64_t c = 0; c < image.size(0); ++c) {
    const Plane<T> plane{source.data<T>() + c * area, image.size(1), image.size(2), fill};
    warp_plane(plane, map, out.mutable_data<T>() + c * area);
  }
  return out;
}

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
  require<ShapeError>(image.rank() == 3, "warp", "wants an image [C, H, W], got ", image.shape());
  if (image.dtype() == float32) return warp_as<float>(image, map, fill);
  require<TypeError>(image.dtype() == uint8, "warp", "wants uint8 or float32, got ", image.dtype());
  require<ValueError>(fill >= 0 && fill <= 255, "warp", "wants a fill of 0 to 255 for a uint8 image, got ", fill);
  return warp_as<std::uint8_t>(image, map, fill);
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
