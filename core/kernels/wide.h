#pragma once

#include <cstdint>

/// Small pieces in 16-lane vectors of float32, for processors with AVX-512: what the direct convolution is made of.
namespace reel::kernels::wide {

inline constexpr std::int64_t block = 32;  // numbers side by side: two vectors
inline constexpr int rows = 7;             // times two vectors: 14 sums, which stay in registers

/// Whether this processor has them. The others may be called only if so.
[[nodiscard]] bool available();

/// out[j][o] += sum over i < n of row[j][offset[i]] * panel[i][o], for j < 7 and o < 32. panel: [n][32], out: [7][32].
void add_products(const float* const* row, const std::int64_t* offset, const float* panel, std::int64_t n, float* out);

/// to[j][i] = from[i][j] for i < m, j < n; a stride is the distance of two rows.
void transpose(const float* from, std::int64_t from_stride, float* to, std::int64_t to_stride, std::int64_t m,
               std::int64_t n);

}  // namespace reel::kernels::wide
