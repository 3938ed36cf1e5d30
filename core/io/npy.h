#pragma once

#include <reel/core/io/file.h>
#include <reel/core/io/reader.h>
#include <reel/core/tensor.h>
#include <string>
#include <string_view>

namespace reel::io {

/// Reads a .npy file as `numpy.save` writes it (NEP 1; format versions 1.0, 2.0 and 3.0). float32, float64, int64,
/// uint8 and bool of either byte order, in C or Fortran order; the tensor is row-major in any case. Throws IoError for
/// a file that can't be read, is truncated or lies, or holds another dtype.
[[nodiscard]] Tensor load_npy(std::string_view path, const LoadOptions& options = {});

/// Writes a .npy file that `numpy.load` reads, byte for byte what `numpy.save` would write. The file appears whole or
/// not at all. Throws IoError.
void save_npy(std::string_view path, const Tensor& tensor);

/// The array that the reader's bytes are, from the magic to the last byte; in its place where they are a whole mapped
/// file. Throws IoError.
[[nodiscard]] Tensor parse_npy(ByteReader reader, const std::shared_ptr<MappedFile>& mapped = {});

/// What stands before the elements of a row-major array in a .npy file.
[[nodiscard]] std::string npy_header(const Shape& shape, DType dtype);

}  // namespace reel::io
