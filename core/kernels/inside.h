#pragma once

#include <algorithm>
#include <cstdint>

namespace reel::kernels {

/// A run [begin, end) of elements or positions.
struct Inside {
  std::int64_t begin, end;
};

/// Those i < count for which shift + i * stride lies in [0, size).
[[nodiscard]] inline Inside inside(std::int64_t shift, std::int64_t stride, std::int64_t size, std::int64_t count) {
  const std::int64_t begin = std::min(count, shift < 0 ? (-shift + stride - 1) / stride : 0);
  const std::int64_t end = shift < size ? (size - shift + stride - 1) / stride : 0;
  return {begin, std::clamp(end, begin, count)};
}

}  // namespace reel::kernels
