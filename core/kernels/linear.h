#pragma once

#include <reel/core/kernels/activation.h>
#include <reel/core/tensor.h>

namespace reel::kernels {

/// x (N, I) times weight (O, I) transposed, plus bias [O] where one is defined, through the activation -> (N, O).
[[nodiscard]] Tensor linear_forward(const Tensor& x, const Tensor& weight, const Tensor& bias, Activation activation);

}  // namespace reel::kernels
