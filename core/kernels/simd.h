#pragma once

#include <string>

namespace reel::kernels {

/// The instruction set that the vector kernels use: the best that this processor has of "AVX3" (AVX-512), "AVX2",
/// "NEON" and what the compiler's flags guarantee ("SCALAR", or on newer Highway "EMU128" or "SSE2"). The environment
/// variable REEL_SIMD=avx2 or REEL_SIMD=none forbids the better ones.
[[nodiscard]] std::string simd_name();
/// Whether it has vectors of some length, so that the kernels made of them are faster than BLAS.
[[nodiscard]] bool has_fast_vectors();

}  // namespace reel::kernels
