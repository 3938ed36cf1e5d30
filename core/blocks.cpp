#include <sys/mman.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <cstdlib>
#include <mutex>
#include <new>
#include <reel/core/blocks.h>
#include <reel/core/small_blocks.h>
#include <thread>
#include <vector>

namespace reel::detail {
namespace {

constexpr std::size_t alignment = 64;
constexpr std::size_t huge_page = std::size_t{2} << 20;

/// Sizes are rounded up to 4 steps for each power of two: at most a fifth of a block is slack.
struct SizeClass {
  std::size_t index;
  std::size_t bytes;
};

SizeClass size_class(std::size_t bytes) {
  const std::size_t lines = std::max<std::size_t>((bytes + alignment - 1) / alignment, 1);
  if (lines <= 4) return {lines - 1, lines * alignment};
  const auto log = static_cast<std::size_t>(std::bit_width(lines - 1)) - 1;  // 2^log < lines <= 2^(log+1)
  const std::size_t step = std::size_t{1} << (log - 2);
  const std::size_t steps = (lines - (std::size_t{1} << log) + step - 1) / step;
  return {4 * (log - 1) + steps - 1, ((std::size_t{1} << log) + steps * step) * alignment};
}

std::byte* allocate_from_system(std::size_t bytes) {
  const std::size_t align = bytes >= huge_page ? huge_page : alignment;
  void* block = std::aligned_alloc(align, (bytes + align - 1) / align * align);
  // Huge pages make the first touch of a large block several times cheaper. A refusal is harmless.
#if defined(MADV_HUGEPAGE)
  if (block != nullptr && bytes >= huge_page) madvise(block, bytes, MADV_HUGEPAGE);
#endif
  return static_cast<std::byte*>(block);
}

/// Held for a few instructions at a time, so that waiting for it is quicker than going to sleep.
class SpinLock {
 public:
  void lock() noexcept {
    for (int tries = 0; flag_.test_and_set(std::memory_order_acquire); ++tries) {
      if (tries % 64 == 63) std::this_thread::yield();  // whoever holds it may not be running
    }
  }
  void unlock() noexcept { flag_.clear(std::memory_order_release); }

 private:
  std::atomic_flag flag_;
};

/// Blocks that are too large for the small ones. What the threads of a loop take for themselves comes from here, too,
/// so each size has a lock of its own.
class Pool {
 public:
  std::byte* take(SizeClass size) {
    std::byte* block = take_free(size);
    if (block == nullptr) block = allocate_from_system(size.bytes);
    if (block == nullptr) {
      release_all();
      block = allocate_from_system(size.bytes);
    }
    if (block == nullptr) throw std::bad_alloc();
    return block;
  }

  void give_back(std::byte* block, SizeClass size) noexcept {
    if (!keeps_blocks) return std::free(block);
    Free& free = free_[size.index];
    const std::scoped_lock lock(free.mutex);
    try {
      free.blocks.push_back(block);
      free.bytes = size.bytes;
      pooled_.fetch_add(size.bytes, std::memory_order_relaxed);
    } catch (const std::bad_alloc&) {
      std::free(block);
    }
  }

  std::size_t pooled() { return pooled_.load(std::memory_order_relaxed); }

  void release_all() {
    for (Free& free : free_) {
      const std::scoped_lock lock(free.mutex);
      for (std::byte* block : free.blocks) std::free(block);
      pooled_.fetch_sub(free.blocks.size() * free.bytes, std::memory_order_relaxed);
      free.blocks.clear();
    }
  }

 private:
  struct Free {
    SpinLock mutex;
    std::vector<std::byte*> blocks;
    std::size_t bytes = 0;  // of each
  };

  std::byte* take_free(SizeClass size) {
    Free& free = free_[size.index];
    const std::scoped_lock lock(free.mutex);
    if (free.blocks.empty()) return nullptr;
    std::byte* block = free.blocks.back();
    free.blocks.pop_back();
    pooled_.fetch_sub(size.bytes, std::memory_order_relaxed);
    return block;
  }

  std::array<Free, 192> free_;
  std::atomic<std::size_t> pooled_ = 0;
};

/// Never destroyed, so that tensors in static storage may outlive main.
Pool& pool() {
  static Pool& instance = *new Pool;
  return instance;
}

}  // namespace

std::size_t block_size(std::size_t bytes) { return size_class(bytes).bytes; }

std::byte* take_block(std::size_t bytes) {
  if (bytes >= largest_block) throw std::bad_alloc();
  return bytes <= largest_small_block ? take_small_block(bytes) : pool().take(size_class(bytes));
}

void give_back_block(std::byte* block, std::size_t bytes) noexcept {
  if (bytes <= largest_small_block) {
    give_back_small_block(block, bytes);
  } else {
    pool().give_back(block, size_class(bytes));
  }
}

std::size_t pooled_bytes() { return pool().pooled(); }
void release_pooled_blocks() { pool().release_all(); }

}  // namespace reel::detail
