#pragma once

#include <cstddef>
#include <span>
#include <string_view>

namespace reel::data {

/// Walks through the chunks of a PNG file (ISO/IEC 15948, clause 5) before it is decoded. Files that don't begin as a
/// PNG does pass. Throws IoError, with `name` and the offset, for a chunk that reaches beyond the end, a file that ends
/// without its closing chunk, and a size that is none or too large to be read.
void check_png(std::span<const std::byte> file, std::string_view name);

}  // namespace reel::data
