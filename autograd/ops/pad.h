#pragma once

#include <reel/autograd/variable.h>
#include <reel/core/kernels/window.h>

/// Differentiable padding, as PyTorch's torch.nn.functional.pad. `amounts` has two numbers for each axis from the last
/// one on, before and after it: `pad(images, {left, right, top, bottom})`. A negative one cuts off instead, and
/// what is left is continued. Every mode takes any number of axes and any amounts. Throws ShapeError.
namespace reel {

/// x with `value` around it.
[[nodiscard]] Variable pad(const Variable& x, const Dims& amounts, double value = 0);
/// x continued beyond its ends.
[[nodiscard]] Variable pad(const Variable& x, const Dims& amounts, PaddingMode mode);

}  // namespace reel
