#include <reel/core/kernels/conv.h>

namespace reel::kernels {

Conv2dGeometry conv2d_geometry(std::string_view op, const Shape& input, const Shape& weight,
                               const Conv2dOptions& options) {
  require<ShapeError>(input.rank() == 4, op, "input wants shape [N, C, H, W], got ", input,
                      input.rank() == 3 ? "; add a batch axis with unsqueeze(0)" : "");
  require<ShapeError>(weight.rank() == 4, op, "weight wants shape [O, C/groups, KH, KW], got ", weight);
  const std::int64_t groups = options.groups;
  require<ValueError>(groups >= 1 && weight[0] % groups == 0, op, "weight ", weight, " has ", weight[0],
                      " output channels, which ", groups, " groups do not divide");
  require<ShapeError>(input[1] == weight[1] * groups, op, "weight ", weight, " wants ", weight[1] * groups,
                      " input channels, input ", input, " has ", input[1]);
  const Pair pad = options.padding.pixels();
  const bool same = options.padding.is_same();
  const WindowAxis h =
      place_window(op, "height", input[2], weight[2], options.stride.h, options.dilation.h, pad.h, same);
  const WindowAxis w =
      place_window(op, "width", input[3], weight[3], options.stride.w, options.dilation.w, pad.w, same);
  return {.batch = input[0],
          .groups = groups,
          .in_channels = input[1],
          .in_h = input[2],
          .in_w = input[3],
          .out_channels = weight[0],
          .out_h = h.out,
          .out_w = w.out,
          .kernel_h = weight[2],
          .kernel_w = weight[3],
          .stride_h = options.stride.h,
          .stride_w = options.stride.w,
          .dilation_h = options.dilation.h,
          .dilation_w = options.dilation.w,
          .pad_top = h.pad_begin,
          .pad_left = w.pad_begin};
}

}  // namespace reel::kernels
