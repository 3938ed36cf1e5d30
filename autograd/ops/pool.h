#pragma once

#include <reel/autograd/variable.h>
#include <reel/core/kernels/pool.h>

/// Differentiable 2-D pooling of [N, C, H, W]. Throws ShapeError, ValueError and TypeError.
namespace reel {

/// The largest value of each window -> [N, C, OH, OW]; its gradient goes to the first of equals. Padding counts as
/// -infinity.
[[nodiscard]] Variable max_pool2d(const Variable& x, const Pool2dOptions& options = {});
/// The gradient through a max pooling whose choices were kept; see kernels::Pooled.
[[nodiscard]] Variable spread_to_choice(const Variable& grad, const Tensor& choice,
                                        const kernels::Pool2dGeometry& geometry);
/// The mean of each window -> [N, C, OH, OW]. Padding counts as zeros, as in PyTorch's default. No dilation.
[[nodiscard]] Variable avg_pool2d(const Variable& x, const Pool2dOptions& options = {});
/// Means over windows that cover the plane -> [N, C, size.h, size.w].
[[nodiscard]] Variable adaptive_avg_pool2d(const Variable& x, Pair output_size);

}  // namespace reel
