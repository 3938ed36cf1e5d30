#pragma once

#include <reel/core/kernels/window.h>
#include <reel/core/tensor.h>

namespace reel {

/// A pooling window. Without a stride, windows lie side by side: stride = kernel_size.
struct Pool2dOptions {
  Pair kernel_size = 2;
  Pair stride = 0;
  Pair padding = 0;
  Pair dilation = 1;
};

namespace kernels {

/// A 2-D pooling with everything resolved to numbers.
struct Pool2dGeometry {
  std::int64_t in_h, in_w, out_h, out_w;
  std::int64_t kernel_h, kernel_w, stride_h, stride_w, dilation_h, dilation_w;
  std::int64_t pad_top, pad_left;
};

/// Checks an input [N, C, H, W] against the options. Throws ShapeError and ValueError; the padding may be half the
/// kernel at the most, as in PyTorch, so that every window holds a pixel.
[[nodiscard]] Pool2dGeometry pool2d_geometry(std::string_view op, const Shape& input, const Pool2dOptions& options);

/// The largest pixel of each window, [N, C, OH, OW]. A NaN counts as larger than all. max_pool2d_choosing can be led
/// back too.
[[nodiscard]] Tensor max_pool2d(const Tensor& input, const Pool2dGeometry& geometry);

/// Means over windows [N, C, OH, OW]; the padding's zeros count, as in PyTorch's default (count_include_pad).
[[nodiscard]] Tensor avg_pool2d(const Tensor& input, const Pool2dGeometry& geometry);
/// Its adjoint: spreads every value evenly over its window.
[[nodiscard]] Tensor avg_pool2d_adjoint(const Tensor& grad, const Pool2dGeometry& geometry);

/// Means over OH x OW windows that cover the plane, window i reaching from floor(i H / OH) to ceil((i + 1) H / OH).
[[nodiscard]] Tensor adaptive_avg_pool2d(const Tensor& input, Pair output_size);
[[nodiscard]] Tensor adaptive_avg_pool2d_adjoint(const Tensor& grad, std::int64_t h, std::int64_t w);

}  // namespace kernels
}  // namespace reel
