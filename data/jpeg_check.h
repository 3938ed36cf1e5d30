#pragma once

#include <cstddef>
#include <span>
#include <string_view>

namespace reel::data {

/// Walks through the segments of a JPEG file (ITU-T T.81, annex B) and looks at what stb_image before 2.28 takes on
/// trust: Huffman tables with more codes than there can be overrun its memory. Files that don't begin as a JPEG does
/// pass. Throws IoError, with `name` and the offset, for a segment that reaches beyond the end, a Huffman table that is
/// no prefix code, more scans than any encoder writes, a file that ends before the image does, and a size that is none
/// or too large to be read.
void check_jpeg(std::span<const std::byte> file, std::string_view name);

}  // namespace reel::data
