#include <array>
#include <reel/autograd/ops/checks.h>
#include <reel/autograd/ops/unfold.h>
#include <reel/autograd/tape.h>
#include <reel/core/kernels/unfold.h>

namespace reel {
namespace {

using kernels::Conv2dGeometry;

/// That of a convolution with one output channel, over images [N, C, H, W].
Conv2dGeometry geometry(std::string_view op, const Shape& images, const UnfoldOptions& o) {
  const Conv2dOptions windows{.stride = o.stride, .padding = o.padding, .dilation = o.dilation};
  return kernels::conv2d_geometry(op, images, {1, images[1], o.kernel_size.h, o.kernel_size.w}, windows);
}

std::array<Attribute, 4> attributes_of(const Conv2dGeometry& g) {
  return {Attribute("kernel_size", Pair(g.kernel_h, g.kernel_w)), Attribute("stride", Pair(g.stride_h, g.stride_w), 1),
          Attribute("padding", Pair(g.pad_top, g.pad_left), 0),
          Attribute("dilation", Pair(g.dilation_h, g.dilation_w), 1)};
}

Variable fold_columns(const Variable& columns, const Conv2dGeometry& g);

Variable unfold_images(const Variable& x, const Conv2dGeometry& g) {
  return record(
      "unfold", {x}, kernels::unfold(x.value(), g),
      [g](const Variable& grad, const Step&) -> Gradients { return {fold_columns(grad, g)}; }, attributes_of(g));
}

Variable fold_columns(const Variable& columns, const Conv2dGeometry& g) {
  return record(
      "fold", {columns}, kernels::fold(columns.value(), g),
      [g](const Variable& grad, const Step&) -> Gradients { return {unfold_images(grad, g)}; }, attributes_of(g));
}

}  // namespace

Variable unfold(const Variable& x, const UnfoldOptions& options) {
  require_floats("unfold", x);
  require<ShapeError>(x.rank() == 4, "unfold", "input wants shape [N, C, H, W], got ", x.shape());
  return unfold_images(x, geometry("unfold", x.shape(), options));
}

Variable fold(const Variable& columns, Pair output_size, const UnfoldOptions& options) {
  require_floats("fold", columns);
  require<ValueError>(options.kernel_size.h >= 1 && options.kernel_size.w >= 1, "fold",
                      "kernel_size must be at least 1, got ", options.kernel_size);
  require<ValueError>(output_size.h >= 1 && output_size.w >= 1, "fold", "output_size must be at least 1, got ",
                      output_size);
  const std::int64_t taps = options.kernel_size.h * options.kernel_size.w;
  require<ShapeError>(columns.rank() == 3 && columns.size(1) % taps == 0, "fold", "input wants shape [N, C * ", taps,
                      ", L], got ", columns.shape());
  const Conv2dGeometry g =
      geometry("fold", {columns.size(0), columns.size(1) / taps, output_size.h, output_size.w}, options);
  require<ShapeError>(columns.size(2) == g.out_h * g.out_w, "fold", "output_size ", output_size, " wants ",
                      g.out_h * g.out_w, " columns, input ", columns.shape(), " has ", columns.size(2));
  return fold_columns(columns, g);
}

}  // namespace reel
