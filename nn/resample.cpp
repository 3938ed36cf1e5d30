#include <reel/nn/resample.h>

namespace reel::nn {
namespace {

/// "kernel_size=3, padding=1": the options, without those that have their default.
std::string words(const UnfoldOptions& o) {
  std::ostringstream out;
  out << "kernel_size=" << o.kernel_size;
  if (o.dilation != Pair(1)) out << ", dilation=" << o.dilation;
  if (o.padding != Padding(0)) out << ", padding=" << o.padding;
  if (o.stride != Pair(1)) out << ", stride=" << o.stride;
  return std::move(out).str();
}

std::string words(const InterpolateOptions& o) {
  std::ostringstream out;
  if (o.size) out << "size=" << *o.size;
  if (o.scale_factor && o.scale_factor->h == o.scale_factor->w) out << "scale_factor=" << o.scale_factor->h;
  else if (o.scale_factor) out << "scale_factor=(" << o.scale_factor->h << ", " << o.scale_factor->w << ')';
  out << ", mode=" << o.mode;
  if (o.align_corners) out << ", align_corners=true";
  return std::move(out).str();
}

}  // namespace

Unfold::Unfold(const UnfoldOptions& options)
    : Lambda(concat("Unfold(", words(options), ')'), [=](const Variable& x) { return unfold(x, options); }) {}

Fold::Fold(Pair output_size, const UnfoldOptions& options)
    : Lambda(concat("Fold(output_size=", output_size, ", ", words(options), ')'),
             [=](const Variable& x) { return fold(x, output_size, options); }) {}

Upsample::Upsample(const InterpolateOptions& options)
    : Lambda(concat("Upsample(", words(options), ')'), [=](const Variable& x) { return interpolate(x, options); }) {}

PixelShuffle::PixelShuffle(std::int64_t upscale_factor)
    : Lambda(concat("PixelShuffle(upscale_factor=", upscale_factor, ')'),
             [=](const Variable& x) { return pixel_shuffle(x, upscale_factor); }) {}

PixelUnshuffle::PixelUnshuffle(std::int64_t downscale_factor)
    : Lambda(concat("PixelUnshuffle(downscale_factor=", downscale_factor, ')'),
             [=](const Variable& x) { return pixel_unshuffle(x, downscale_factor); }) {}

}  // namespace reel::nn
