#pragma once

#include <reel/core/kernels/pool.h>
#include <reel/core/tensor.h>
#include <vector>

namespace reel {

/// The windows of an average pooling; see PoolOptions. What of the padding lies in a window counts as zeros, or with
/// count_include_pad = false not at all.
template <class Size>
struct AvgPoolOptions {
  Size kernel_size = 2;           ///< height and width of a window, in taps
  Size stride = 0;                ///< pixels from one window to the next; 0: the kernel_size
  Size padding = 0;               ///< zeros around the image
  bool ceil_mode = false;         ///< let the last windows reach over the end
  bool count_include_pad = true;  ///< divide by the padding in a window, too
};
/// Of avg_pool1d(), and of avg_pool2d():
using AvgPool1dOptions = AvgPoolOptions<std::int64_t>;
using AvgPool2dOptions = AvgPoolOptions<Pair>;

/// Pooling by windows that are listed, axis by axis: their sizes may differ.
namespace kernels {

/// Pixels [begin, end) of an axis, at least one. A mean is their sum divided by `count`.
struct PoolWindow {
  std::int64_t begin, end, count;
};

/// The windows of planes of h x w pixels: each of `down` with each of `across`.
struct PoolWindows {
  std::int64_t h, w;
  std::vector<PoolWindow> down, across;
};

/// Those of an average pooling of [N, C, H, W], or of [N, C, L], as planes of height 1. Throws ShapeError and
/// ValueError.
[[nodiscard]] PoolWindows average_windows(std::string_view op, const Shape& input, const AvgPool2dOptions& options);
[[nodiscard]] PoolWindows average_windows(std::string_view op, const Shape& input, const AvgPool1dOptions& options);
/// Those that cover an axis of n pixels in m parts: window i reaches from floor(i n / m) to ceil((i + 1) n / m).
[[nodiscard]] PoolWindows adaptive_windows(std::string_view op, const Shape& input, const Pair& output_size);
[[nodiscard]] PoolWindows adaptive_windows(std::string_view op, const Shape& input, std::int64_t output_size);

/// The mean of each window, [N, C, OH, OW].
[[nodiscard]] Tensor mean_of_windows(const Tensor& planes, const PoolWindows& windows);
/// Its adjoint: spreads every value evenly over its window.
[[nodiscard]] Tensor mean_of_windows_adjoint(const Tensor& grad, const PoolWindows& windows);

/// Where in its plane the largest pixel of each window is, int64 [N, C, OH, OW]: row * W + column. The first of
/// equals, and a NaN before all.
[[nodiscard]] Tensor largest_of_windows(const Tensor& planes, const PoolWindows& windows);

}  // namespace kernels
}  // namespace reel
