#pragma once

#include <cstddef>
#include <cstdint>
#include <ostream>
#include <reel/core/error.h>
#include <string_view>
#include <type_traits>

namespace reel {

/// What a Tensor's elements are. float64 is for gradient checks, int64 for labels, uint8 for images.
enum class DType : std::uint8_t { float32, float64, int64, uint8, boolean };

/// Short names: `Tensor::zeros({3}, float64)`. bool is C++'s own word, so NumPy's bool is `boolean`:
inline constexpr DType float32 = DType::float32;
inline constexpr DType float64 = DType::float64;
inline constexpr DType int64 = DType::int64;
inline constexpr DType uint8 = DType::uint8;
inline constexpr DType boolean = DType::boolean;

/// NumPy's name for the dtype: "float32", ..., "bool".
[[nodiscard]] std::string_view name(DType dtype);
/// Bytes that one element takes.
[[nodiscard]] std::size_t size_of(DType dtype);
/// Whether it is float32 or float64.
[[nodiscard]] inline bool is_floating(DType dtype) { return dtype == float32 || dtype == float64; }
/// Prints name().
inline std::ostream& operator<<(std::ostream& out, DType dtype) { return out << name(dtype); }

/// The dtype of a C++ type.
template <class T>
[[nodiscard]] constexpr DType dtype_of() {
  if constexpr (std::is_same_v<T, float>) return float32;
  if constexpr (std::is_same_v<T, double>) return float64;
  if constexpr (std::is_same_v<T, std::int64_t>) return int64;
  if constexpr (std::is_same_v<T, std::uint8_t>) return uint8;
  if constexpr (std::is_same_v<T, bool>) return boolean;
}

/// Calls `f(T{})` with the C++ type of `dtype`, whichever it is.
template <class F>
decltype(auto) visit_all(DType dtype, F&& f) {
  switch (dtype) {
    case DType::float32: return f(float{});
    case DType::float64: return f(double{});
    case DType::int64: return f(std::int64_t{});
    case DType::uint8: return f(std::uint8_t{});
    case DType::boolean: break;
  }
  return f(bool{});
}

/// Calls `f(T{})` for the dtypes that one calculates in; throws TypeError for uint8 and bool.
template <class F>
decltype(auto) visit_numbers(std::string_view op, DType dtype, F&& f) {
  switch (dtype) {
    case DType::float32: return f(float{});
    case DType::float64: return f(double{});
    case DType::int64: return f(std::int64_t{});
    default: throw TypeError(op, "wants float32, float64 or int64, got ", dtype, "; convert it with .to(float32)");
  }
}

/// Calls `f(T{})` for float32 and float64; throws TypeError for the others.
template <class F>
decltype(auto) visit_floats(std::string_view op, DType dtype, F&& f) {
  switch (dtype) {
    case DType::float32: return f(float{});
    case DType::float64: return f(double{});
    default: throw TypeError(op, "wants float32 or float64, got ", dtype, "; convert it with .to(float32)");
  }
}

}  // namespace reel
