#include <reel/data/digit_ink.h>

#include <algorithm>
#include <cmath>

namespace reel::data::detail {

// A pixel's ink falls from 1 to 0 over `blur` pixels across the edge of the pen; it
// is linear in the squared distance, which looks the same and needs no square root.
void ink_segment(Canvas& canvas, Point a, Point b, float radius, float blur) {
  const float outer = radius + 0.5F * blur;
  const float inner = std::max(radius - 0.5F * blur, 0.0F);
  const float slope = 1.0F / (outer * outer - inner * inner);
  const Point along = b - a;
  const float inverse_square = 1.0F / std::max(along.x * along.x + along.y * along.y, 1e-6F);
  const auto clip = [](float v) { return std::clamp(static_cast<int>(v), 0, kDigitSide - 1); };
  const int left = clip(std::min(a.x, b.x) - outer);
  const int right = clip(std::max(a.x, b.x) + outer);
  const int top = clip(std::min(a.y, b.y) - outer);
  const int bottom = clip(std::max(a.y, b.y) + outer);
  for (int row = top; row <= bottom; ++row) {
    float* const pixels = &canvas[row * kDigitSide];
    const float y = static_cast<float>(row) + 0.5F - a.y;
    for (int column = left; column <= right; ++column) {
      const float x = static_cast<float>(column) + 0.5F - a.x;
      const float t = std::clamp((x * along.x + y * along.y) * inverse_square, 0.0F, 1.0F);
      const float dx = x - t * along.x;
      const float dy = y - t * along.y;
      pixels[column] = std::max(pixels[column], (outer * outer - dx * dx - dy * dy) * slope);
    }
  }
}

void centre(const Canvas& canvas, std::span<std::uint8_t, kDigitSide * kDigitSide> pixels) {
  float mass = 1e-6F;
  Point moment;
  for (int row = 0; row < kDigitSide; ++row) {
    for (int column = 0; column < kDigitSide; ++column) {
      const float value = std::min(canvas[row * kDigitSide + column], 1.0F);
      mass += value;
      moment = moment + value * Point{static_cast<float>(column) + 0.5F, static_cast<float>(row) + 0.5F};
    }
  }
  const auto shift = [mass](float m) { return static_cast<int>(std::floor(0.5F * kDigitSide - m / mass + 0.5F)); };
  const int right = shift(moment.x);
  const int down = shift(moment.y);
  for (int row = 0; row < kDigitSide; ++row) {
    for (int column = 0; column < kDigitSide; ++column) {
      const int from_row = row - down;
      const int from_column = column - right;
      const bool inside = from_row >= 0 && from_row < kDigitSide && from_column >= 0 && from_column < kDigitSide;
      const float value = inside ? std::min(canvas[from_row * kDigitSide + from_column], 1.0F) : 0.0F;
      // The smooth step gives the edge the shape that a blur would.
      pixels[row * kDigitSide + column] =
          static_cast<std::uint8_t>(value * value * (3.0F - 2.0F * value) * 255.0F + 0.5F);
    }
  }
}

}  // namespace reel::data::detail
