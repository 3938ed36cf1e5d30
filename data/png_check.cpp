#include <algorithm>
#include <array>
#include <reel/core/error.h>
#include <reel/data/image_size.h>
#include <reel/data/png_check.h>

namespace reel::data {
namespace {

constexpr std::array<unsigned char, 8> signature = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1A, '\n'};
constexpr std::size_t around_data = 12;  // a chunk's length and type before its data, its checksum behind, 4 bytes each

std::uint32_t number(std::span<const std::byte> bytes) {
  std::uint32_t value = 0;
  for (const std::byte byte : bytes.first(4)) value = 256 * value + std::to_integer<std::uint32_t>(byte);
  return value;
}

}  // namespace

void check_png(std::span<const std::byte> file, std::string_view name) {
  const auto same = [](unsigned char wanted, std::byte found) { return std::byte{wanted} == found; };
  if (file.size() < signature.size() || !std::equal(signature.begin(), signature.end(), file.begin(), same)) return;
  std::string_view type;
  for (std::size_t at = signature.size(); type != "IEND";) {
    const std::span<const std::byte> rest = file.subspan(at);
    require<IoError>(rest.size() >= around_data, name, "truncated PNG: a chunk is to follow at byte ", at,
                     ", the file ends at byte ", file.size());
    const std::size_t length = number(rest);
    type = {reinterpret_cast<const char*>(rest.data()) + 4, 4};
    require<IoError>(length <= rest.size() - around_data, name, "truncated PNG: a chunk of ", length,
                     " bytes of data at byte ", at, ", the file ends at byte ", file.size());
    if (type == "IHDR" && length >= 8) check_size(number(rest.subspan(8)), number(rest.subspan(12)), name, file.size());
    at += length + around_data;
  }
}

}  // namespace reel::data
