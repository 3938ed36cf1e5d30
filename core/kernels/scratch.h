#pragma once

#include <reel/core/storage.h>

#include <cstdint>

namespace reel::kernels {

/// Memory of a kernel's own, from the pool. Not initialised.
template <class T>
class Scratch {
 public:
  explicit Scratch(std::int64_t count) : storage_(static_cast<std::size_t>(count) * sizeof(T)) {}
  [[nodiscard]] T* data() { return reinterpret_cast<T*>(storage_.data()); }

 private:
  Storage storage_;
};

}  // namespace reel::kernels
