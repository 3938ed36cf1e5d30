#pragma once

#include <cstddef>
#include <map>
#include <reel/core/tensor.h>
#include <string>
#include <string_view>

namespace reel::io {

/// Reads a .npz archive as `numpy.savez` and `numpy.savez_compressed` write it: a ZIP file of .npy files, whose names
/// without ".npy" are the keys. Throws IoError for a file that can't be read, is truncated or lies, or holds
/// anything but .npy files that `load_npy` takes. Compressed arrays may grow to `max_inflated_bytes` together, so
/// that a small file can't exhaust memory; more is an IoError too.
[[nodiscard]] std::map<std::string, Tensor> load_npz(std::string_view path,
                                                     std::size_t max_inflated_bytes = std::size_t{8} << 30);

/// Writes a .npz archive that `numpy.load` reads, not compressed, as `numpy.savez` does. The file appears whole or not
/// at all, and the same tensors give the same bytes. Throws IoError, also for keys that are not UTF-8.
void save_npz(std::string_view path, const std::map<std::string, Tensor>& tensors);

}  // namespace reel::io
