#pragma once

#include <cstddef>

/// The pool's small blocks: for what comes and goes by the thousand, such as the heads of tensors, the numbers of small
/// ones and what the entries of a tape save. Every thread keeps free blocks at hand, so that taking one is a matter of
/// a few instructions; they pass between threads by the batch. What was taken from the system once is kept for the life
/// of the process.
namespace reel::detail {

inline constexpr std::size_t largest_small_block = 512;

/// Whether blocks, small and large, wait for their next use.
#if defined(__SANITIZE_ADDRESS__)
inline constexpr bool keeps_blocks = false;  // so that a use after free is seen as one
#else
inline constexpr bool keeps_blocks = true;
#endif

/// At most `largest_small_block` bytes, 64-byte aligned and not initialised. Throws std::bad_alloc.
[[nodiscard]] std::byte* take_small_block(std::size_t bytes);
/// `bytes` as they were asked for. Any thread may give a block back.
void give_back_small_block(std::byte* block, std::size_t bytes) noexcept;

}  // namespace reel::detail
