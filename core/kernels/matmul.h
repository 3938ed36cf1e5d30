#pragma once

#include <reel/core/tensor.h>

namespace reel {

/// The matrix product a (..., M, K) x b (..., K, N) -> (..., M, N); leading axes broadcast, as in NumPy. Both need at
/// least two axes, and one float dtype. Transposed views are read where they lie. Throws ShapeError and TypeError.
[[nodiscard]] Tensor matmul(const Tensor& a, const Tensor& b);

}  // namespace reel
