#include <limits>
#include <reel/autograd/ops/arithmetic.h>
#include <reel/autograd/ops/checks.h>
#include <reel/autograd/ops/layer_norm.h>
#include <reel/autograd/ops/norm.h>
#include <reel/autograd/ops/reduce.h>
#include <reel/autograd/ops/running.h>
#include <reel/autograd/ops/view.h>
#include <reel/autograd/tape.h>
#include <reel/core/kernels/layer_norm.h>

namespace reel {
namespace {

using kernels::RowLayout;

/// What a normalisation does with x: its rows; and for the backward in differentiable ops x as a grid over which the
/// parameters broadcast, and the axes of the grid that a parameter's gradient is the sum over.
struct Norm {
  RowLayout layout;
  double eps;
  bool is_centred;
  Shape grid, parameters;
  Dims rest;
};

/// The backward in differentiable ops, for when it is itself differentiated:
/// dx = rstd (g - mean(g) - normal mean(g normal)) with g = grad weight.
Gradients recorded_grads(const Variable& upstream, const Variable& x, const Variable& weight, const Norm& norm) {
  const Shape rows{norm.layout.rows, norm.layout.length()};
  const auto mean_of = [](const Variable& v) { return mean(v, {1}, true); };
  const auto centred = [&](const Variable& v) { return norm.is_centred ? v - mean_of(v) : v; };
  const Variable deviation = centred(reshape(x, rows));
  const Variable rstd = pow(mean_of(deviation * deviation) + norm.eps, -0.5);
  const Variable normal = deviation * rstd;
  const Variable grad = reshape(upstream, norm.grid);
  const Variable g = reshape(grad * reshape(weight, norm.parameters), rows);
  const Variable dx = rstd * (centred(g) - normal * mean_of(g * normal));
  return {reshape(dx, x.shape()), reshape(sum(grad * reshape(normal, norm.grid), norm.rest), weight.shape()),
          reshape(sum(grad, norm.rest), weight.shape())};
}

Variable normalise(std::string_view op, const Variable& x, const Variable& weight, const Variable& bias,
                   const Norm& norm) {
  const auto [y, mean, rstd] =
      kernels::row_norm(x.value(), weight.value(), bias.value(), norm.layout, norm.eps, norm.is_centred);
  return record(op, {x, weight, bias}, y,
                [x, weight, norm, mean = mean, rstd = rstd](const Variable& grad, const Step& step) -> Gradients {
                  if (Tape::current() != nullptr) return recorded_grads(grad, x, weight, norm);
                  const auto grads =
                      kernels::row_norm_grads(grad.value(), x.value(), mean, rstd, weight.value(), norm.layout,
                                              norm.is_centred, step.wants(1) || step.wants(2));
                  if (!grads.weight.defined()) return {grads.input, {}, {}};
                  return {grads.input, grads.weight.reshape(weight.shape()), grads.bias.reshape(weight.shape())};
                },
                {{"groups", norm.layout.groups, 1}, {"eps", norm.eps}});
}

/// A parameter, or a constant that changes nothing where there is none.
Variable parameter_or(std::string_view op, const Variable& parameter, double other, const Variable& x,
                      const Shape& shape) {
  if (!parameter.defined()) return Tensor::full(shape, other, x.dtype());
  require<ShapeError>(parameter.shape() == shape, op, "input ", x.shape(), " wants a weight and a bias of shape ",
                      shape, ", got ", parameter.shape());
  require_same_dtype(op, x.value(), parameter.value());
  return parameter;
}

Variable norm_last_axes(std::string_view op, const Variable& x, const Shape& shape, const Variable& weight,
                        const Variable& bias, double eps, bool is_centred) {
  const int outer = x.rank() - shape.rank();
  require<ShapeError>(
      shape.rank() >= 1 && outer >= 0 && std::equal(shape.begin(), shape.end(), x.shape().begin() + outer), op,
      "normalized_shape ", shape, " wants an input that ends in it, got ", x.shape());
  const std::int64_t length = numel(shape);
  require<ShapeError>(length >= 1, op, "normalized_shape ", shape, " has no numbers");
  const std::int64_t rows = x.numel() / length;
  return normalise(op, x, parameter_or(op, weight, 1, x, shape), parameter_or(op, bias, 0, x, shape),
                   {.layout = {.rows = rows, .channels = 1, .area = length, .groups = 1, .is_per_channel = false},
                    .eps = eps,
                    .is_centred = is_centred,
                    .grid = {rows, length},
                    .parameters = {length},
                    .rest = {0}});
}

/// x [N, C, ...], with the channels in groups.
Variable norm_groups(std::string_view op, const Variable& x, std::int64_t groups, const Variable& weight,
                     const Variable& bias, double eps) {
  const std::int64_t images = x.size(0);
  const std::int64_t channels = x.size(1);
  std::int64_t area = 1;
  for (int i = 2; i < x.rank(); ++i) area *= x.size(i);
  require<ShapeError>(channels >= 1 && area >= 1, op, "input ", x.shape(), " has nothing to normalise over");
  return normalise(op, x, parameter_or(op, weight, 1, x, {channels}), parameter_or(op, bias, 0, x, {channels}),
                   {.layout = {.rows = images * groups,
                               .channels = channels / groups,
                               .area = area,
                               .groups = groups,
                               .is_per_channel = true},
                    .eps = eps,
                    .is_centred = true,
                    .grid = {images, channels, area},
                    .parameters = {channels, 1},
                    .rest = {0, 2}});
}

}  // namespace

Variable layer_norm(const Variable& x, const Shape& normalized_shape, const Variable& weight, const Variable& bias,
                    double eps) {
  require_floats("layer_norm", x);
  return norm_last_axes("layer_norm", x, normalized_shape, weight, bias, eps, true);
}

Variable rms_norm(const Variable& x, const Shape& normalized_shape, const Variable& weight, std::optional<double> eps) {
  require_floats("rms_norm", x);
  const double least =
      x.dtype() == float32 ? std::numeric_limits<float>::epsilon() : std::numeric_limits<double>::epsilon();
  return norm_last_axes("rms_norm", x, normalized_shape, weight, {}, eps.value_or(least), false);
}

Variable group_norm(const Variable& x, std::int64_t num_groups, const Variable& weight, const Variable& bias,
                    double eps) {
  require_floats("group_norm", x);
  require<ShapeError>(x.rank() >= 2, "group_norm", "input wants shape [N, C, ...], got ", x.shape());
  require<ValueError>(num_groups >= 1 && x.size(1) % num_groups == 0, "group_norm", "input ", x.shape(), " has ",
                      x.size(1), " channels, which ", num_groups, " groups do not divide");
  return norm_groups("group_norm", x, num_groups, weight, bias, eps);
}

Variable instance_norm(const Variable& x, const Variable& weight, const Variable& bias, const Tensor& running_mean,
                       const Tensor& running_var, const InstanceNormOptions& options) {
  require_floats("instance_norm", x);
  require<ShapeError>(x.rank() >= 3, "instance_norm", "input wants shape [N, C, ...], got ", x.shape());
  const Shape channels{x.size(1)};
  for (const Tensor& running : {running_mean, running_var}) {
    if (running.defined()) static_cast<void>(parameter_or("instance_norm", running, 0, x, channels));
  }
  if (!options.training && running_mean.defined() && running_var.defined()) {
    return batch_norm(x, parameter_or("instance_norm", weight, 1, x, channels),
                      parameter_or("instance_norm", bias, 0, x, channels), running_mean, running_var,
                      {.training = false, .epsilon = options.eps});
  }
  require<ShapeError>(x.numel() != x.size(0) * x.size(1), "instance_norm",
                      "wants more than one value for each channel, got input ", x.shape());
  Variable y = norm_groups("instance_norm", x, x.size(1), weight, bias, options.eps);
  if (options.training) {
    const Tensor values = x.value().flatten(2);
    move_statistic(running_mean, options.momentum, [&] { return mean(values, {0, 2}); });
    move_statistic(running_var, options.momentum, [&] { return mean(var(values, {2}), {0}); });
  }
  return y;
}

}  // namespace reel
