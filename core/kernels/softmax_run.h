#pragma once

#include <cstdint>

/// What softmax and cross-entropy do with n numbers that lie one after the other, in vectors. Only where
/// has_fast_vectors().
namespace reel::kernels::softmax_run {

/// The largest of x, n >= 1. Which one is open where there is a NaN.
[[nodiscard]] float largest(const float* x, std::int64_t n);
/// The sum of exp(x - top). What it adds up goes to y too, unless that is null.
[[nodiscard]] float exp_sum(const float* x, float* y, std::int64_t n, float top);
/// y = exp(x - top) * scale
void exp_scaled(const float* x, float* y, std::int64_t n, float top, float scale);

}  // namespace reel::kernels::softmax_run
