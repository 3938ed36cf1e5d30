#pragma once

#include <array>
#include <cstdint>

namespace reel::data {

inline constexpr int glyph_width = 5;
inline constexpr int glyph_height = 7;

/// A sign's rows from the top; the lowest five bits of each are its pixels, the highest of them on the left.
using Glyph = std::array<std::uint8_t, glyph_height>;

/// Digits, the letters a-z and A-Z, space and . , : ; % - + = > < / ( ) ? ! _ # * are known; all else is an empty box.
[[nodiscard]] const Glyph& glyph(char sign);

}  // namespace reel::data
