#pragma once

#include <cstddef>
#include <memory>

namespace reel {

/// Bytes of tensor memory: in use, kept for reuse (small blocks aside, and with the memory that files were read into),
/// and the most that was ever in use.
struct MemoryStats {
  std::size_t live = 0;
  std::size_t pooled = 0;
  std::size_t peak = 0;
};

/// Statistics over every thread. A block counts with its rounded-up size.
[[nodiscard]] MemoryStats memory();
/// Starts the measurement of `memory().peak` anew, at what is live now.
void reset_peak_memory();
/// Gives the pool's unused blocks back to the system, all but the small ones.
void release_pooled_memory();

/// A block of memory, 64-byte aligned, from a thread-safe pool and back into it at the end. Not initialised.
class Storage {
 public:
  explicit Storage(std::size_t bytes);
  ~Storage();
  Storage(const Storage&) = delete;
  Storage& operator=(const Storage&) = delete;

  [[nodiscard]] std::byte* data() const { return data_; }
  [[nodiscard]] std::size_t bytes() const { return bytes_; }

 private:
  std::size_t bytes_;
  std::byte* data_;
};

}  // namespace reel
