#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace reel::io {

/// Bytes as text that JSON and `data:` addresses can hold (RFC 4648).
[[nodiscard]] std::string base64(std::span<const std::byte> bytes);

/// Writes a page for a browser: a template, in which `mark`, inside of a script element, is replaced by JSON. No text
/// in the JSON can end that element. Throws IoError.
void write_page(std::string_view path, std::string_view page, std::string_view mark, std::string_view json);

}  // namespace reel::io
