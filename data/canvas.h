#pragma once

#include <cstdint>
#include <reel/core/tensor.h>
#include <string>
#include <string_view>
#include <vector>

namespace reel::data {

/// Pixels that a line of text takes with `draw_text`: [height, width].
[[nodiscard]] Shape text_size(std::string_view text, std::int64_t scale = 1);

/// Writes a line into the image, uint8 [H, W] or [1, H, W], in the grey `value`. Its upper left corner is at column x
/// and row y; what lies outside of the image is left out. A sign is 5 x 7 pixels of `scale` and followed by one of
/// space. Throws ShapeError or TypeError for other images, ValueError for a scale below 1.
void draw_text(Tensor& image, std::int64_t x, std::int64_t y, std::string_view text, std::uint8_t value = 255,
               std::int64_t scale = 1);

/// One picture of many, row by row with `columns` in each: uint8 [H, W], white captions on dark grey.
/// images: uint8 [N, 1, h, w] or [N, h, w], each enlarged `scale` times; captions: one for each image, written under
/// it, or none at all. For a net's worst mistakes ("4 > 9") or feature maps. Throws ShapeError, TypeError, and
/// ValueError for no images, columns or scale below 1, and a number of captions that is neither N nor 0.
[[nodiscard]] Tensor contact_sheet(const Tensor& images, const std::vector<std::string>& captions,
                                   std::int64_t columns = 8, std::int64_t scale = 2);

}  // namespace reel::data
