#include <algorithm>
#include <array>
#include <reel/core/blocks.h>
#include <reel/core/kernels/scratch.h>
#include <reel/core/small_blocks.h>
#include <span>

namespace reel::kernels {
namespace {

constexpr std::size_t largest_kept = std::size_t{64} << 10;

struct Block {
  std::byte* first;
  std::size_t bytes;
};

/// Free blocks that a thread has at hand.
class Shelf {
 public:
  Shelf() = default;
  ~Shelf() {
    while (count_ > 0) {
      const Block& block = blocks_[--count_];
      reel::detail::give_back_block(block.first, block.bytes);
    }
  }
  Shelf(const Shelf&) = delete;
  Shelf& operator=(const Shelf&) = delete;

  /// The one that was put down last of those that fit and aren't much too large.
  Block take(std::size_t bytes) {
    const std::span<Block> all = blocks();
    const auto fits = [&](const Block& block) { return block.bytes >= bytes && block.bytes <= 2 * bytes; };
    const auto found = std::find_if(all.rbegin(), all.rend(), fits);
    if (found == all.rend()) return {nullptr, 0};
    const Block block = *found;
    std::copy(found.base(), all.end(), std::prev(found.base()));
    --count_;
    return block;
  }
  /// Where there is no room, the one that has lain there longest goes.
  void put(Block block) noexcept {
    if (count_ == blocks_.size()) {
      reel::detail::give_back_block(blocks_.front().first, blocks_.front().bytes);
      std::copy(blocks_.begin() + 1, blocks_.end(), blocks_.begin());
      --count_;
    }
    blocks_[count_++] = block;
  }

 private:
  [[nodiscard]] std::span<Block> blocks() { return {blocks_.data(), count_}; }

  std::array<Block, 16> blocks_{};
  std::size_t count_ = 0;
};

thread_local Shelf shelf;

bool is_kept(std::size_t bytes) { return reel::detail::keeps_blocks && bytes <= largest_kept; }

}  // namespace

std::byte* detail::take_scratch(std::size_t& bytes) {
  if (is_kept(bytes)) {
    const Block block = shelf.take(bytes);
    if (block.first != nullptr) {
      bytes = block.bytes;
      return block.first;
    }
  }
  return reel::detail::take_block(bytes);
}

void detail::give_back_scratch(std::byte* block, std::size_t bytes) noexcept {
  if (is_kept(bytes)) shelf.put({block, bytes});
  else reel::detail::give_back_block(block, bytes);
}

}  // namespace reel::kernels
