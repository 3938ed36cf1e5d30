#pragma once

#include <reel/autograd/variable.h>
#include <reel/core/kernels/conv.h>

/// Convolution of images and of rows. Conventions and defaults are PyTorch's; padding "same" works with any stride (see
/// AxisPadding). All throw ShapeError, ValueError and TypeError. With an activation the output goes through it on its
/// way to memory: as relu(conv2d(...)), without the pass over it. Where there is a scale [O], the sums are multiplied
/// by it before the bias is added, which is what a batch normalisation behind the convolution does outside of training.
namespace reel {

/// The 2-D convolution (cross-correlation, as everywhere in this field): input [N, C, H, W], weight [O, C/groups, KH,
/// KW], bias [O] or none -> [N, O, OH, OW], with OH = floor((H + 2 pad - dilation (KH - 1) - 1) / stride) + 1, or
/// ceil(H / stride) with padding "same". With a padding_mode the image is continued by pad() first.
[[nodiscard]] Variable conv2d(const Variable& input, const Variable& weight, const Variable& bias = {},
                              const Conv2dOptions& options = {}, Activation activation = Activation::none,
                              const Variable& scale = {});

/// max_pool2d(conv2d(...)) by windows of 2 x 2 side by side, [N, O, OH / 2, OW / 2], with an activation between the
/// two. The pooled map is all that is written and kept, with a byte for each of its pixels.
[[nodiscard]] Variable conv2d_max_pool2d(const Variable& input, const Variable& weight, const Variable& bias = {},
                                         const Conv2dOptions& options = {}, Activation activation = Activation::none,
                                         const Variable& scale = {});

/// The same along rows: input [N, C, L], weight [O, C/groups, K], bias [O] or none -> [N, O, OL].
[[nodiscard]] Variable conv1d(const Variable& input, const Variable& weight, const Variable& bias = {},
                              const Conv1dOptions& options = {}, Activation activation = Activation::none);

/// The 2-D transposed convolution, which is conv2d's gradient for its input (Zeiler et al., 2010): input [N, C, H, W],
/// weight [C, O/groups, KH, KW], bias [O] or none -> [N, O, OH, OW], with OH = (H - 1) stride - 2 pad + dilation (KH -
/// 1) + 1 + output_padding. So OH is a size that conv2d with the same options maps to H; there are `stride` of them,
/// and output_padding, which must be below the stride or the dilation, picks one. Padding "same" is TensorFlow's:
/// OH = H stride, of the whole output the part that begins at floor(max(0, dilation (KH - 1) + 1 - stride) / 2).
[[nodiscard]] Variable conv_transpose2d(const Variable& input, const Variable& weight, const Variable& bias = {},
                                        const ConvTranspose2dOptions& options = {},
                                        Activation activation = Activation::none);

/// The same along rows: input [N, C, L], weight [C, O/groups, K], bias [O] or none -> [N, O, OL].
[[nodiscard]] Variable conv_transpose1d(const Variable& input, const Variable& weight, const Variable& bias = {},
                                        const ConvTranspose1dOptions& options = {},
                                        Activation activation = Activation::none);

}  // namespace reel
