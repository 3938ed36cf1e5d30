#pragma once

#include <cstddef>
#include <cstdint>

namespace reel::kernels {

namespace detail {
/// A block of at least `bytes` bytes, which become what it really has.
[[nodiscard]] std::byte* take_scratch(std::size_t& bytes);
void give_back_scratch(std::byte* block, std::size_t bytes) noexcept;
}  // namespace detail

/// Memory of a kernel's own, 64-byte aligned and not initialised. Where it is not large, the thread keeps it at hand
/// for the next one, so that the tasks of a loop don't wait for each other at the pool.
template <class T>
class Scratch {
 public:
  explicit Scratch(std::int64_t count)
      : bytes_(static_cast<std::size_t>(count) * sizeof(T)), block_(detail::take_scratch(bytes_)) {}
  ~Scratch() { detail::give_back_scratch(block_, bytes_); }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  [[nodiscard]] T* data() { return reinterpret_cast<T*>(block_); }

 private:
  std::size_t bytes_;
  std::byte* block_;
};

}  // namespace reel::kernels
