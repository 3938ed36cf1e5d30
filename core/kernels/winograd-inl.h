// The transforms of Winograd's minimal filtering F(2x2, 3x3), with the channels of a block in the lanes of a vector;
// docs/conv.md derives them. Read once for each instruction set, as lanes-inl.h is.
#if defined(REEL_CORE_KERNELS_WINOGRAD_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef REEL_CORE_KERNELS_WINOGRAD_INL_H
#undef REEL_CORE_KERNELS_WINOGRAD_INL_H
#else
#define REEL_CORE_KERNELS_WINOGRAD_INL_H
#endif

#include <reel/core/kernels/lanes-inl.h>

HWY_BEFORE_NAMESPACE();
namespace reel::kernels::HWY_NAMESPACE {

// Each transform is a small matrix from the left and its transpose from the right. `from` and `to` hold the elements of
// a tile `from_step` and `to_step` apart, in row-major order.

/// d (4, 4) -> Bᵀ d B (4, 4), of an input tile whose rows lie `row` apart and whose pixels lie next to each other.
HWY_INLINE void transform_input(const float* d, std::int64_t row, float* to, std::int64_t to_step) {
  Vec t[4][4];
  for (int j = 0; j < 4; ++j) {
    const Vec d0 = load(d + j * lanes);
    const Vec d1 = load(d + row + j * lanes);
    const Vec d2 = load(d + 2 * row + j * lanes);
    const Vec d3 = load(d + 3 * row + j * lanes);
    t[0][j] = hn::Sub(d0, d2);
    t[1][j] = hn::Add(d1, d2);
    t[2][j] = hn::Sub(d2, d1);
    t[3][j] = hn::Sub(d1, d3);
  }
  for (int i = 0; i < 4; ++i) {
    store(hn::Sub(t[i][0], t[i][2]), to + (4 * i) * to_step);
    store(hn::Add(t[i][1], t[i][2]), to + (4 * i + 1) * to_step);
    store(hn::Sub(t[i][2], t[i][1]), to + (4 * i + 2) * to_step);
    store(hn::Sub(t[i][1], t[i][3]), to + (4 * i + 3) * to_step);
  }
}

/// g (3, 3) -> G g Gᵀ (4, 4)
HWY_INLINE void transform_weight(const Vec* g, float* to, std::int64_t to_step) {
  const Vec half = fill(0.5F);
  Vec t[4][3];
  for (int j = 0; j < 3; ++j) {
    const Vec outer = hn::Add(g[j], g[6 + j]);
    t[0][j] = g[j];
    t[1][j] = hn::Mul(half, hn::Add(outer, g[3 + j]));
    t[2][j] = hn::Mul(half, hn::Sub(outer, g[3 + j]));
    t[3][j] = g[6 + j];
  }
  for (int i = 0; i < 4; ++i) {
    const Vec outer = hn::Add(t[i][0], t[i][2]);
    store(t[i][0], to + (4 * i) * to_step);
    store(hn::Mul(half, hn::Add(outer, t[i][1])), to + (4 * i + 1) * to_step);
    store(hn::Mul(half, hn::Sub(outer, t[i][1])), to + (4 * i + 2) * to_step);
    store(t[i][2], to + (4 * i + 3) * to_step);
  }
}

/// m (4, 4) -> y = Aᵀ m A (2, 2)
HWY_INLINE void transform_output(const float* m, std::int64_t from_step, Vec y[2][2]) {
  Vec t[2][4];
  for (int j = 0; j < 4; ++j) {
    const Vec m1 = load(m + (4 + j) * from_step);
    const Vec m2 = load(m + (8 + j) * from_step);
    t[0][j] = hn::Add(load(m + j * from_step), hn::Add(m1, m2));
    t[1][j] = hn::Sub(hn::Sub(m1, m2), load(m + (12 + j) * from_step));
  }
  for (int i = 0; i < 2; ++i) {
    y[i][0] = hn::Add(t[i][0], hn::Add(t[i][1], t[i][2]));
    y[i][1] = hn::Sub(hn::Sub(t[i][1], t[i][2]), t[i][3]);
  }
}

/// The adjoint of transform_output: dy (2, 2) -> A dy Aᵀ (4, 4), of a tile whose rows lie `row` apart.
HWY_INLINE void transform_output_grad(const float* dy, std::int64_t row, float* to, std::int64_t to_step) {
  Vec t[4][2];
  for (int j = 0; j < 2; ++j) {
    const Vec first = load(dy + j * lanes);
    const Vec second = load(dy + row + j * lanes);
    t[0][j] = first;
    t[1][j] = hn::Add(first, second);
    t[2][j] = hn::Sub(first, second);
    t[3][j] = hn::Neg(second);
  }
  for (int i = 0; i < 4; ++i) {
    store(t[i][0], to + (4 * i) * to_step);
    store(hn::Add(t[i][0], t[i][1]), to + (4 * i + 1) * to_step);
    store(hn::Sub(t[i][0], t[i][1]), to + (4 * i + 2) * to_step);
    store(hn::Neg(t[i][1]), to + (4 * i + 3) * to_step);
  }
}

/// The adjoint of transform_weight: du (4, 4) -> Gᵀ du G (3, 3)
HWY_INLINE void transform_weight_grad(const float* du, std::int64_t from_step, float* to, std::int64_t to_step) {
  const Vec half = fill(0.5F);
  Vec t[3][4];
  for (int j = 0; j < 4; ++j) {
    const Vec u1 = load(du + (4 + j) * from_step);
    const Vec u2 = load(du + (8 + j) * from_step);
    const Vec even = hn::Mul(half, hn::Add(u1, u2));
    t[0][j] = hn::Add(load(du + j * from_step), even);
    t[1][j] = hn::Mul(half, hn::Sub(u1, u2));
    t[2][j] = hn::Add(even, load(du + (12 + j) * from_step));
  }
  for (int i = 0; i < 3; ++i) {
    const Vec even = hn::Mul(half, hn::Add(t[i][1], t[i][2]));
    store(hn::Add(t[i][0], even), to + (3 * i) * to_step);
    store(hn::Mul(half, hn::Sub(t[i][1], t[i][2])), to + (3 * i + 1) * to_step);
    store(hn::Add(even, t[i][3]), to + (3 * i + 2) * to_step);
  }
}

}  // namespace reel::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
