#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
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

/// The content of a file as the system's page cache has it: pages are read when they are first touched. Writing to them
/// changes this process's own copy and never the file. A file that is replaced, as by an AtomicFile, stays as it was
/// here; one that is shortened meanwhile ends the process (SIGBUS) where a page is touched that is gone.
class MappedFile {
 public:
  /// Throws IoError as read_file does, and where the file can't be mapped.
  explicit MappedFile(std::string_view path);
  ~MappedFile();
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;

  /// The whole content.
  [[nodiscard]] std::span<std::byte> bytes() const { return bytes_; }

 private:
  std::span<std::byte> bytes_;
};

/// How a file of tensors is loaded.
struct LoadOptions {
  /// Leave the tensors in the file, and read what is touched of them: loading takes no time or memory of its own. See
  /// MappedFile. What stands there as it can't be used (numbers of the other byte order, in Fortran order or not
  /// aligned) is copied all the same.
  bool memory_map = false;
};

/// A file's content for a loader, read or mapped.
struct FileContent {
  /// Throws IoError.
  FileContent(std::string_view path, const LoadOptions& options);

  std::span<std::byte> bytes;          ///< the content, wherever it is
  std::shared_ptr<MappedFile> mapped;  ///< null where it was read
  Bytes read;                          ///< empty where it was mapped
};

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
