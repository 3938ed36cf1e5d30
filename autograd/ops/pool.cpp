#include <array>
#include <reel/autograd/ops/checks.h>
#include <reel/autograd/ops/index.h>
#include <reel/autograd/ops/pool.h>
#include <reel/autograd/ops/view.h>
#include <reel/autograd/tape.h>
#include <reel/core/kernels/max_pool_choice.h>

// Every pooling is linear once its windows are chosen, so each op and its adjoint are each other's backward. Rows
// [N, C, L] are planes of height 1.

namespace reel {
namespace {

using kernels::Pool2dGeometry;
using kernels::PoolWindows;

Variable as_planes(const Variable& rows) { return unsqueeze(rows, 2); }
Variable as_rows(const Variable& planes) { return squeeze(planes, 2); }
MaxPooled as_rows(const MaxPooled& planes) { return {squeeze(planes.values, 2), planes.indices.squeeze(2)}; }

std::array<Attribute, 4> attributes_of(const Pool2dGeometry& g) {
  return {Attribute("kernel_size", Pair(g.kernel_h, g.kernel_w)), Attribute("stride", Pair(g.stride_h, g.stride_w)),
          Attribute("padding", Pair(g.pad_top, g.pad_left), 0),
          Attribute("dilation", Pair(g.dilation_h, g.dilation_w), 1)};
}

template <class Size>
std::array<Attribute, 4> attributes_of(const AvgPoolOptions<Size>& o) {
  return {Attribute("kernel_size", o.kernel_size), Attribute("stride", o.stride == Size(0) ? o.kernel_size : o.stride),
          Attribute("padding", o.padding, 0), Attribute("count_include_pad", o.count_include_pad, true)};
}

Variable pick_choice(const Variable& planes, const Tensor& choice, const Pool2dGeometry& g) {
  return record(
      "pick_choice", {planes}, kernels::pick_choice(planes.value(), choice, g),
      [choice, g](const Variable& grad, const Step&) -> Gradients { return {spread_to_choice(grad, choice, g)}; },
      attributes_of(g));
}

Variable record_max(const Variable& x, const kernels::Pooled& pooled, const Pool2dGeometry& g) {
  return record(
      "max_pool2d", {x}, pooled.output,
      [choice = pooled.choice, g](const Variable& grad, const Step&) -> Gradients {
        return {spread_to_choice(grad, choice, g)};
      },
      attributes_of(g));
}

Variable max_pool(const Variable& x, const Pool2dGeometry& g) {
  if (Tape::current() == nullptr) return record_max(x, {kernels::max_pool2d(x.value(), g), {}}, g);
  return record_max(x, kernels::max_pool2d_choosing(x.value(), g), g);
}

MaxPooled max_pool_with_indices(const Variable& x, const Pool2dGeometry& g) {
  const auto pooled = kernels::max_pool2d_choosing(x.value(), g);
  return {record_max(x, pooled, g), kernels::pixels_of_choice(pooled.choice, g)};
}

Variable mean_of_windows(std::string_view op, const Variable& x, const PoolWindows& windows,
                         AttributeList attributes = {});

Variable mean_of_windows_adjoint(const Variable& grad, const PoolWindows& windows) {
  return record("mean_of_windows_adjoint", {grad}, kernels::mean_of_windows_adjoint(grad.value(), windows),
                [windows](const Variable& upstream, const Step&) -> Gradients {
                  return {mean_of_windows("mean_of_windows", upstream, windows)};
                });
}

Variable mean_of_windows(std::string_view op, const Variable& x, const PoolWindows& windows, AttributeList attributes) {
  return record(
      op, {x}, kernels::mean_of_windows(x.value(), windows),
      [windows](const Variable& grad, const Step&) -> Gradients { return {mean_of_windows_adjoint(grad, windows)}; },
      attributes);
}

MaxPooled largest_of_windows(const Variable& x, const PoolWindows& windows) {
  const Tensor indices = kernels::largest_of_windows(x.value(), windows);
  return {reshape(gather(flatten(x, 2), 2, indices.flatten(2)), indices.shape()), indices};
}

}  // namespace

Variable max_pool2d(const Variable& x, const Pool2dOptions& options) {
  require_floats("max_pool2d", x);
  return max_pool(x, kernels::pool2d_geometry("max_pool2d", x.shape(), options));
}

Variable max_pool1d(const Variable& x, const Pool1dOptions& options) {
  require_floats("max_pool1d", x);
  const Pool2dGeometry g = kernels::pool1d_geometry("max_pool1d", x.shape(), options);
  return as_rows(max_pool(as_planes(x), g));
}

MaxPooled max_pool2d_with_indices(const Variable& x, const Pool2dOptions& options) {
  require_floats("max_pool2d", x);
  return max_pool_with_indices(x, kernels::pool2d_geometry("max_pool2d", x.shape(), options));
}

MaxPooled max_pool1d_with_indices(const Variable& x, const Pool1dOptions& options) {
  require_floats("max_pool1d", x);
  const Pool2dGeometry g = kernels::pool1d_geometry("max_pool1d", x.shape(), options);
  return as_rows(max_pool_with_indices(as_planes(x), g));
}

Variable avg_pool2d(const Variable& x, const AvgPool2dOptions& options) {
  require_floats("avg_pool2d", x);
  return mean_of_windows("avg_pool2d", x, kernels::average_windows("avg_pool2d", x.shape(), options),
                         attributes_of(options));
}

Variable avg_pool1d(const Variable& x, const AvgPool1dOptions& options) {
  require_floats("avg_pool1d", x);
  const PoolWindows windows = kernels::average_windows("avg_pool1d", x.shape(), options);
  return as_rows(mean_of_windows("avg_pool1d", as_planes(x), windows, attributes_of(options)));
}

Variable adaptive_avg_pool2d(const Variable& x, Pair output_size) {
  require_floats("adaptive_avg_pool2d", x);
  return mean_of_windows("adaptive_avg_pool2d", x,
                         kernels::adaptive_windows("adaptive_avg_pool2d", x.shape(), output_size));
}

Variable adaptive_avg_pool1d(const Variable& x, std::int64_t output_size) {
  require_floats("adaptive_avg_pool1d", x);
  const PoolWindows windows = kernels::adaptive_windows("adaptive_avg_pool1d", x.shape(), output_size);
  return as_rows(mean_of_windows("adaptive_avg_pool1d", as_planes(x), windows));
}

Variable adaptive_max_pool2d(const Variable& x, Pair output_size) {
  require_floats("adaptive_max_pool2d", x);
  const auto windows = kernels::adaptive_windows("adaptive_max_pool2d", x.shape(), output_size);  // its errors
  if (x.size(2) % output_size.h == 0 && x.size(3) % output_size.w == 0) {  // side by side, and of one size
    return max_pool2d(x, {.kernel_size = {x.size(2) / output_size.h, x.size(3) / output_size.w}});
  }
  return largest_of_windows(x, windows).values;
}

Variable adaptive_max_pool1d(const Variable& x, std::int64_t output_size) {
  require_floats("adaptive_max_pool1d", x);
  const auto windows = kernels::adaptive_windows("adaptive_max_pool1d", x.shape(), output_size);
  if (x.size(2) % output_size == 0) return max_pool1d(x, {.kernel_size = x.size(2) / output_size});
  return as_rows(largest_of_windows(as_planes(x), windows).values);
}

MaxPooled adaptive_max_pool2d_with_indices(const Variable& x, Pair output_size) {
  require_floats("adaptive_max_pool2d", x);
  return largest_of_windows(x, kernels::adaptive_windows("adaptive_max_pool2d", x.shape(), output_size));
}

MaxPooled adaptive_max_pool1d_with_indices(const Variable& x, std::int64_t output_size) {
  require_floats("adaptive_max_pool1d", x);
  const PoolWindows windows = kernels::adaptive_windows("adaptive_max_pool1d", x.shape(), output_size);
  return as_rows(largest_of_windows(as_planes(x), windows));
}

Variable spread_to_choice(const Variable& grad, const Tensor& choice, const Pool2dGeometry& g) {
  return record(
      "spread_to_choice", {grad}, kernels::spread_to_choice(grad.value(), choice, g),
      [choice, g](const Variable& upstream, const Step&) -> Gradients { return {pick_choice(upstream, choice, g)}; },
      attributes_of(g));
}

}  // namespace reel
