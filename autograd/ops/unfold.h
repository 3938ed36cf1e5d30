#pragma once

#include <reel/autograd/variable.h>
#include <reel/core/kernels/window.h>

namespace reel {

/// How patches are cut out of images: as conv2d's windows lie.
struct UnfoldOptions {
  Pair kernel_size = 1;  ///< height and width of a patch, in taps
  Pair dilation = 1;     ///< pixels from one tap to the next
  Padding padding = 0;   ///< zeros around the image
  Pair stride = 1;       ///< pixels from one patch to the next
};

/// The patches of images x [N, C, H, W] as columns [N, C * KH * KW, L], one for each of the L places that a window of
/// conv2d with the same options takes, in row-major order: torch.nn.functional.unfold. A convolution is a product of
/// its weight and these. Throws ShapeError, ValueError and TypeError.
[[nodiscard]] Variable unfold(const Variable& x, const UnfoldOptions& options);

/// Columns [N, C * KH * KW, L] added up to images [N, C, output_size.h, output_size.w], where patches overlap as often
/// as they do: torch.nn.functional.fold. It is unfold's adjoint, so each is the other's gradient. Throws likewise.
[[nodiscard]] Variable fold(const Variable& columns, Pair output_size, const UnfoldOptions& options);

}  // namespace reel
