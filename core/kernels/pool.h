#pragma once

#include <reel/core/kernels/window.h>
#include <reel/core/tensor.h>

namespace reel {

/// The windows of a max pooling. Size is a Pair, or one number in 1-D. Without a stride, windows lie side by side:
/// stride = kernel_size. With ceil_mode the last ones may reach over the end.
template <class Size>
struct PoolOptions {
  Size kernel_size = 2;    ///< height and width of a window, in taps
  Size stride = 0;         ///< pixels from one window to the next; 0: the kernel_size
  Size padding = 0;        ///< pixels around the image that count as -infinity
  Size dilation = 1;       ///< pixels from one tap to the next
  bool ceil_mode = false;  ///< let the last windows reach over the end
};
/// Of max_pool1d(), and of max_pool2d():
using Pool1dOptions = PoolOptions<std::int64_t>;
using Pool2dOptions = PoolOptions<Pair>;

namespace kernels {

/// A 2-D max pooling with everything resolved to numbers.
struct Pool2dGeometry {
  std::int64_t in_h, in_w, out_h, out_w;
  std::int64_t kernel_h, kernel_w, stride_h, stride_w, dilation_h, dilation_w;
  std::int64_t pad_top, pad_left;
};

/// Checks an input [N, C, H, W] against the options. Throws ShapeError and ValueError; the padding may be half the
/// kernel at the most, as in PyTorch, so that every window holds a pixel.
[[nodiscard]] Pool2dGeometry pool2d_geometry(std::string_view op, const Shape& input, const Pool2dOptions& options);
/// The same for an input [N, C, L], as planes of height 1.
[[nodiscard]] Pool2dGeometry pool1d_geometry(std::string_view op, const Shape& input, const Pool1dOptions& options);
/// The same for one axis.
[[nodiscard]] WindowAxis place_pool_window(std::string_view op, std::string_view axis, std::int64_t in,
                                           const Pool1dOptions& options);

/// The largest pixel of each window, [N, C, OH, OW]. A NaN counts as larger than all. max_pool2d_choosing can be led
/// back too.
[[nodiscard]] Tensor max_pool2d(const Tensor& input, const Pool2dGeometry& geometry);

}  // namespace kernels
}  // namespace reel
