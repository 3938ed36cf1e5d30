#pragma once

#include <optional>
#include <reel/autograd/variable.h>
#include <reel/core/kernels/window.h>

/// Differentiable changes of an image's resolution. Conventions are PyTorch's. All throw ShapeError, ValueError and
/// TypeError.
namespace reel {

/// The nearest pixel to the left and above; or the mean of the four around, by distance.
enum class Interpolation { nearest, bilinear };
/// `nearest` or `bilinear`
std::ostream& operator<<(std::ostream& out, Interpolation mode);

/// One number for height and width, or one for each: `2`, `{2, 1.5}`.
struct ScaleFactor {
  double h;  ///< of the height
  double w;  ///< of the width
  /// The same for both: a number converts.
  ScaleFactor(double both) : h(both), w(both) {}
  /// One for each.
  ScaleFactor(double height, double width) : h(height), w(width) {}
};

/// Either the size of the output or its scale is given: then it is floor(H scale.h) x floor(W scale.w).
struct InterpolateOptions {
  std::optional<Pair> size = {};                 ///< the output's height and width
  std::optional<ScaleFactor> scale_factor = {};  ///< what the input's height and width are multiplied by
  Interpolation mode = Interpolation::nearest;   ///< how pixels between pixels are found
  /// For bilinear: the outermost pixels' centres of input and output lie on each other; else their outer edges do.
  bool align_corners = false;
};

/// x [N, C, H, W] -> [N, C, OH, OW]: torch.nn.functional.interpolate. Pixels are taken in steps of H / OH, or of
/// 1 / scale where that is given, even if OH was rounded.
[[nodiscard]] Variable interpolate(const Variable& x, const InterpolateOptions& options);

/// x [N, C r^2, H, W] -> [N, C, H r, W r]: channel c r^2 + i r + j has the pixels at (i, j) of each block of r x r (Shi
/// et al., 2016).
[[nodiscard]] Variable pixel_shuffle(const Variable& x, std::int64_t upscale_factor);
/// Its inverse: x [N, C, H r, W r] -> [N, C r^2, H, W].
[[nodiscard]] Variable pixel_unshuffle(const Variable& x, std::int64_t downscale_factor);

}  // namespace reel
