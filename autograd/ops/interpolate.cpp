#include <cmath>
#include <reel/autograd/ops/checks.h>
#include <reel/autograd/ops/interpolate.h>
#include <reel/autograd/ops/view.h>
#include <reel/autograd/tape.h>
#include <reel/core/kernels/interpolate.h>

namespace reel {
namespace {

using kernels::Samples;

/// How the axes of [h, w] pixels are read.
struct Grid {
  Samples down, across;
  std::int64_t h, w;
  Interpolation mode;
  bool align_corners;
  ScaleFactor scale;  // 0 where the size was given
};

/// The size of an axis afterwards.
std::int64_t resized(std::int64_t in, double scale) {
  return static_cast<std::int64_t>(std::floor(static_cast<double>(in) * scale));
}

Samples samples(std::int64_t in, std::int64_t out, std::optional<double> scale, const InterpolateOptions& o,
                DType dtype) {
  const double step = scale ? 1 / *scale : static_cast<double>(in) / static_cast<double>(out);
  if (o.mode == Interpolation::nearest) return kernels::nearest_samples(in, out, step, dtype);
  if (!o.align_corners) return kernels::linear_samples(in, out, step, false, dtype);
  const double aligned = out > 1 ? static_cast<double>(in - 1) / static_cast<double>(out - 1) : 0;
  return kernels::linear_samples(in, out, aligned, true, dtype);
}

Variable read(const Variable& x, const Grid& grid);

Variable read_adjoint(const Variable& grad, const Grid& grid) {
  return record("interpolate_adjoint", {grad},
                kernels::interpolate_adjoint(grad.value(), grid.down, grid.across, grid.h, grid.w),
                [grid](const Variable& upstream, const Step&) -> Gradients { return {read(upstream, grid)}; },
                {{"mode", grid.mode}});
}

Variable read(const Variable& x, const Grid& grid) {
  return record("interpolate", {x}, kernels::interpolate(x.value(), grid.down, grid.across),
                [grid](const Variable& grad, const Step&) -> Gradients { return {read_adjoint(grad, grid)}; },
                {{"mode", grid.mode},
                 {"align_corners", grid.align_corners, false},
                 {"scale_h", grid.scale.h, 0},
                 {"scale_w", grid.scale.w, 0}});
}

void require_images(std::string_view op, const Variable& x) {
  require_defined(op, x.value());
  require<ShapeError>(x.rank() == 4, op, "input wants shape [N, C, H, W], got ", x.shape());
}

}  // namespace

std::ostream& operator<<(std::ostream& out, Interpolation mode) {
  return out << (mode == Interpolation::nearest ? "nearest" : "bilinear");
}

Variable interpolate(const Variable& x, const InterpolateOptions& o) {
  require_floats("interpolate", x);
  require_images("interpolate", x);
  require<ValueError>(o.size.has_value() != o.scale_factor.has_value(), "interpolate",
                      "wants either a size or a scale_factor");
  require<ValueError>(!o.align_corners || o.mode == Interpolation::bilinear, "interpolate",
                      "align_corners is for mode bilinear, got ", o.mode);
  require<ValueError>(!o.scale_factor || (o.scale_factor->h > 0 && o.scale_factor->w > 0), "interpolate",
                      "scale_factor must be above 0");
  const std::int64_t h = x.size(2);
  const std::int64_t w = x.size(3);
  const Pair out = o.size ? *o.size : Pair(resized(h, o.scale_factor->h), resized(w, o.scale_factor->w));
  require<ShapeError>(h >= 1 && w >= 1 && out.h >= 1 && out.w >= 1, "interpolate", "can't make ", out,
                      " pixels of input ", x.shape());
  const auto scale = [&](double ScaleFactor::*axis) {
    return o.scale_factor ? std::optional((*o.scale_factor).*axis) : std::nullopt;
  };
  return read(x, {.down = samples(h, out.h, scale(&ScaleFactor::h), o, x.dtype()),
                  .across = samples(w, out.w, scale(&ScaleFactor::w), o, x.dtype()),
                  .h = h,
                  .w = w,
                  .mode = o.mode,
                  .align_corners = o.align_corners,
                  .scale = o.scale_factor.value_or(0.0)});
}

Variable pixel_shuffle(const Variable& x, std::int64_t r) {
  require_images("pixel_shuffle", x);
  require<ValueError>(r >= 1, "pixel_shuffle", "upscale_factor must be at least 1, got ", r);
  require<ShapeError>(x.size(1) % (r * r) == 0, "pixel_shuffle", "upscale_factor ", r, " wants a multiple of ", r * r,
                      " channels, input ", x.shape(), " has ", x.size(1));
  const Shape blocks{x.size(0), x.size(1) / (r * r), r, r, x.size(2), x.size(3)};
  const Variable moved = permute(reshape(x, blocks), {0, 1, 4, 2, 5, 3});
  return reshape(moved, {blocks[0], blocks[1], blocks[4] * r, blocks[5] * r});
}

Variable pixel_unshuffle(const Variable& x, std::int64_t r) {
  require_images("pixel_unshuffle", x);
  require<ValueError>(r >= 1, "pixel_unshuffle", "downscale_factor must be at least 1, got ", r);
  require<ShapeError>(x.size(2) % r == 0 && x.size(3) % r == 0, "pixel_unshuffle", "downscale_factor ", r,
                      " wants a multiple of ", r, " pixels a side, got input ", x.shape());
  const Shape blocks{x.size(0), x.size(1), x.size(2) / r, r, x.size(3) / r, r};
  const Variable moved = permute(reshape(x, blocks), {0, 1, 3, 5, 2, 4});
  return reshape(moved, {blocks[0], blocks[1] * r * r, blocks[2], blocks[4]});
}

}  // namespace reel
