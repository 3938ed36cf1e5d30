#pragma once

#include <cstdint>
#include <reel/core/random.h>

namespace reel::data {

/// One uniform number on [0, 1), with 53 bits.
[[nodiscard]] inline double draw_uniform(Generator& generator) {
  const auto words = philox(generator.seed(), generator.next_stream(), 0);
  return static_cast<double>((std::uint64_t{words[0]} << 21) | (words[1] >> 11)) * 0x1p-53;
}

/// One uniform number on [low, high).
[[nodiscard]] inline double draw_uniform(double low, double high, Generator& generator) {
  return low + (high - low) * draw_uniform(generator);
}

/// One integer on [low, high], both included.
[[nodiscard]] inline std::int64_t draw_integer(std::int64_t low, std::int64_t high, Generator& generator) {
  return low + static_cast<std::int64_t>(draw_uniform(generator) * static_cast<double>(high - low + 1));
}

}  // namespace reel::data
