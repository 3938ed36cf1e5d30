#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace reel::data {

/// SHA-256 (FIPS 180-4) of what is fed to it in pieces, to know a downloaded file by.
class Sha256 {
 public:
  void update(std::span<const std::byte> bytes);
  /// The digest of everything so far, as 64 lower-case hexadecimal digits. Call it once, at the end.
  [[nodiscard]] std::string finish();

 private:
  void compress(std::span<const std::byte, 64> block);

  std::array<std::uint32_t, 8> state_ = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                         0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
  std::array<std::byte, 64> block_{};  // what doesn't fill a block yet: length_ % 64 bytes
  std::uint64_t length_ = 0;
};

[[nodiscard]] std::string sha256(std::span<const std::byte> bytes);
[[nodiscard]] std::string sha256(std::string_view text);
/// The digest of a file, read piece by piece. Throws IoError where it can't be read.
[[nodiscard]] std::string sha256_of_file(std::string_view path);

}  // namespace reel::data
