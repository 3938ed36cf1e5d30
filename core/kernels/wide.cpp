#include <algorithm>
#include <cstring>
#include <reel/core/kernels/wide.h>

namespace reel::kernels::wide {
namespace {

// g++ has vectors of any width and shuffles them by a variable; elsewhere nothing is available.
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)
using Vector = float __attribute__((vector_size(64)));

bool processor_has() { return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl"); }

/// The sums for seven j and one block of o, added to what `out` [7][32] holds.
__attribute__((target("avx512f,avx512vl,fma"))) void sum_products(const float* const* row, const std::int64_t* offset,
                                                                  const float* panel, std::int64_t n, float* out) {
  Vector low[rows];
  Vector high[rows];
  for (int j = 0; j < rows; ++j) {
    std::memcpy(&low[j], out + j * block, sizeof(Vector));
    std::memcpy(&high[j], out + j * block + block / 2, sizeof(Vector));
  }
  for (std::int64_t i = 0; i < n; ++i, panel += block) {
    Vector left;
    Vector right;
    std::memcpy(&left, panel, sizeof left);
    std::memcpy(&right, panel + block / 2, sizeof right);
    const std::int64_t at = offset[i];
#pragma GCC unroll 7
    for (int j = 0; j < rows; ++j) {
      const float value = row[j][at];
      low[j] += left * value;
      high[j] += right * value;
    }
  }
  for (int j = 0; j < rows; ++j) {
    std::memcpy(out + j * block, &low[j], sizeof(Vector));
    std::memcpy(out + j * block + block / 2, &high[j], sizeof(Vector));
  }
}

using Lanes = int __attribute__((vector_size(64)));

/// One step of a 16 x 16 transposition: `a` and `b` swap the lanes whose number has the bit `Step` set in one and not
/// in the other.
template <int Step>
__attribute__((target("avx512f,avx512vl"), always_inline)) inline void swap_lanes(Vector& a, Vector& b) {
  Lanes first;
  Lanes second;
  for (int lane = 0; lane < 16; ++lane) {
    first[lane] = (lane & Step) == 0 ? lane : 16 + lane - Step;
    second[lane] = (lane & Step) == 0 ? lane + Step : 16 + lane;
  }
  const Vector old = a;
  a = __builtin_shuffle(old, b, first);
  b = __builtin_shuffle(old, b, second);
}

template <int Step>
__attribute__((target("avx512f,avx512vl"), always_inline)) inline void swap_all(Vector* v) {
#pragma GCC unroll 16
  for (int i = 0; i < 16; ++i) {
    if ((i & Step) == 0) swap_lanes<Step>(v[i], v[i + Step]);
  }
}

/// to[j][i] = from[i][j] for 16 x 16 numbers.
__attribute__((target("avx512f,avx512vl"))) void transpose_16(const float* from, std::int64_t from_stride, float* to,
                                                              std::int64_t to_stride) {
  Vector v[16];
  for (int i = 0; i < 16; ++i) std::memcpy(&v[i], from + i * from_stride, sizeof(Vector));
  swap_all<8>(v);
  swap_all<4>(v);
  swap_all<2>(v);
  swap_all<1>(v);
  for (int i = 0; i < 16; ++i) std::memcpy(to + i * to_stride, &v[i], sizeof(Vector));
}
#else
bool processor_has() { return false; }
void sum_products(const float* const*, const std::int64_t*, const float*, std::int64_t, float*) {}
void transpose_16(const float*, std::int64_t, float*, std::int64_t) {}
#endif

}  // namespace

bool available() {
  static const bool has = processor_has();
  return has;
}

void add_products(const float* const* row, const std::int64_t* offset, const float* panel, std::int64_t n, float* out) {
  sum_products(row, offset, panel, n, out);
}

void transpose(const float* from, std::int64_t from_stride, float* to, std::int64_t to_stride, std::int64_t m,
               std::int64_t n) {
  for (std::int64_t i = 0; i < m; i += 16) {
    for (std::int64_t j = 0; j < n; j += 16) {
      const float* source = from + i * from_stride + j;
      float* target = to + j * to_stride + i;
      if (i + 16 <= m && j + 16 <= n) {
        transpose_16(source, from_stride, target, to_stride);
        continue;
      }
      for (std::int64_t k = 0; k < std::min<std::int64_t>(16, m - i); ++k) {
        for (std::int64_t l = 0; l < std::min<std::int64_t>(16, n - j); ++l)
          target[l * to_stride + k] = source[k * from_stride + l];
      }
    }
  }
}

}  // namespace reel::kernels::wide
