#pragma once

#include <reel/core/kernels/window.h>
#include <reel/core/tensor.h>

namespace reel::kernels {

/// Pads axes from the last one on, each by a number before and one after it, as PyTorch orders them: {left, right, top,
/// bottom}. A negative number cuts off, before what is left is continued. `zero` is what mode zeros fills with. Throws
/// ShapeError where the amounts don't fit the axes, cut off more than there is, or continue an axis that is empty.
[[nodiscard]] Tensor pad(const Tensor& x, const Dims& amounts, PaddingMode mode, double zero = 0);
/// Its adjoint: adds each element to the one of a tensor of `shape` that pad took it from.
[[nodiscard]] Tensor pad_adjoint(const Tensor& grad, const Shape& shape, const Dims& amounts, PaddingMode mode);

}  // namespace reel::kernels
