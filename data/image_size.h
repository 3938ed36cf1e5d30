#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace reel::data {

/// The largest pictures that are read and written.
inline constexpr int max_side = 1 << 15;
inline constexpr std::int64_t max_pixels = std::int64_t{1} << 25;

/// Throws IoError, with `name` and the file's size, where the size that the file tells is none, or larger than that.
void check_size(std::int64_t width, std::int64_t height, std::string_view name, std::size_t file_bytes);

}  // namespace reel::data
