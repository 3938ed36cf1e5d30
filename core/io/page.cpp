#include <algorithm>
#include <reel/core/io/file.h>
#include <reel/core/io/page.h>

namespace reel::io {

std::string base64(std::span<const std::byte> bytes) {
  constexpr std::string_view digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const std::size_t left = std::min<std::size_t>(3, bytes.size() - i);
    std::uint32_t group = 0;
    for (std::size_t k = 0; k < 3; ++k)
      group = group << 8 | (k < left ? std::to_integer<std::uint32_t>(bytes[i + k]) : 0U);
    for (std::size_t k = 0; k < 4; ++k) out += k > left ? '=' : digits[group >> (18 - 6 * k) & 63];
  }
  return out;
}

void write_page(std::string_view path, std::string_view page, std::string_view mark, std::string_view json) {
  const std::size_t place = page.find(mark);
  std::string text(page.substr(0, place));
  // A script element ends at the first `</script`, wherever that stands; in JSON `<` has another spelling.
  for (const char c : json) {
    if (c == '<') text += "\\u003c";
    else text += c;
  }
  text += page.substr(place + mark.size());
  write_file(path, std::as_bytes(std::span(text)));
}

}  // namespace reel::io
