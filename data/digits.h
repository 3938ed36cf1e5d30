#pragma once

#include <cstdint>
#include <span>

namespace reel::data {

/// Height and width of a drawn digit, in pixels.
inline constexpr int kDigitSide = 28;

/// Draws one synthetic handwritten digit, in the format of MNIST.
///
/// A writing style of `label` is picked, its pen strokes are bent, slanted, turned and stretched as another
/// hand would write them, and drawn with a pen of its own width. As in MNIST the digit fills a box of about
/// 20 x 20 pixels, and the centre of mass of its ink lies in the middle of the image, to within a pixel.
///
/// The picture depends on (label, seed, index) only: there is no state, so any part of a stream can be drawn
/// on any thread, in any order. One digit takes some tens of microseconds on one core.
///
/// label:  0 to 9, else ValueError is thrown.
/// seed:   names the stream; different seeds give unrelated digits.
/// index:  the number of the digit within its stream.
/// pixels: 28 * 28 values, row by row from the top left; 0 is paper and 255 is ink. All of them are written.
void draw_digit(int label, std::uint64_t seed, std::uint64_t index, std::span<std::uint8_t, 784> pixels);

}  // namespace reel::data
