#pragma once

#include <optional>
#include <reel/core/tensor.h>
#include <string_view>

namespace onnx {
class TensorProto;
}

namespace reel::onnx {

/// Reel's dtype for a number of ONNX's; none where it has none. int32 is read as int64.
[[nodiscard]] std::optional<DType> dtype_from(std::int64_t onnx_type);

/// Throws IoError where sizes and data contradict each other, ValueError for a type that Reel has not and for data in
/// another file. `name` is said in messages.
[[nodiscard]] Tensor read_tensor(const ::onnx::TensorProto& proto, std::string_view name);

}  // namespace reel::onnx
