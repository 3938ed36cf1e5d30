#pragma once

#include <cmath>
#include <cstdint>
#include <reel/core/tensor.h>
#include <type_traits>

namespace reel::data {

/// A channel of an image, with `fill` around it.
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

  /// The colour at a place between pixels, whose middles lie at whole numbers, as T.
  [[nodiscard]] T sample(double y, double x) const {
    // Interpolation between values of T stays in T's range, so that only the rounding is left to do.
    const float colour = between(y, x);
    return std::is_integral_v<T> ? static_cast<T>(colour + 0.5F) : static_cast<T>(colour);
  }

 private:
  [[nodiscard]] float between(double y, double x) const {
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

/// Where a pixel of a new image gets its colour from.
struct Source {
  double y;
  double x;
};

/// The image [C, H, W], uint8 or float32, drawn anew: pixel (y, x) has the colour at `source(y, x)`. Throws ShapeError
/// or TypeError for other images, and ValueError for a fill that a uint8 can't be.
template <class F>
[[nodiscard]] Tensor resample(const char* op, const Tensor& image, float fill, const F& source) {
  require<ShapeError>(image.rank() == 3, op, "wants an image [C, H, W], got ", image.shape());
  require<TypeError>(image.dtype() == uint8 || image.dtype() == float32, op, "wants uint8 or float32, got ",
                     image.dtype());
  const Tensor from = image.contiguous();
  Tensor out = Tensor::empty(image.shape(), image.dtype());
  const std::int64_t height = image.size(1), width = image.size(2);
  const auto draw = [&]<class T>(T* pixels) {
    for (std::int64_t c = 0; c < image.size(0); ++c) {
      const Plane<T> plane{from.data<T>() + c * height * width, height, width, fill};
      for (std::int64_t y = 0; y < height; ++y) {
        for (std::int64_t x = 0; x < width; ++x) {
          const Source place = source(y, x);
          *pixels++ = plane.sample(place.y, place.x);
        }
      }
    }
  };
  if (image.dtype() == float32) {
    draw(out.mutable_data<float>());
  } else {
    require<ValueError>(fill >= 0 && fill <= 255, op, "wants a fill of 0 to 255 for a uint8 image, got ", fill);
    draw(out.mutable_data<std::uint8_t>());
  }
  return out;
}

}  // namespace reel::data
