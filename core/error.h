#pragma once

#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>

namespace reel {

/// Joins anything that streams into one string: `concat("got ", shape)`.
template <class... Parts>
[[nodiscard]] std::string concat(const Parts&... parts) {
  std::ostringstream out;
  (out << ... << parts);
  return std::move(out).str();
}

/// The op's name, followed by the path of the module it runs in where there is one: `conv2d (features.3)`.
[[nodiscard]] std::string with_scope(std::string_view op);

/// Base of everything that Reel throws. The message starts with the op (`op (module path): `), then what was expected
/// and what came.
class Error : public std::runtime_error {
 public:
  /// `Error("conv2d", "weight ", shape, " wants ...")`: the parts are joined by concat().
  template <class... Parts>
  explicit Error(std::string_view op, const Parts&... parts)
      : std::runtime_error(concat(with_scope(op), ": ", parts...)) {}
};

/// Shapes that do not fit one another.
class ShapeError : public Error {
  using Error::Error;
};
/// A dtype that an op does not take.
class TypeError : public Error {
  using Error::Error;
};
/// An argument out of its range.
class ValueError : public Error {
  using Error::Error;
};
/// An index or label outside the range that it points into.
class IndexError : public Error {
  using Error::Error;
};
/// A misuse of a tape, or a backward that broke its promise.
class AutogradError : public Error {
  using Error::Error;
};
/// A NaN or an infinity where numbers were expected.
class NumericError : public Error {
  using Error::Error;
};
/// A state dict that does not belong to the module it is loaded into.
class StateError : public Error {
  using Error::Error;
};
/// A file that is missing, truncated, lying or can't be written. The first argument is its path.
class IoError : public Error {
  using Error::Error;
};

/// Throws `E(op, parts...)` unless `ok`. The message is built only when it is thrown.
template <class E, class... Parts>
void require(bool ok, std::string_view op, const Parts&... parts) {
  if (!ok) [[unlikely]] {
    throw E(op, parts...);
  }
}

}  // namespace reel
