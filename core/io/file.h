#pragma once

#include <cstddef>
#include <cstdint>
#include <reel/core/blocks.h>
#include <span>
#include <string>
#include <string_view>

namespace reel::io {

/// What files hold, in memory from the pool: its large blocks are cheap to touch, and tensors use them afterwards.
using Bytes = detail::PooledVector<std::byte>;

/// The whole content of a file. Throws IoError, with the path and the system's reason, where it can't be opened or
/// read, is not a regular file, or holds more than `max_bytes` (which is found out before memory is taken).
[[nodiscard]] Bytes read_file(std::string_view path, std::size_t max_bytes = SIZE_MAX);

/// A file that is there whole or not at all. What is written goes to a temporary file beside the target, and `commit()`
/// puts that in the target's place once it has reached the disk. Without a commit (an exception, say) the
/// temporary is removed and the target stays as it was. A target that is a symbolic link keeps being one.
class AtomicFile {
 public:
  /// Throws IoError where the temporary can't be made, or where the target exists and is no regular file.
  explicit AtomicFile(std::string_view path);
  ~AtomicFile();
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;

  /// Appends. Throws IoError with the system's reason: no space left, a quota, ...
  void write(std::span<const std::byte> bytes);
  void write(std::string_view text) { write(std::as_bytes(std::span(text))); }
  /// Bytes written so far.
  [[nodiscard]] std::uint64_t size() const { return size_; }
  /// Makes it the target. Call it once, after the last write. Throws IoError.
  void commit();

 private:
  void sync_folder() const;

  std::string path_;       // as the caller gave it, for messages
  std::string target_;     // with symbolic links followed
  std::string temporary_;  // empty once committed
  int descriptor_ = -1;
  std::uint64_t size_ = 0;
};

/// Writes a whole file through an AtomicFile. Throws IoError.
void write_file(std::string_view path, std::span<const std::byte> bytes);

}  // namespace reel::io
