#pragma once

#include <reel/autograd/variable.h>
#include <reel/core/kernels/activation.h>

namespace reel {

/// a (..., M, K) x b (..., K, N) -> (..., M, N), leading axes broadcast. Throws ShapeError and TypeError.
[[nodiscard]] Variable matmul(const Variable& a, const Variable& b);

/// x [..., I] times weight [O, I] transposed, plus bias [O] where one is given, through the activation -> [..., O].
/// Throws ShapeError and TypeError.
[[nodiscard]] Variable linear(const Variable& x, const Variable& weight, const Variable& bias = {},
                              Activation activation = Activation::none);

}  // namespace reel
