#include <reel/core/kernels/conv.h>

// Rows [N, C, L] are images with a height of 1 here, and are called by their own names in messages.

namespace reel::kernels {
namespace {

void require_ranks(std::string_view op, const Shape& input, const Shape& weight, int rank, std::string_view channels) {
  const bool is_2d = rank == 4;
  require<ShapeError>(input.rank() == rank, op, "input wants shape [N, C, ", is_2d ? "H, W" : "L", "], got ", input,
                      input.rank() == rank - 1 ? "; add a batch axis with unsqueeze(0)" : "");
  require<ShapeError>(weight.rank() == rank, op, "weight wants shape [", channels, is_2d ? ", KH, KW" : ", K",
                      "], got ", weight);
}

void require_groups(std::string_view op, const Shape& weight, std::int64_t groups, std::string_view channels) {
  require<ValueError>(groups >= 1 && weight[0] % groups == 0, op, "weight ", weight, " has ", weight[0], ' ', channels,
                      " channels, which ", groups, " groups do not divide");
}

std::int64_t height(const Shape& shape) { return shape.rank() == 4 ? shape[2] : 1; }
std::int64_t width(const Shape& shape) { return shape[shape.rank() - 1]; }
const char* across(const Shape& shape) { return shape.rank() == 4 ? "width" : "length"; }

/// All that the weight and the options say; sizes and channels of input and output are left out.
template <class Options>
Conv2dGeometry taps(const Shape& weight, const Options& options) {
  Conv2dGeometry g{};
  g.groups = options.groups;
  g.kernel_h = height(weight);
  g.kernel_w = width(weight);
  g.stride_h = options.stride.h;
  g.stride_w = options.stride.w;
  g.dilation_h = options.dilation.h;
  g.dilation_w = options.dilation.w;
  return g;
}

Conv2dGeometry convolution(std::string_view op, const Shape& input, const Shape& weight, int rank,
                           const Conv2dOptions& options) {
  require_ranks(op, input, weight, rank, "O, C/groups");
  require_groups(op, weight, options.groups, "output");
  require<ShapeError>(input[1] == weight[1] * options.groups, op, "weight ", weight, " wants ",
                      weight[1] * options.groups, " input channels, input ", input, " has ", input[1]);
  Conv2dGeometry g = taps(weight, options);
  const WindowAxis h =
      place_window(op, "height", height(input), g.kernel_h, g.stride_h, g.dilation_h, options.padding.h);
  const WindowAxis w =
      place_window(op, across(input), width(input), g.kernel_w, g.stride_w, g.dilation_w, options.padding.w);
  g.batch = input[0];
  g.in_channels = input[1];
  g.in_h = height(input);
  g.in_w = width(input);
  g.out_channels = weight[0];
  g.out_h = h.out;
  g.out_w = w.out;
  g.pad_top = h.pad_begin;
  g.pad_left = w.pad_begin;
  return g;
}

Conv2dGeometry transposed(std::string_view op, const Shape& input, const Shape& weight, int rank,
                          const ConvTranspose2dOptions& options) {
  require_ranks(op, input, weight, rank, "C, O/groups");
  require_groups(op, weight, options.groups, "input");
  require<ShapeError>(input[1] == weight[0], op, "weight ", weight, " wants ", weight[0], " input channels, input ",
                      input, " has ", input[1]);
  Conv2dGeometry g = taps(weight, options);
  const WindowAxis h = place_transposed_window(op, "height", height(input), g.kernel_h, g.stride_h, g.dilation_h,
                                               options.padding.h, options.output_padding.h);
  const WindowAxis w = place_transposed_window(op, across(input), width(input), g.kernel_w, g.stride_w, g.dilation_w,
                                               options.padding.w, options.output_padding.w);
  g.batch = input[0];
  g.in_channels = weight[1] * options.groups;
  g.in_h = h.out;
  g.in_w = w.out;
  g.out_channels = input[1];
  g.out_h = height(input);
  g.out_w = width(input);
  g.pad_top = h.pad_begin;
  g.pad_left = w.pad_begin;
  return g;
}

}  // namespace

Conv2dGeometry conv2d_geometry(std::string_view op, const Shape& input, const Shape& weight,
                               const Conv2dOptions& options) {
  return convolution(op, input, weight, 4, options);
}

Conv2dGeometry conv2d_geometry(std::string_view op, const Shape& input, const Shape& weight,
                               const Conv1dOptions& options) {
  return convolution(op, input, weight, 3,
                     {.stride = {1, options.stride},
                      .padding = {0, options.padding},
                      .dilation = {1, options.dilation},
                      .groups = options.groups});
}

Conv2dGeometry conv2d_geometry(std::string_view op, const Shape& input, const Shape& weight,
                               const ConvTranspose2dOptions& options) {
  return transposed(op, input, weight, 4, options);
}

Conv2dGeometry conv2d_geometry(std::string_view op, const Shape& input, const Shape& weight,
                               const ConvTranspose1dOptions& options) {
  return transposed(op, input, weight, 3,
                    {.stride = {1, options.stride},
                     .padding = {0, options.padding},
                     .output_padding = {0, options.output_padding},
                     .dilation = {1, options.dilation},
                     .groups = options.groups});
}

}  // namespace reel::kernels
