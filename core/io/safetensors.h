#pragma once

#include <map>
#include <reel/core/io/file.h>
#include <reel/core/tensor.h>
#include <string>
#include <string_view>

namespace reel::io {

/// What a .safetensors file holds.
struct SafeTensors {
  std::map<std::string, Tensor> tensors;        ///< by name
  std::map<std::string, std::string> metadata;  ///< free text by name
};

/// Reads a .safetensors file (https://github.com/huggingface/safetensors#format): dtypes F32, F64, I64, U8 and BOOL.
/// Throws IoError for a file that can't be read, is truncated or lies, and for other dtypes. As in the reference
/// implementation, the tensors must cover the data without holes or overlaps, and the header has at most 100 MB.
///
///     const auto weights = io::load_safetensors("large.safetensors", {.memory_map = true});
[[nodiscard]] SafeTensors load_safetensors(std::string_view path, const LoadOptions& options = {});

/// Writes a .safetensors file with the layout of the reference implementation: widest dtypes first, then by name, the
/// data aligned to 8 bytes. The file appears whole or not at all, and the same tensors give the same bytes.
/// Throws IoError, also for names and metadata that are not UTF-8 and for a tensor named "__metadata__".
void save_safetensors(std::string_view path, const std::map<std::string, Tensor>& tensors,
                      const std::map<std::string, std::string>& metadata = {});

}  // namespace reel::io
