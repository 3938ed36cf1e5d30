#pragma once

#include <cstddef>
#include <reel/core/tensor.h>
#include <string_view>

namespace reel::data {

/// Reads an IDX file, MNIST's format, gzipped or not: a uint8 tensor of the shape that the file tells (up to 8 axes).
/// The format's other element types are refused. Throws IoError, with path and offset (in the unpacked file), for a
/// file that can't be read, is no IDX file, or is shorter or longer than its sizes say, and for one with more than
/// `max_bytes`, unpacked.
[[nodiscard]] Tensor read_idx(std::string_view path, std::size_t max_bytes = std::size_t{1} << 30);

}  // namespace reel::data
