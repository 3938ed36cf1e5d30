#pragma once

#include <reel/autograd/ops/interpolate.h>
#include <reel/autograd/ops/unfold.h>
#include <reel/nn/lambda.h>

/// Layers that rearrange or resize images; each is its function as a module. Names and defaults are PyTorch's.
namespace reel::nn {

/// [N, C, H, W] -> [N, C * KH * KW, L]; see reel::unfold. `Unfold({.kernel_size = 3, .padding = 1})`
struct Unfold : Lambda {
  explicit Unfold(const UnfoldOptions& options);
};
/// [N, C * KH * KW, L] -> [N, C, output_size.h, output_size.w]; see reel::fold.
struct Fold : Lambda {
  Fold(Pair output_size, const UnfoldOptions& options);
};
/// [N, C, H, W] -> [N, C, OH, OW]; see reel::interpolate. `Upsample({.scale_factor = 2})`
struct Upsample : Lambda {
  explicit Upsample(const InterpolateOptions& options);
};
/// [N, C r^2, H, W] -> [N, C, H r, W r]; see reel::pixel_shuffle.
struct PixelShuffle : Lambda {
  explicit PixelShuffle(std::int64_t upscale_factor);
};
/// [N, C, H r, W r] -> [N, C r^2, H, W]; see reel::pixel_unshuffle.
struct PixelUnshuffle : Lambda {
  explicit PixelUnshuffle(std::int64_t downscale_factor);
};

}  // namespace reel::nn
