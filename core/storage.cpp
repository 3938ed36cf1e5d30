#include <sys/mman.h>

#include <array>
#include <bit>
#include <cstdlib>
#include <mutex>
#include <new>
#include <reel/core/error.h>
#include <reel/core/storage.h>
#include <vector>

namespace reel {
namespace {

constexpr std::size_t alignment = 64;
constexpr std::size_t huge_page = std::size_t{2} << 20;
constexpr std::size_t largest = std::size_t{1} << 46;

#if defined(__SANITIZE_ADDRESS__)
constexpr bool keeps_blocks = false;  // so that a use after free is seen as one
#else
constexpr bool keeps_blocks = true;
#endif

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

class Pool {
 public:
  std::byte* take(std::size_t wanted) {
    require<ValueError>(wanted < largest, "storage", "a block of ", wanted, " bytes is too large; it must be below ",
                        largest, " bytes");
    const SizeClass size = size_class(wanted);
    const std::scoped_lock lock(mutex_);
    std::byte* block = nullptr;
    auto& free = free_[size.index];
    if (!free.empty()) {
      block = free.back();
      free.pop_back();
      stats_.pooled -= size.bytes;
    } else {
      block = allocate_from_system(size.bytes);
      if (block == nullptr) {
        release();
        block = allocate_from_system(size.bytes);
      }
      if (block == nullptr) throw std::bad_alloc();
    }
    stats_.live += size.bytes;
    stats_.peak = std::max(stats_.peak, stats_.live);
    return block;
  }

  void give_back(std::byte* block, std::size_t wanted) noexcept {
    const SizeClass size = size_class(wanted);
    const std::scoped_lock lock(mutex_);
    stats_.live -= size.bytes;
    if (!keeps_blocks) return std::free(block);
    try {
      free_[size.index].push_back(block);
      stats_.pooled += size.bytes;
    } catch (const std::bad_alloc&) {
      std::free(block);
    }
  }

  MemoryStats stats() {
    const std::scoped_lock lock(mutex_);
    return stats_;
  }
  void reset_peak() {
    const std::scoped_lock lock(mutex_);
    stats_.peak = stats_.live;
  }
  void release_all() {
    const std::scoped_lock lock(mutex_);
    release();
  }

 private:
  void release() {
    for (auto& blocks : free_) {
      for (std::byte* block : blocks) std::free(block);
      blocks.clear();
    }
    stats_.pooled = 0;
  }

  std::mutex mutex_;
  std::array<std::vector<std::byte*>, 192> free_;
  MemoryStats stats_;
};

/// Never destroyed, so that tensors in static storage may outlive main.
Pool& pool() {
  static Pool& instance = *new Pool;
  return instance;
}

}  // namespace

MemoryStats memory() { return pool().stats(); }
void reset_peak_memory() { pool().reset_peak(); }
void release_pooled_memory() { pool().release_all(); }

Storage::Storage(std::size_t bytes) : bytes_(bytes), data_(pool().take(bytes)) {}
Storage::~Storage() { pool().give_back(data_, bytes_); }

}  // namespace reel
