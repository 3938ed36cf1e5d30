#pragma once

#include <cstdint>
#include <reel/core/kernels/activation.h>

/// A linear layer of float32 for many inputs. The weight is laid out once, for all threads, and bias and activation are
/// done while the sums are in registers.
namespace reel::kernels::linear_packed {

/// Smaller products are done faster by BLAS, which has kernels for them.
inline constexpr std::int64_t least_inputs = 8, least_outputs = 32;

/// y (n, O) = x (n, I) times w (O, I) transposed, plus bias [O] where it is not null, through the activation; all
/// contiguous, I at least 1. What a row becomes does not depend on the rows beside it, to the last bit.
void forward(const float* x, std::int64_t n, const float* w, std::int64_t outputs, std::int64_t inputs,
             const float* bias, Activation activation, float* y);

}  // namespace reel::kernels::linear_packed
