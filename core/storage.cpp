#include <atomic>
#include <reel/core/blocks.h>
#include <reel/core/error.h>
#include <reel/core/storage.h>
#include <utility>

namespace reel {
namespace {

std::atomic<std::size_t> live{0};
std::atomic<std::size_t> peak{0};

void count(std::size_t bytes) {
  const std::size_t now = live.fetch_add(bytes, std::memory_order_relaxed) + bytes;
  std::size_t before = peak.load(std::memory_order_relaxed);
  while (now > before && !peak.compare_exchange_weak(before, now, std::memory_order_relaxed)) {
  }
}

std::byte* take(std::size_t bytes) {
  require<ValueError>(bytes < detail::largest_block, "storage", "a block of ", bytes,
                      " bytes is too large; it must be below ", detail::largest_block, " bytes");
  std::byte* block = detail::take_block(bytes);
  count(detail::block_size(bytes));
  return block;
}

}  // namespace

MemoryStats memory() { return {.live = live, .pooled = detail::pooled_bytes(), .peak = peak}; }
void reset_peak_memory() { peak = live.load(); }
void release_pooled_memory() { detail::release_pooled_blocks(); }

Storage::Storage(std::size_t bytes) : bytes_(bytes), data_(take(bytes)) {}

Storage::Storage(std::span<std::byte> memory, std::shared_ptr<void> owner)
    : bytes_(memory.size()), data_(memory.data()), owner_(std::move(owner)) {}

Storage::~Storage() {
  if (owner_ != nullptr) return;
  live.fetch_sub(detail::block_size(bytes_), std::memory_order_relaxed);
  detail::give_back_block(data_, bytes_);
}

}  // namespace reel
