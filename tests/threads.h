#pragma once

#include <cstring>
#include <reel/core/parallel.h>
#include <reel/core/tensor.h>

namespace reel::testing {

/// Sets the number of threads, and puts the old one back.
class WithThreads {
 public:
  explicit WithThreads(int n) { set_num_threads(n); }
  ~WithThreads() { set_num_threads(before_); }
  WithThreads(const WithThreads&) = delete;
  WithThreads& operator=(const WithThreads&) = delete;

 private:
  int before_ = num_threads();
};

/// For contiguous tensors.
inline bool same_bits(const Tensor& a, const Tensor& b) {
  return a.dtype() == b.dtype() && a.shape() == b.shape() && std::memcmp(a.bytes(), b.bytes(), a.nbytes()) == 0;
}

}  // namespace reel::testing
