#include <cblas.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <reel/core/error.h>
#include <reel/core/kernels/gemm.h>
#include <reel/core/parallel.h>
#include <utility>

// OpenBLAS builds that choose their kernels at run time have these two; others do not.
extern "C" __attribute__((weak)) void gotoblas_dynamic_init(void);
extern "C" __attribute__((weak)) void gotoblas_dynamic_quit(void);

namespace reel::kernels {
namespace {

/// The OpenBLAS kernels that this processor can run, or none where the library's own choice stands.
const char* best_core() {
#if defined(__x86_64__) && defined(__GNUC__)
  __builtin_cpu_init();
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512bw") &&
      __builtin_cpu_supports("avx512vl")) {
    return "SkylakeX";
  }
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return "Haswell";
#endif
  return nullptr;
}

/// OpenBLAS takes its oldest kernels, some seven times slower, on a processor that is newer than itself. Then it is
/// asked to choose again, with a better name in hand; a choice that the user made stands.
void choose_kernels() {
  const char* better = best_core();
  if (better == nullptr || gotoblas_dynamic_init == nullptr || gotoblas_dynamic_quit == nullptr) return;
  if (std::getenv("OPENBLAS_CORETYPE") != nullptr || std::strcmp(openblas_get_corename(), "Prescott") != 0) return;
  setenv("OPENBLAS_CORETYPE", better, 1);
  gotoblas_dynamic_quit();
  gotoblas_dynamic_init();
  unsetenv("OPENBLAS_CORETYPE");
}

/// Once, before the first product. Reel brings its own threads, so BLAS must be thread-safe and use none.
void prepare_blas() {
  static const bool ready = [] {
    require<Error>(openblas_get_parallel() != OPENBLAS_SEQUENTIAL, "gemm",
                   "this OpenBLAS is a serial build, which gives wrong results when called from several threads; "
                   "install the pthread build (libopenblas0-pthread)");
    choose_kernels();
    openblas_set_num_threads(1);
    return true;
  }();
  static_cast<void>(ready);
}

CBLAS_TRANSPOSE order(bool transposed) { return transposed ? CblasTrans : CblasNoTrans; }

int checked(std::int64_t size) {
  require<ShapeError>(size <= 0x7fffffff, "gemm", "a matrix with a side of ", size, " is too large for BLAS");
  return static_cast<int>(size);
}

/// Into how many pieces a product is cut, from top to bottom and from left to right.
struct Cut {
  std::int64_t rows, columns;
};

/// BLAS lays out a and b anew for each piece that they have a part in, so a piece should be large and near a square.
Cut choose_cut(std::int64_t m, std::int64_t n, std::int64_t k) {
  constexpr std::int64_t worth_a_task = 1 << 22;  // multiply-adds: some 80 microseconds
  const std::int64_t pieces = std::clamp<std::int64_t>(m * n * k / worth_a_task, 1, 16);
  Cut best{1, pieces};
  const auto laid_out = [&](const Cut& cut) { return cut.columns * m + cut.rows * n; };
  for (std::int64_t rows = 2; rows <= pieces; ++rows) {
    const Cut cut{rows, pieces / rows};
    if (laid_out(cut) < laid_out(best)) best = cut;
  }
  return best;
}

/// Where piece i of `pieces` begins and ends; all but the last are whole vectors wide.
std::pair<std::int64_t, std::int64_t> piece(std::int64_t size, std::int64_t pieces, std::int64_t i) {
  constexpr std::int64_t lanes = 16;
  const std::int64_t step = (size + pieces * lanes - 1) / (pieces * lanes) * lanes;
  return {std::min(size, i * step), std::min(size, (i + 1) * step)};
}

}  // namespace

template <class T>
void gemm(std::int64_t m, std::int64_t n, std::int64_t k, Matrix<T> a, Matrix<T> b, T beta, T* c,
          std::int64_t c_stride) {
  if (m == 0 || n == 0) return;
  prepare_blas();
  if (k == 0) {  // BLAS wants strides of at least 1
    for (std::int64_t i = 0; i < m; ++i) {
      std::transform(c + i * c_stride, c + i * c_stride + n, c + i * c_stride,
                     [beta](T x) { return beta == 0 ? T{0} : beta * x; });
    }
    return;
  }
  const auto call = [&](auto function) {
    function(CblasRowMajor, order(a.transposed), order(b.transposed), checked(m), checked(n), checked(k), T{1}, a.data,
             checked(a.stride), b.data, checked(b.stride), beta, c, checked(c_stride));
  };
  if constexpr (sizeof(T) == 4) call(cblas_sgemm);
  else call(cblas_dgemm);
}

template <class T>
void parallel_gemm(std::int64_t m, std::int64_t n, std::int64_t k, Matrix<T> a, Matrix<T> b, T beta, T* c,
                   std::int64_t c_stride) {
  const Cut cut = choose_cut(m, n, k);
  parallel_for(cut.rows * cut.columns, 1, [&](std::int64_t first, std::int64_t last) {
    for (std::int64_t i = first; i < last; ++i) {
      const auto [top, bottom] = piece(m, cut.rows, i / cut.columns);
      const auto [left, right] = piece(n, cut.columns, i % cut.columns);
      const Matrix<T> rows{a.data + (a.transposed ? top : top * a.stride), a.stride, a.transposed};
      const Matrix<T> columns{b.data + (b.transposed ? left * b.stride : left), b.stride, b.transposed};
      gemm(bottom - top, right - left, k, rows, columns, beta, c + top * c_stride + left, c_stride);
    }
  });
}

template void gemm(std::int64_t, std::int64_t, std::int64_t, Matrix<float>, Matrix<float>, float, float*, std::int64_t);
template void gemm(std::int64_t, std::int64_t, std::int64_t, Matrix<double>, Matrix<double>, double, double*,
                   std::int64_t);
template void parallel_gemm(std::int64_t, std::int64_t, std::int64_t, Matrix<float>, Matrix<float>, float, float*,
                            std::int64_t);
template void parallel_gemm(std::int64_t, std::int64_t, std::int64_t, Matrix<double>, Matrix<double>, double, double*,
                            std::int64_t);

}  // namespace reel::kernels
