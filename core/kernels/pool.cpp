#include <reel/core/kernels/pool.h>

namespace reel::kernels {

WindowAxis place_pool_window(std::string_view op, std::string_view axis, std::int64_t in,
                             const Pool1dOptions& options) {
  require<ValueError>(2 * options.padding <= options.kernel_size, op, "padding ", options.padding,
                      " is more than half of kernel size ", options.kernel_size, " for the ", axis);
  // Else a window may have all of its taps in the padding, and nothing to choose from.
  require<ShapeError>(in >= (options.padding == 0 ? 1 : options.dilation), op, "the input's ", axis, " of ", in,
                      " is smaller than dilation ", options.dilation, " with padding ", options.padding);
  return place_window(op, axis, in, options.kernel_size, options.stride, options.dilation, options.padding,
                      options.ceil_mode);
}

Pool2dGeometry pool2d_geometry(std::string_view op, const Shape& input, const Pool2dOptions& options) {
  require<ShapeError>(input.rank() == 4, op, "input wants shape [N, C, H, W], got ", input);
  const auto& [kernel, given_stride, padding, dilation, ceil_mode] = options;
  const Pair stride = given_stride == Pair(0) ? kernel : given_stride;
  const auto h = place_pool_window(op, "height", input[2], {kernel.h, stride.h, padding.h, dilation.h, ceil_mode});
  const auto w = place_pool_window(op, "width", input[3], {kernel.w, stride.w, padding.w, dilation.w, ceil_mode});
  return {.in_h = input[2],
          .in_w = input[3],
          .out_h = h.out,
          .out_w = w.out,
          .kernel_h = kernel.h,
          .kernel_w = kernel.w,
          .stride_h = stride.h,
          .stride_w = stride.w,
          .dilation_h = dilation.h,
          .dilation_w = dilation.w,
          .pad_top = h.pad_begin,
          .pad_left = w.pad_begin};
}

Pool2dGeometry pool1d_geometry(std::string_view op, const Shape& input, const Pool1dOptions& options) {
  require<ShapeError>(input.rank() == 3, op, "input wants shape [N, C, L], got ", input);
  Pool1dOptions o = options;
  if (o.stride == 0) o.stride = o.kernel_size;
  const auto along = place_pool_window(op, "length", input[2], o);
  return {.in_h = 1,
          .in_w = input[2],
          .out_h = 1,
          .out_w = along.out,
          .kernel_h = 1,
          .kernel_w = o.kernel_size,
          .stride_h = 1,
          .stride_w = o.stride,
          .dilation_h = 1,
          .dilation_w = o.dilation,
          .pad_top = 0,
          .pad_left = along.pad_begin};
}

}  // namespace reel::kernels
