#pragma once

#include <reel/autograd/variable.h>
#include <reel/core/kernels/pool.h>
#include <reel/core/kernels/pool_windows.h>

/// Differentiable pooling of images [N, C, H, W], and of rows [N, C, L] likewise. Conventions and defaults are
/// PyTorch's. All throw ShapeError, ValueError and TypeError.
namespace reel {

/// The largest value of each window -> [N, C, OH, OW]; its gradient goes to the first of equals. Padding counts as
/// -infinity. OH = floor((H + 2 padding - dilation (kernel_size - 1) - 1) / stride) + 1, and with ceil_mode
/// ceil(...) + 1, but no window begins behind the last pixel. x is [N, C, H, W], or of max_pool1d [N, C, L]:
[[nodiscard]] Variable max_pool2d(const Variable& x, const Pool2dOptions& options = {});
[[nodiscard]] Variable max_pool1d(const Variable& x, const Pool1dOptions& options = {});

/// The largest values, and where each came from, int64 of the same shape: row * W + column in its plane, or its place
/// in its row.
struct MaxPooled {
  Variable values;  ///< of the shape that the pooling gives
  Tensor indices;   ///< int64, of the same shape
};
/// max_pool2d and max_pool1d, and where each value came from:
[[nodiscard]] MaxPooled max_pool2d_with_indices(const Variable& x, const Pool2dOptions& options = {});
[[nodiscard]] MaxPooled max_pool1d_with_indices(const Variable& x, const Pool1dOptions& options = {});

/// The mean of each window -> [N, C, OH, OW], with sizes as above. x is [N, C, H, W], or of avg_pool1d [N, C, L]:
[[nodiscard]] Variable avg_pool2d(const Variable& x, const AvgPool2dOptions& options = {});
[[nodiscard]] Variable avg_pool1d(const Variable& x, const AvgPool1dOptions& options = {});

/// Means over windows that cover the plane -> [N, C, size.h, size.w]: window i of an axis of n pixels reaches from
/// floor(i n / size) to ceil((i + 1) n / size). Size 1 is global pooling:
[[nodiscard]] Variable adaptive_avg_pool2d(const Variable& x, Pair output_size);
[[nodiscard]] Variable adaptive_avg_pool1d(const Variable& x, std::int64_t output_size);

/// The largest values of the same windows, and where each came from:
[[nodiscard]] Variable adaptive_max_pool2d(const Variable& x, Pair output_size);
[[nodiscard]] Variable adaptive_max_pool1d(const Variable& x, std::int64_t output_size);
[[nodiscard]] MaxPooled adaptive_max_pool2d_with_indices(const Variable& x, Pair output_size);
[[nodiscard]] MaxPooled adaptive_max_pool1d_with_indices(const Variable& x, std::int64_t output_size);

/// The gradient through a max pooling whose choices were kept; see kernels::Pooled.
[[nodiscard]] Variable spread_to_choice(const Variable& grad, const Tensor& choice,
                                        const kernels::Pool2dGeometry& geometry);

}  // namespace reel
