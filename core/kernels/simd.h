#pragma once

namespace reel::kernels {

/// Whether this processor has vectors that the kernels made of them are worth their while with. To be asked before one
/// is called. The environment variable REEL_VECTORS=avx2 leaves out what is better than AVX2, REEL_VECTORS=none all.
/// Throws ValueError for another word.
[[nodiscard]] bool has_fast_vectors();

}  // namespace reel::kernels
