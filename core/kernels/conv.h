#pragma once

#include <reel/core/kernels/activation.h>
#include <reel/core/kernels/max_pool_choice.h>
#include <reel/core/kernels/window.h>
#include <reel/core/tensor.h>

namespace reel {

/// Size is a Pair, or one number in 1-D. The kernels pad with zeros alone; the op does the other modes before.
template <class Size, class Pad>
struct ConvOptions {
  Size stride = 1;          ///< pixels from one place of the kernel to the next
  Pad padding = 0;          ///< around the image
  Size dilation = 1;        ///< pixels from one tap of the kernel to the next
  std::int64_t groups = 1;  ///< parts that the channels are cut into, each with filters of its own
  PaddingMode padding_mode = PaddingMode::zeros;  ///< what stands in the padding
};
/// Of conv1d(), and of conv2d():
using Conv1dOptions = ConvOptions<std::int64_t, AxisPadding>;
using Conv2dOptions = ConvOptions<Pair, Padding>;

/// The same of a transposed convolution.
template <class Size, class Pad>
struct ConvTransposeOptions {
  Size stride = 1;          ///< pixels of the output from one place of the kernel to the next
  Pad padding = 0;          ///< what is cut off the output
  Size output_padding = 0;  ///< added to the output's end
  Size dilation = 1;        ///< pixels from one tap of the kernel to the next
  std::int64_t groups = 1;  ///< parts that the channels are cut into, each with filters of its own
};
/// Of conv_transpose1d(), and of conv_transpose2d():
using ConvTranspose1dOptions = ConvTransposeOptions<std::int64_t, AxisPadding>;
using ConvTranspose2dOptions = ConvTransposeOptions<Pair, Padding>;

namespace kernels {

/// A 2-D convolution with everything resolved to numbers. Letters: N images, C input and O output channels in G groups,
/// H x W pixels in, OH x OW out, KH x KW taps.
struct Conv2dGeometry {
  std::int64_t batch, groups;
  std::int64_t in_channels, in_h, in_w;
  std::int64_t out_channels, out_h, out_w;
  std::int64_t kernel_h, kernel_w;
  std::int64_t stride_h, stride_w;
  std::int64_t dilation_h, dilation_w;
  std::int64_t pad_top, pad_left;

  [[nodiscard]] Shape input_shape() const { return {batch, in_channels, in_h, in_w}; }
  [[nodiscard]] Shape weight_shape() const { return {out_channels, in_channels / groups, kernel_h, kernel_w}; }
  [[nodiscard]] Shape output_shape() const { return {batch, out_channels, out_h, out_w}; }
  /// Rows of a group's column matrix: C/G * KH * KW.
  [[nodiscard]] std::int64_t depth() const { return in_channels / groups * kernel_h * kernel_w; }
};

/// Checks that input [N, C, H, W] and weight [O, C/G, KH, KW] fit each other and the options. Throws ShapeError and
/// ValueError under the name of `op`.
[[nodiscard]] Conv2dGeometry conv2d_geometry(std::string_view op, const Shape& input, const Shape& weight,
                                             const Conv2dOptions& options);
/// The same for input [N, C, L] and weight [O, C/G, K], as images of height 1.
[[nodiscard]] Conv2dGeometry conv2d_geometry(std::string_view op, const Shape& input, const Shape& weight,
                                             const Conv1dOptions& options);
/// The convolution whose gradient for its input is the transposed convolution of input [N, C, H, W] and weight
/// [C, O/G, KH, KW]: its out_channels are C, and its input is the transposed one's output [N, O, OH, OW].
[[nodiscard]] Conv2dGeometry conv2d_geometry(std::string_view op, const Shape& input, const Shape& weight,
                                             const ConvTranspose2dOptions& options);
[[nodiscard]] Conv2dGeometry conv2d_geometry(std::string_view op, const Shape& input, const Shape& weight,
                                             const ConvTranspose1dOptions& options);

/// How a convolution is computed.
enum class ConvAlgorithm {
  automatic,  // what is fastest for the shape
  im2col,     // a column matrix and BLAS: every shape, dtype and machine
  direct,     // vectors of pixels or channels straight from a padded copy: float32
  winograd,   // F(2x2, 3x3): float32, 3x3 with stride 1, padding up to 2, no dilation, no groups
  winograd4,  // F(4x4, 3x3): the same convolutions, with fewer products and three times the rounding error
  depthwise,  // plane by plane: float32, a group for each channel, stride 1
  pointwise,  // a product of matrices for each image: float32, 1x1 with stride 1, no padding, no groups
  images      // vectors along the images: float32, few and small channels, no groups
};

/// Sets the algorithm for the whole process, for study and as a second opinion; where it can't do a shape or
/// dtype, and without vectors, im2col does. The environment variable REEL_CONV (one of these words
/// but automatic) sets it at the start.
void set_conv_algorithm(ConvAlgorithm algorithm);

/// What a forward pass does to its sums on their way to memory: bias [O] is added where it is defined, after they were
/// multiplied by scale [O] where that is, and the activation follows.
struct ConvEnd {
  Tensor bias = {};
  Activation activation = Activation::none;
  Tensor scale = {};
};

// The three kernels of the convolution family.

/// [N, O, OH, OW] of input and weight, through the end.
[[nodiscard]] Tensor conv2d_forward(const Tensor& input, const Tensor& weight, const ConvEnd& end,
                                    const Conv2dGeometry& geometry);
/// The same, and the largest of every 2 x 2 outputs, some images at a time: of a larger batch the outputs themselves
/// are never all there.
[[nodiscard]] Pooled conv2d_pooled_forward(const Tensor& input, const Tensor& weight, const ConvEnd& end,
                                           const Conv2dGeometry& geometry);
/// The gradient for the input, [N, C, H, W]: the transposed convolution of grad [N, O, OH, OW]. As a layer it has a
/// bias [C], where one is defined, and an activation.
[[nodiscard]] Tensor conv2d_input_grad(const Tensor& grad, const Tensor& weight, const Conv2dGeometry& geometry,
                                       const Tensor& bias = {}, Activation activation = Activation::none);
/// The gradient for the weight, [O, C/G, KH, KW].
[[nodiscard]] Tensor conv2d_weight_grad(const Tensor& input, const Tensor& grad, const Conv2dGeometry& geometry);

/// The same three by im2col and BLAS, tile by tile. docs/conv.md derives them.
namespace im2col_blas {
[[nodiscard]] Tensor conv2d_forward(const Tensor& input, const Tensor& weight, const Tensor& bias,
                                    const Conv2dGeometry& geometry);
[[nodiscard]] Tensor conv2d_input_grad(const Tensor& grad, const Tensor& weight, const Conv2dGeometry& geometry);
[[nodiscard]] Tensor conv2d_weight_grad(const Tensor& input, const Tensor& grad, const Conv2dGeometry& geometry);
}  // namespace im2col_blas

/// The same three by their definition, in plain loops: the oracle that the fast ones are tested against.
namespace naive {
[[nodiscard]] Tensor conv2d_forward(const Tensor& input, const Tensor& weight, const Tensor& bias,
                                    const Conv2dGeometry& geometry);
[[nodiscard]] Tensor conv2d_input_grad(const Tensor& grad, const Tensor& weight, const Conv2dGeometry& geometry);
[[nodiscard]] Tensor conv2d_weight_grad(const Tensor& input, const Tensor& grad, const Conv2dGeometry& geometry);
}  // namespace naive

}  // namespace kernels
}  // namespace reel
