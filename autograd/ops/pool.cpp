#include <reel/autograd/ops/pool.h>
#include <reel/autograd/tape.h>
#include <reel/core/kernels/max_pool_choice.h>

// Every pooling is linear once its windows are chosen, so each op and its adjoint are each other's backward.

namespace reel {
namespace {

using kernels::Pool2dGeometry;

Variable pick_choice(const Variable& planes, const Tensor& choice, const Pool2dGeometry& g) {
  return record(
      "pick_choice", {planes}, kernels::pick_choice(planes.value(), choice, g),
      [choice, g](const Variable& grad, const Step&) -> Gradients { return {spread_to_choice(grad, choice, g)}; });
}

Variable mean_windows(const Variable& x, const Pool2dGeometry& g);

Variable spread_windows(const Variable& grad, const Pool2dGeometry& g) {
  return record("avg_pool2d_adjoint", {grad}, kernels::avg_pool2d_adjoint(grad.value(), g),
                [g](const Variable& upstream, const Step&) -> Gradients { return {mean_windows(upstream, g)}; });
}

Variable mean_windows(const Variable& x, const Pool2dGeometry& g) {
  return record("avg_pool2d", {x}, kernels::avg_pool2d(x.value(), g),
                [g](const Variable& grad, const Step&) -> Gradients { return {spread_windows(grad, g)}; });
}

Variable spread_adaptive(const Variable& grad, std::int64_t h, std::int64_t w) {
  return record("adaptive_avg_pool2d_adjoint", {grad}, kernels::adaptive_avg_pool2d_adjoint(grad.value(), h, w),
                [size = Pair(grad.size(2), grad.size(3))](const Variable& upstream, const Step&) -> Gradients {
                  return {adaptive_avg_pool2d(upstream, size)};
                });
}

}  // namespace

Variable max_pool2d(const Variable& x, const Pool2dOptions& options) {
  require_defined("max_pool2d", x.value());
  const Pool2dGeometry g = kernels::pool2d_geometry("max_pool2d", x.shape(), options);
  if (Tape::current() == nullptr) return Variable(kernels::max_pool2d(x.value(), g));
  const auto [y, choice] = kernels::max_pool2d_choosing(x.value(), g);
  return record("max_pool2d", {x}, y, [choice = choice, g](const Variable& grad, const Step&) -> Gradients {
    return {spread_to_choice(grad, choice, g)};
  });
}

Variable spread_to_choice(const Variable& grad, const Tensor& choice, const Pool2dGeometry& g) {
  return record(
      "spread_to_choice", {grad}, kernels::spread_to_choice(grad.value(), choice, g),
      [choice, g](const Variable& upstream, const Step&) -> Gradients { return {pick_choice(upstream, choice, g)}; });
}

Variable avg_pool2d(const Variable& x, const Pool2dOptions& options) {
  require_defined("avg_pool2d", x.value());
  require<ValueError>(options.dilation == Pair(1), "avg_pool2d", "takes no dilation, got ", options.dilation);
  return mean_windows(x, kernels::pool2d_geometry("avg_pool2d", x.shape(), options));
}

Variable adaptive_avg_pool2d(const Variable& x, Pair output_size) {
  require_defined("adaptive_avg_pool2d", x.value());
  require<ShapeError>(x.rank() == 4, "adaptive_avg_pool2d", "input wants shape [N, C, H, W], got ", x.shape());
  require<ValueError>(output_size.h >= 1 && output_size.w >= 1, "adaptive_avg_pool2d",
                      "output size must be at least 1, got ", output_size);
  require<ShapeError>(x.size(2) >= 1 && x.size(3) >= 1, "adaptive_avg_pool2d", "input ", x.shape(), " has no pixels");
  return record("adaptive_avg_pool2d", {x}, kernels::adaptive_avg_pool2d(x.value(), output_size),
                [h = x.size(2), w = x.size(3)](const Variable& grad, const Step&) -> Gradients {
                  return {spread_adaptive(grad, h, w)};
                });
}

}  // namespace reel
