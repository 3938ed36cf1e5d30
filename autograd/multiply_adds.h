#pragma once

#include <reel/core/shape.h>
#include <span>
#include <string_view>

namespace reel {

/// How many numbers an op multiplies and adds up: those of products of matrices, be they in convolutions, linear
/// layers, attention, recurrence or matmul itself. 0 for an op that goes number by number.
[[nodiscard]] std::int64_t multiply_adds(std::string_view op, std::span<const Shape> inputs, const Shape& output);

}  // namespace reel
