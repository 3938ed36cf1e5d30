// The product that a recurrent layer computes at every step. Read once for each instruction set, as lanes-inl.h is.
#if defined(REEL_CORE_KERNELS_RNN_PRODUCT_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef REEL_CORE_KERNELS_RNN_PRODUCT_INL_H
#undef REEL_CORE_KERNELS_RNN_PRODUCT_INL_H
#else
#define REEL_CORE_KERNELS_RNN_PRODUCT_INL_H
#endif

#include <reel/core/kernels/gemm.h>
#include <reel/core/kernels/lanes-inl.h>
#include <reel/core/kernels/scratch.h>
#include <reel/core/parallel.h>

HWY_BEFORE_NAMESPACE();
namespace reel::kernels::HWY_NAMESPACE {

/// a (rows, K) x weight (K, groups * N), over and over with the same weight. It comes as W [groups * N, K], to be read
/// transposed, or, for one group, as W [K, N]. For vectors it is laid out once: [group][block of N][K][lane].
template <class T>
class StepProduct {
 public:
  StepProduct(const T* weight, std::int64_t groups, std::int64_t n, std::int64_t k, bool transposed, bool for_vectors)
      : weight_(weight),
        groups_(groups),
        n_(n),
        k_(k),
        transposed_(transposed),
        for_vectors_(for_vectors && sizeof(T) == 4),
        packed_(for_vectors_ ? groups * blocks() * lanes * k : 0) {
    if constexpr (sizeof(T) == 4) {
      if (for_vectors_) pack();
    }
  }

  /// Blocks of `lanes` columns in a group; the last may be less.
  [[nodiscard]] std::int64_t blocks() const { return ceil_div(n_, lanes); }
  /// From one group of a result to the next, and from one row to the next: columns beyond N hold nothing.
  [[nodiscard]] std::int64_t group_stride() const { return blocks() * lanes; }
  [[nodiscard]] std::int64_t row_stride() const { return groups_ * group_stride(); }

  /// Blocks [begin, end) of every group of c = a x weight, where a's rows are K apart.
  void multiply(const T* a, std::int64_t rows, std::int64_t begin, std::int64_t end, T* c) {
    for (std::int64_t g = 0; g < groups_; ++g) {
      if constexpr (sizeof(T) == 4) {
        if (for_vectors_) {
          multiply_blocks(a, rows, g, begin, end, c + g * group_stride());
          continue;
        }
      }
      const std::int64_t first = begin * lanes;
      const std::int64_t row = g * n_ + first;
      const Matrix<T> part{weight_ + (transposed_ ? row * k_ : first), transposed_ ? k_ : n_, transposed_};
      gemm<T>(rows, std::min(n_, end * lanes) - first, k_, {a, k_}, part, 0, c + g * group_stride() + first,
              row_stride());
    }
  }

 private:
  void pack() {
    parallel_for(groups_ * blocks(), ceil_div(1 << 15, k_ * lanes), [&](std::int64_t begin, std::int64_t end) HWY_ATTR {
      for (std::int64_t b = begin; b < end; ++b) {
        const std::int64_t first = b % blocks() * lanes;
        const std::int64_t count = std::min(lanes, n_ - first);
        float* to = packed_.data() + b * k_ * lanes;
        const auto put = [to](std::int64_t k, Vec v) HWY_ATTR { store(v, to + k * lanes); };
        if (transposed_) {
          gather_columns(weight_ + (b / blocks() * n_ + first) * k_, k_, count, k_, put);
        } else {
          for (std::int64_t k = 0; k < k_; ++k) put(k, load_some(weight_ + k * n_ + first, count));
        }
      }
    });
  }

  HWY_INLINE void multiply_blocks(const float* a, std::int64_t rows, std::int64_t g, std::int64_t begin,
                                  std::int64_t end, float* c) {
    const std::int64_t block = k_ * lanes;
    const auto at = [](std::int64_t k) HWY_ATTR { return k; };
    for (std::int64_t b = begin; b < end; b += 2) {
      const float* panel = packed_.data() + (g * blocks() + b) * block;
      const auto panel_row = [panel](std::int64_t k) HWY_ATTR { return panel + k * lanes; };
      for_each_tile(rows, tile_rows, [&](std::int64_t i, std::int64_t some) HWY_ATTR {
        const auto row = [from = a + i * k_, this](std::int64_t r) HWY_ATTR { return from + r * k_; };
        float* to = c + i * row_stride() + b * lanes;
        if (end - b >= 2) multiply_some<2>(some, row, at, panel_row, block, k_, to, row_stride(), lanes);
        else multiply_some<1>(some, row, at, panel_row, block, k_, to, row_stride(), lanes);
      });
    }
  }

  const T* weight_;
  std::int64_t groups_, n_, k_;
  bool transposed_, for_vectors_;
  Scratch<T> packed_;
};

}  // namespace reel::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
