#pragma once

#include <cstdint>
#include <reel/core/tensor.h>

namespace reel::data {

/// The image [C, H, W] (uint8 or float32) in another size: [C, height, width] of the same dtype. An axis that shrinks
/// takes the mean over the area that each new pixel covers, one that grows is interpolated linearly (pixels are areas,
/// as with align_corners = false). Throws ShapeError, TypeError, and ValueError for sizes below 1.
[[nodiscard]] Tensor resize(const Tensor& image, std::int64_t height, std::int64_t width);

}  // namespace reel::data
