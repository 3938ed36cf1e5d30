#pragma once

#include <cstddef>
#include <cstdint>
#include <reel/core/io/file.h>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace reel::io {

/// One member of a ZIP archive, as the central directory tells it; it has been checked against the member's own header.
struct ZipMember {
  std::string name;
  bool deflated = false;
  std::uint32_t crc = 0;
  std::size_t size = 0;                   // once inflated
  std::span<const std::byte> compressed;  // as it lies in the archive
  std::size_t offset = 0;                 // where in the archive `compressed` begins
};

/// The members of an archive (PKWARE's APPNOTE.TXT, with ZIP64), sorted by their place in it; they point into
/// `archive`. Stored and deflated members only. Throws IoError for an archive that is truncated, lies, is encrypted, or
/// has duplicate names or members that overlap. No content is looked at yet.
[[nodiscard]] std::vector<ZipMember> zip_members(std::span<const std::byte> archive, std::string_view path);

/// A member's content; `inflated` is room that is used where it is deflated. Throws IoError where size or
/// CRC-32 are not as announced.
[[nodiscard]] std::span<const std::byte> zip_content(const ZipMember& member, std::string_view path, Bytes& inflated);

/// Writes an archive of stored members. It is always in ZIP64 form, as one form for every size is simplest; readers
/// from this century know it.
class ZipWriter {
 public:
  /// Throws IoError where the file can't be made.
  explicit ZipWriter(std::string_view path) : path_(path), file_(path) {}

  /// Adds a member whose content is `head` and then `body`. Throws IoError.
  void add(std::string_view name, std::string_view head, std::span<const std::byte> body);
  /// Writes the directory and puts the file in its place. Call it once, at the end. Throws IoError.
  void commit();

 private:
  std::string path_;
  AtomicFile file_;
  std::string directory_;
  std::uint64_t members_ = 0;
};

}  // namespace reel::io
