#pragma once

#include <cstdint>
#include <cstdio>
#include <string>

namespace reel::data::testing {

/// The header with its checksum put in.
inline std::string tar_signed(std::string header) {
  header.replace(148, 8, 8, ' ');
  unsigned sum = 0;
  for (const char c : header) sum += static_cast<unsigned char>(c);
  char text[8];
  std::snprintf(text, sizeof text, "%06o", sum);
  header.replace(148, 7, text, 7);
  return header;
}

inline std::string tar_header(const std::string& name, std::uint64_t size, char type = '0') {
  std::string header(512, '\0');
  header.replace(0, name.size(), name);
  char text[13];
  std::snprintf(text, sizeof text, "%011llo", static_cast<unsigned long long>(size));
  header.replace(124, 12, text, 12);
  header[156] = type;
  header.replace(257, 8,
                 std::string("ustar\0"
                             "00",
                             8));
  return tar_signed(header);
}

/// A header and its content, filled up to whole blocks.
inline std::string tar_file(const std::string& name, const std::string& content, char type = '0') {
  return tar_header(name, content.size(), type) + content + std::string((512 - content.size() % 512) % 512, '\0');
}

inline std::string tar_end() { return std::string(1024, '\0'); }

}  // namespace reel::data::testing
