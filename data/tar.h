#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace reel::data {

/// A file within a tar archive.
struct TarMember {
  std::string name;                    // with / between folders
  std::span<const std::byte> content;  // as it lies in the archive
  std::size_t offset = 0;              // where in the archive that is
};

/// The files of a tar archive in their order (POSIX ustar and pax, and GNU's long names); folders are left out, and
/// contents point into `archive`. Throws IoError, with `path` and the offset, for what is truncated, no tar archive or
/// has a wrong checksum, for links and devices, for names that lead out of the archive ("..", or absolute ones), and
/// for a name that comes twice.
[[nodiscard]] std::vector<TarMember> tar_members(std::span<const std::byte> archive, std::string_view path);

}  // namespace reel::data
