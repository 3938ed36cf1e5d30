#pragma once

#include <cstdint>

namespace reel::kernels {

/// Functions of float32 that are made of vectors, within a few units in the last place.
enum class Function {
  exp,
  exp2,
  expm1,
  log,
  log2,
  log10,
  log1p,
  sin,
  cos,
  tan,
  asin,
  acos,
  atan,
  sinh,
  cosh,
  asinh,
  acosh,
  atanh,
  tanh,
  sigmoid,
  softplus,
  erf
};

/// to[i] = f(from[i]) for i < n. Only where has_fast_vectors().
void apply(Function f, const float* from, float* to, std::int64_t n);

}  // namespace reel::kernels
