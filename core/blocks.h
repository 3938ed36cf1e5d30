#pragma once

#include <concepts>
#include <cstddef>
#include <memory>
#include <utility>
#include <vector>

/// Memory from a pool: blocks that were given back serve again, instead of going to the system and coming back as pages
/// that must be cleared.
namespace reel::detail {

/// No machine has one of so many bytes.
inline constexpr std::size_t largest_block = std::size_t{1} << 46;

/// A block, 64-byte aligned and not initialised. Throws std::bad_alloc.
[[nodiscard]] std::byte* take_block(std::size_t bytes);
/// `bytes` as they were asked for. Any thread may give a block back.
void give_back_block(std::byte* block, std::size_t bytes) noexcept;
/// What a block of `bytes` really takes.
[[nodiscard]] std::size_t block_size(std::size_t bytes);

/// Bytes of free blocks, the small ones aside.
[[nodiscard]] std::size_t pooled_bytes();
/// Gives them back to the system.
void release_pooled_blocks();

/// For the containers and shared pointers of the inside.
template <class T>
struct PoolAllocator {
  using value_type = T;
  static_assert(alignof(T) <= 64);
  PoolAllocator() = default;
  template <class U>
  PoolAllocator(const PoolAllocator<U>&) {}  // NOLINT(google-explicit-constructor): as allocators must

  T* allocate(std::size_t n) { return reinterpret_cast<T*>(take_block(n * sizeof(T))); }
  void deallocate(T* block, std::size_t n) noexcept {
    give_back_block(reinterpret_cast<std::byte*>(block), n * sizeof(T));
  }
  /// Bytes without a value are not zeroed: memory for what is read is touched once, and not twice.
  template <std::same_as<std::byte> U>
  void construct(U* at) noexcept {
    ::new (static_cast<void*>(at)) U;
  }
  friend bool operator==(const PoolAllocator&, const PoolAllocator&) { return true; }
};

template <class T>
using PooledVector = std::vector<T, PoolAllocator<T>>;

/// std::make_shared, from the pool.
template <class T, class... Arguments>
[[nodiscard]] std::shared_ptr<T> make_shared_pooled(Arguments&&... arguments) {
  return std::allocate_shared<T>(PoolAllocator<T>(), std::forward<Arguments>(arguments)...);
}

}  // namespace reel::detail
