#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <stdexcept>

/// The pen-stroke models that draw_digit() starts from. Private to data/digits.cpp.
namespace reel::data::detail {

inline constexpr int kMaxKnots = 16;  ///< the most that a shape may have

/// What the pen does at a knot.
enum class Pen : std::uint8_t {
  kCurve,   ///< passes through smoothly
  kCorner,  ///< changes its direction sharply
  kLift,    ///< ends the stroke; the next knot begins another
};

/// A place that the pen passes. The digit stands in a box of 100 x 100, x to the right and y down.
struct Knot {
  std::int8_t x;
  std::int8_t y;
  Pen pen = Pen::kCurve;
};

/// One way of writing a digit: example shapes with the same number of knots, knot i playing the same role in
/// each, so that every mixture of two shapes is again a readable digit.
struct PenStyle {
  int weight;                    ///< how often people write it so, relative to the other styles of the digit
  int knots;                     ///< the number of knots of one shape
  std::span<const Knot> shapes;  ///< the shapes, one after the other
};

/// A PenStyle; numbers that don't make whole shapes don't compile.
consteval PenStyle style(int weight, int knots, std::span<const Knot> shapes) {
  if (weight < 1 || knots < 2 || knots > kMaxKnots)
    throw std::invalid_argument("a style wants a weight, and 2 to kMaxKnots knots");
  if (shapes.empty() || shapes.size() % static_cast<std::size_t>(knots) != 0)
    throw std::invalid_argument("a shape lacks knots");
  return {weight, knots, shapes};
}

/// The styles of digit `label`, which must lie in [0, 9].
std::span<const PenStyle> pen_styles(int label);

// Parts of pen_styles(), each in a file of its own.
std::span<const PenStyle> pen_styles_4_to_6(int label);
std::span<const PenStyle> pen_styles_7_to_9(int label);

}  // namespace reel::data::detail
