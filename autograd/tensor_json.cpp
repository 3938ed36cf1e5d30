#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <reel/autograd/tensor_json.h>
#include <reel/core/io/page.h>

namespace reel {
namespace {

constexpr std::int64_t most_numbers = 64;
constexpr std::int64_t numbers_beside_picture = 8;
constexpr std::int64_t longest_side = 128;

std::string number(double value) {
  if (std::isnan(value)) return "\"nan\"";
  if (std::isinf(value)) return value > 0 ? "\"inf\"" : "\"-inf\"";
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.9g", value);
  return text.data();
}

struct Range {
  double low = 0, high = 0;
  std::int64_t bad = 0;  // values that are no finite numbers
};

Range range_of(std::span<const double> values) {
  Range range{.low = INFINITY, .high = -INFINITY};
  for (const double value : values) {
    if (!std::isfinite(value)) ++range.bad;
    else range = {std::min(range.low, value), std::max(range.high, value), range.bad};
  }
  if (range.low > range.high) range.low = range.high = 0;
  return range;
}

unsigned char pixel(double value, const Range& range) {
  if (!std::isfinite(value)) return 0;
  const double width = range.high - range.low;
  return static_cast<unsigned char>(width > 0 ? 1.5 + 254 * ((value - range.low) / width) : 128);
}

/// Planes [tiles, height, width] of a tensor of rank 1 and more, the first ones, with at most `most` pixels in all.
std::string picture(std::span<const double> values, const Shape& shape, const Range& range, std::int64_t most) {
  const std::int64_t all_w = shape[shape.rank() - 1];
  const std::int64_t all_h = shape.rank() >= 2 ? shape[shape.rank() - 2] : 1;
  const std::int64_t all_tiles = static_cast<std::int64_t>(values.size()) / (all_h * all_w);
  const std::int64_t w = std::min({all_w, longest_side, most});
  const std::int64_t h = std::min({all_h, longest_side, std::max<std::int64_t>(1, most / w)});
  const std::int64_t channels = shape.rank() >= 3 ? shape[shape.rank() - 3] : 1;
  std::int64_t tiles = std::clamp<std::int64_t>(most / (h * w), 1, all_tiles);
  if (tiles > channels) tiles -= tiles % channels;  // whole images
  std::vector<unsigned char> pixels;
  for (std::int64_t tile = 0; tile < tiles; ++tile) {
    for (std::int64_t y = 0; y < h; ++y) {
      for (std::int64_t x = 0; x < w; ++x) {
        pixels.push_back(pixel(values[static_cast<std::size_t>((tile * all_h + y) * all_w + x)], range));
      }
    }
  }
  return concat("{\"tiles\": ", tiles, ", \"height\": ", h, ", \"width\": ", w, ", \"of\": [", all_tiles, ", ", all_h,
                ", ", all_w, "], \"pixels\": \"", io::base64(std::as_bytes(std::span(pixels))), "\"}");
}

}  // namespace

std::string tensor_json(const Tensor& tensor, std::int64_t most) {
  const Tensor doubles = tensor.to(float64).contiguous();
  const std::span<const double> values = doubles.span<double>();
  const Range range = range_of(values);
  const bool is_small = tensor.numel() <= most_numbers;
  std::string out =
      concat("{\"shape\": ", tensor.shape(), ", \"dtype\": \"", tensor.dtype(), "\", \"low\": ", number(range.low),
             ", \"high\": ", number(range.high), ", \"bad\": ", range.bad, ", \"values\": [");
  const auto shown = static_cast<std::size_t>(is_small ? tensor.numel() : numbers_beside_picture);
  for (std::size_t i = 0; i < shown; ++i) out += (i == 0 ? "" : ", ") + number(values[i]);
  out += ']';
  if (!is_small) out += ", \"picture\": " + picture(values, tensor.shape(), range, most);
  return out + '}';
}

}  // namespace reel
