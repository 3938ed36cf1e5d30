#pragma once

#include <cstddef>
#include <memory>
#include <reel/core/changes.h>
#include <span>

namespace reel {

/// Bytes of tensor memory: in use, kept for reuse (small blocks aside, and with the memory that files were read into),
/// and the most that was ever in use.
struct MemoryStats {
  std::size_t live = 0;    ///< in use
  std::size_t pooled = 0;  ///< kept for reuse
  std::size_t peak = 0;    ///< the most that was in use since reset_peak_memory()
};

/// Statistics over every thread. A block counts with its rounded-up size.
[[nodiscard]] MemoryStats memory();
/// Starts the measurement of `memory().peak` anew, at what is live now.
void reset_peak_memory();
/// Gives the pool's unused blocks back to the system, all but the small ones.
void release_pooled_memory();

/// A block of memory, 64-byte aligned, from a thread-safe pool and back into it at the end. Not initialised. Or memory
/// that belongs to somebody else.
class Storage {
 public:
  /// Memory from the pool. Throws ValueError for a size that no machine has, and std::bad_alloc.
  explicit Storage(std::size_t bytes);
  /// Memory from elsewhere, as much of it as may be used, which `owner` keeps alive. memory() doesn't count it.
  Storage(std::span<std::byte> memory, std::shared_ptr<void> owner);
  ~Storage();
  Storage(const Storage&) = delete;
  Storage& operator=(const Storage&) = delete;

  /// The first byte.
  [[nodiscard]] std::byte* data() const { return data_; }
  /// As many as were asked for.
  [[nodiscard]] std::size_t bytes() const { return bytes_; }

  /// When it was last changed in place, and by what; 0 for never. What its first owner writes is no change:
  [[nodiscard]] detail::Moment changed_at() const { return changed_at_.load(std::memory_order_relaxed); }
  [[nodiscard]] const char* changed_by() const { return changed_by_.load(std::memory_order_relaxed); }
  /// Notes a change in place. `by` is a literal.
  void mark_changed(const char* by) const {
    changed_at_.store(detail::next_moment(), std::memory_order_relaxed);
    changed_by_.store(by, std::memory_order_relaxed);
  }
  /// Whether this thread's reader may read it.
  [[nodiscard]] bool is_readable() const {
    const detail::Reader& who = detail::reader;
    return changed_at() <= who.since || changed_at() > who.until || made_at_ > who.since || who.excepted == this;
  }

 private:
  std::size_t bytes_;
  std::byte* data_;
  std::shared_ptr<void> owner_;  // of memory that is not the pool's; else null
  detail::Moment made_at_ = detail::now();
  mutable std::atomic<detail::Moment> changed_at_{0};  // atomic: the threads of one loop may all write
  mutable std::atomic<const char*> changed_by_{nullptr};
};

}  // namespace reel
