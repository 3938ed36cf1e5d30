#pragma once

#include <reel/autograd/variable.h>
#include <reel/core/kernels/conv.h>

namespace reel {

/// The 2-D convolution (cross-correlation, as everywhere in this field): input [N, C, H, W], weight [O, C/groups, KH,
/// KW], bias [O] or none -> [N, O, OH, OW], with OH = floor((H + 2 pad - dilation (KH - 1) - 1) / stride) + 1, or
/// ceil(H / stride) with padding "same". Conventions and defaults are PyTorch's, and "same" works with any stride (see
/// Padding). Throws ShapeError, ValueError and TypeError. With an activation the output goes through it on its way to
/// memory: as relu(conv2d(...)), without the pass over it.
[[nodiscard]] Variable conv2d(const Variable& input, const Variable& weight, const Variable& bias = {},
                              const Conv2dOptions& options = {}, Activation activation = Activation::none);

/// max_pool2d(conv2d(...)) by windows of 2 x 2 side by side, [N, O, OH / 2, OW / 2], with an activation between the
/// two. The pooled map is all that is written and kept, with a byte for each of its pixels.
[[nodiscard]] Variable conv2d_max_pool2d(const Variable& input, const Variable& weight, const Variable& bias = {},
                                         const Conv2dOptions& options = {}, Activation activation = Activation::none);

}  // namespace reel
