#pragma once

#include <cstdint>

namespace reel::kernels {

/// A matrix in memory: its first element, the distance between rows, and whether it is to be read transposed.
template <class T>
struct Matrix {
  const T* data;
  std::int64_t stride;
  bool transposed = false;
};

/// c = a b + beta c, on the caller's thread: a (m, k), b (k, n), c (m, n) row-major with `c_stride` between its rows.
/// float and double; the one place that calls BLAS.
template <class T>
void gemm(std::int64_t m, std::int64_t n, std::int64_t k, Matrix<T> a, Matrix<T> b, T beta, T* c,
          std::int64_t c_stride);

/// The same on all threads, for one large product: c is cut into pieces by its size alone.
template <class T>
void parallel_gemm(std::int64_t m, std::int64_t n, std::int64_t k, Matrix<T> a, Matrix<T> b, T beta, T* c,
                   std::int64_t c_stride);

}  // namespace reel::kernels
