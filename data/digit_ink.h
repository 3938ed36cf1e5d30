#pragma once

#include <reel/data/digits.h>

#include <array>
#include <cstdint>
#include <span>

/// How draw_digit() puts ink on paper. Private to data/digits.cpp.
namespace reel::data::detail {

struct Point {
  float x = 0.0F;
  float y = 0.0F;
};

constexpr Point operator+(Point a, Point b) { return {a.x + b.x, a.y + b.y}; }
constexpr Point operator-(Point a, Point b) { return {a.x - b.x, a.y - b.y}; }
constexpr Point operator*(float s, Point a) { return {s * a.x, s * a.y}; }

/// The picture while it is drawn: 0 or less is paper, 1 or more is ink.
using Canvas = std::array<float, kDigitSide * kDigitSide>;

/// Draws the straight piece from a to b, in pixels, with a round pen; the edge of the ink is `blur` pixels
/// wide.
void ink_segment(Canvas& canvas, Point a, Point b, float radius, float blur);

/// Copies the canvas, moved by whole pixels so that its centre of mass comes to lie in the middle, as MNIST's
/// was.
void centre(const Canvas& canvas, std::span<std::uint8_t, kDigitSide * kDigitSide> pixels);

}  // namespace reel::data::detail
