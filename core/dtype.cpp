#include <reel/core/dtype.h>

namespace reel {

std::string_view name(DType dtype) {
  switch (dtype) {
    case DType::float32: return "float32";
    case DType::float64: return "float64";
    case DType::int64: return "int64";
    case DType::uint8: return "uint8";
    case DType::boolean: break;
  }
  return "bool";
}

std::size_t size_of(DType dtype) {
  return visit_all(dtype, [](auto zero) { return sizeof(zero); });
}

}  // namespace reel
