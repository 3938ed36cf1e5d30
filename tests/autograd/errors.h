#pragma once

#include <doctest/doctest.h>

#include <functional>
#include <reel/autograd/variable.h>
#include <reel/core/error.h>
#include <string>
#include <vector>

namespace reel::testing {

/// What `call` throws, as "ShapeError: conv2d: ..."; "nothing" where it throws nothing.
inline std::string error_of(const std::function<void()>& call) {
  try {
    call();
  } catch (const ShapeError& e) {
    return concat("ShapeError: ", e.what());
  } catch (const TypeError& e) {
    return concat("TypeError: ", e.what());
  } catch (const ValueError& e) {
    return concat("ValueError: ", e.what());
  } catch (const IndexError& e) {
    return concat("IndexError: ", e.what());
  } catch (const AutogradError& e) {
    return concat("AutogradError: ", e.what());
  } catch (const NumericError& e) {
    return concat("NumericError: ", e.what());
  } catch (const StateError& e) {
    return concat("StateError: ", e.what());
  } catch (const Error& e) {
    return concat("Error: ", e.what());
  } catch (const std::exception& e) {
    return concat("std::exception: ", e.what());
  }
  return "nothing";
}

/// The error must start with the first part, its kind and the op's name, and hold the others.
inline void check_error(const std::function<void()>& call, const std::vector<std::string>& parts) {
  const std::string error = error_of(call);
  CAPTURE(error);
  for (std::size_t i = 0; i < parts.size(); ++i) {
    CAPTURE(parts[i]);
    CHECK((i == 0 ? error.starts_with(parts[i]) : error.find(parts[i]) != std::string::npos));
  }
}

inline Variable zeros(const Shape& shape, DType dtype = float32) { return Tensor::zeros(shape, dtype); }
inline Tensor labels(std::initializer_list<double> values) { return Tensor::of(values, int64); }

/// A call whose result nobody needs.
template <class F>
std::function<void()> call(F f) {
  return [f] { static_cast<void>(f()); };
}

/// A row of a table of errors: the call that is wrong, and the parts of what it throws.
struct ErrorCase {
  std::function<void()> call;
  std::vector<std::string> parts;
};

inline void check_errors(const std::vector<ErrorCase>& table) {
  for (const ErrorCase& row : table) check_error(row.call, row.parts);
}

}  // namespace reel::testing
