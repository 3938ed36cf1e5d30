#pragma once

#include <doctest/doctest.h>
#include <reel/core/error.h>
#include <string>

/// Words for the report of a check that fails while the result lives: `const auto noted = note(name, " of ", shape)`.
/// As doctest's CAPTURE, whose lambda takes no name of a structured binding where the compiler is a clang before 16.
template <class... Parts>
[[nodiscard]] auto note(const Parts&... parts) {
  return doctest::detail::MakeContextScope([text = reel::concat(parts...)](std::ostream* out) { *out << text; });
}
