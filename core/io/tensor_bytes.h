#pragma once

#include <cstdint>
#include <reel/core/io/file.h>
#include <reel/core/io/reader.h>
#include <reel/core/tensor.h>
#include <span>

namespace reel::io {

/// What a file says that a tensor is, checked: `bytes` holds without overflow.
struct TensorHeader {
  Shape shape;
  DType dtype = float32;
  std::size_t bytes = 0;
};

/// Throws IoError for more axes than a tensor can have and for sizes whose product can't be counted.
[[nodiscard]] TensorHeader checked_header(const ByteReader& reader, std::span<const std::int64_t> sizes, DType dtype);

/// A new row-major tensor from the reader's next `header.bytes` bytes. That they are there is checked before memory is
/// taken. Throws IoError, also for a bool that is neither 0 nor 1.
[[nodiscard]] Tensor read_tensor(ByteReader& reader, const TensorHeader& header);

/// The same in the place where the bytes are, in a file that `owner` maps and the reader reads; a copy where the owner
/// is null or the place is not aligned.
[[nodiscard]] Tensor map_tensor(ByteReader& reader, const TensorHeader& header,
                                const std::shared_ptr<MappedFile>& owner);

/// The memory of a row-major tensor.
[[nodiscard]] std::span<const std::byte> bytes_of(const Tensor& contiguous);

}  // namespace reel::io
