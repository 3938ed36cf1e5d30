#pragma once

#include <reel/autograd/ops/interpolate.h>
#include <reel/autograd/ops/unfold.h>
#include <reel/nn/lambda.h>

/// Layers that rearrange or resize images; each is its function as a module. Names and defaults are PyTorch's.
namespace reel::nn {

/// [N, C, H, W] -> [N, C * KH * KW, L]; see reel::unfold. `Unfold({.kernel_size = 3, .padding = 1})`
struct Unfold : Lambda {
  /// The options are checked when the layer is called.
  explicit Unfold(const UnfoldOptions& options);
};
/// [N, C * KH * KW, L] -> [N, C, output_size.h, output_size.w]; see reel::fold.
struct Fold : Lambda {
  /// The images' size, and how they were cut.
  Fold(Pair output_size, const UnfoldOptions& options);
};
/// [N, C, H, W] -> [N, C, OH, OW]; see reel::interpolate. `Upsample({.scale_factor = 2})`
struct Upsample : Lambda {
  /// A size or a scale is given; that is checked when the layer is called.
  explicit Upsample(const InterpolateOptions& options);
};
/// [N, C r^2, H, W] -> [N, C, H r, W r]; see reel::pixel_shuffle.
struct PixelShuffle : Lambda {
  /// r, which is checked when the layer is called.
  explicit PixelShuffle(std::int64_t upscale_factor);
};
/// [N, C, H r, W r] -> [N, C r^2, H, W]; see reel::pixel_unshuffle.
struct PixelUnshuffle : Lambda {
  /// r, which is checked when the layer is called.
  explicit PixelUnshuffle(std::int64_t downscale_factor);
};

}  // namespace reel::nn
