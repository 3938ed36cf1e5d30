#pragma once

#include <cstddef>
#include <reel/core/tensor.h>
#include <span>
#include <string_view>
#include <vector>

namespace reel::data {

/// Reads a PNG, JPEG or BMP file: uint8 [channels, H, W], 1 channel (grey) or 3 (red, green, blue), whichever the file
/// has. What is transparent is shown on the grey `behind`, white where nothing is said. Throws IoError, with the path,
/// for a file that can't be read, is none of these, is truncated or corrupt, is larger than 64 MiB or shows no pixels,
/// more than 32768 a side or 2^25 in all (found out before their memory is taken); ValueError for other numbers of
/// channels and for a `behind` outside of 0 to 255.
[[nodiscard]] Tensor read_image(std::string_view path, int channels = 3, int behind = 255);

/// The same for a file's content. `name` stands for the path in messages.
[[nodiscard]] Tensor decode_image(std::span<const std::byte> bytes, std::string_view name, int channels = 3,
                                  int behind = 255);

/// A PNG file's content of uint8 [H, W] or [1, H, W] (grey) or [3, H, W] (red, green, blue).
/// Throws TypeError or ShapeError for anything else, for sizes of 0 and above 32768.
[[nodiscard]] std::vector<std::byte> encode_png(const Tensor& image);

/// Writes `encode_png(image)`, whole or not at all. Throws IoError besides.
void write_png(std::string_view path, const Tensor& image);

}  // namespace reel::data
