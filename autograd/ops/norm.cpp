#include <reel/autograd/ops/activation.h>
#include <reel/autograd/ops/arithmetic.h>
#include <reel/autograd/ops/norm.h>
#include <reel/autograd/ops/pool.h>
#include <reel/autograd/ops/reduce.h>
#include <reel/autograd/ops/running.h>
#include <reel/autograd/ops/view.h>
#include <reel/autograd/tape.h>
#include <reel/core/kernels/norm.h>

namespace reel {
namespace {

/// Everything that comes with x has one value for each of its channels, and its dtype.
void require_per_channel(const Variable& x, const Variable& weight, const Variable& bias, const Tensor& running_mean,
                         const Tensor& running_var) {
  for (const Variable* v : {&x, &weight, &bias}) require_defined("batch_norm", v->value());
  require<ShapeError>(x.rank() >= 2, "batch_norm", "input wants shape [N, C, ...], got ", x.shape());
  const Shape channels{x.size(1)};
  require<ShapeError>(weight.shape() == channels && bias.shape() == channels, "batch_norm", "input ", x.shape(),
                      " has ", x.size(1), " channels, weight has shape ", weight.shape(), " and bias ", bias.shape());
  for (const Tensor& running : {running_mean, running_var}) {
    require<ShapeError>(!running.defined() || running.shape() == channels, "batch_norm", "input ", x.shape(), " has ",
                        x.size(1), " channels, a running statistic has shape ",
                        running.defined() ? running.shape() : Shape{});
  }
  visit_floats("batch_norm", x.dtype(), [](auto) {});
  for (const Tensor& other : {weight.value(), bias.value(), running_mean, running_var}) {
    if (other.defined()) require_same_dtype("batch_norm", x.value(), other);
  }
}

/// All axes but the channels'.
Dims other_axes(int rank) {
  Dims axes{0};
  for (int i = 2; i < rank; ++i) axes.push_back(i);
  return axes;
}

/// [C] as [C, 1, 1], to broadcast over x [N, C, H, W].
Variable per_channel(const Variable& v, int rank) {
  Shape shape = Shape::filled(rank - 1, 1);
  shape[0] = v.numel();
  return reshape(v, shape);
}

/// y = x * scale[c] + shift[c], through the activation
Variable channel_affine(const Variable& x, const Variable& scale, const Variable& shift, Activation activation) {
  const Tensor y = kernels::channel_affine(x.value(), scale.value(), shift.value(), activation);
  return record("channel_affine", {x, scale, shift}, y,
                [x, scale, cut = activation == Activation::relu ? y : Tensor()](const Variable& upstream,
                                                                                const Step& step) -> Gradients {
                  const Variable grad = through_relu(upstream, cut);
                  const Dims axes = other_axes(x.rank());
                  return {step.wants(0) ? grad * per_channel(scale, x.rank()) : Variable(),
                          step.wants(1) ? sum(grad * x, axes) : Variable(),
                          step.wants(2) ? sum(grad, axes) : Variable()};
                },
                {{"relu", activation == Activation::relu, false}});
}

/// The backward of batch normalisation in differentiable ops, for when it is itself differentiated.
Gradients recorded_grads(const Variable& grad, const Variable& x, const Variable& weight, double epsilon) {
  const Dims axes = other_axes(x.rank());
  const Variable rstd = pow(var(x, axes, true, 0) + epsilon, -0.5);
  const Variable normal = (x - mean(x, axes, true)) * rstd;
  const Variable slope = per_channel(weight, x.rank()) * rstd;
  return {slope * (grad - mean(grad, axes, true) - normal * mean(grad * normal, axes, true)), sum(grad * normal, axes),
          sum(grad, axes)};
}

std::int64_t numbers_per_channel(const Variable& x) { return x.numel() / std::max<std::int64_t>(1, x.size(1)); }

void require_batch(const Variable& x) {
  require<ShapeError>(numbers_per_channel(x) > 1, "batch_norm",
                      "training wants more than one value for each channel, got input ", x.shape());
}

/// The running statistics take a step towards those of the batch x, of which the variance is the unbiased one.
void move_towards(const Tensor& running_mean, const Tensor& running_var, const kernels::BatchStatistics& batch,
                  const Variable& x, double momentum) {
  const auto n = static_cast<double>(numbers_per_channel(x));
  move_statistic(running_mean, momentum, [&] { return batch.mean; });
  move_statistic(running_var, momentum, [&] { return batch.variance * (n / (n - 1)); });
}

/// The way back through the activation, whose output is computed once more.
Variable through(const Variable& grad, const Variable& x, const kernels::BatchStatistics& statistics,
                 Activation activation) {
  if (activation == Activation::none) return grad;
  return through_relu(grad, kernels::channel_affine(x.value(), statistics.scale, statistics.shift, activation));
}

}  // namespace

ChannelAffine batch_norm_affine(const Variable& weight, const Variable& bias, const Tensor& running_mean,
                                const Tensor& running_var, double epsilon) {
  const Variable scale = weight * pow(Variable(running_var) + epsilon, -0.5);
  return {scale, bias - running_mean * scale};
}

Variable batch_norm(const Variable& x, const Variable& weight, const Variable& bias, const Tensor& running_mean,
                    const Tensor& running_var, const BatchNormOptions& options) {
  require_per_channel(x, weight, bias, running_mean, running_var);
  const auto [training, momentum, epsilon, activation] = options;
  if (!training) {
    require<ValueError>(running_mean.defined() && running_var.defined(), "batch_norm",
                        "outside of training the running mean and variance are needed");
    const auto [scale, shift] = batch_norm_affine(weight, bias, running_mean, running_var, epsilon);
    return channel_affine(x, scale, shift, activation);
  }
  require_batch(x);
  const auto [y, statistics] = kernels::batch_norm(x.value(), weight.value(), bias.value(), epsilon, activation);
  move_towards(running_mean, running_var, statistics, x, momentum);
  return record(activation == Activation::relu ? "batch_norm_relu" : "batch_norm", {x, weight, bias}, y,
                [x, weight, statistics = statistics, epsilon = epsilon, activation = activation](
                    const Variable& grad, const Step&) -> Gradients {
                  if (Tape::current() != nullptr) {
                    return recorded_grads(through(grad, x, statistics, activation), x, weight, epsilon);
                  }
                  auto grads =
                      kernels::batch_norm_grads(grad.value(), x.value(), statistics, weight.value(), activation);
                  return {grads.input, grads.weight, grads.bias};
                },
                {{"epsilon", epsilon}});
}

Variable batch_norm_max_pool2d(const Variable& x, const Variable& weight, const Variable& bias,
                               const Tensor& running_mean, const Tensor& running_var, const BatchNormOptions& options) {
  if (!options.training) {
    return max_pool2d(batch_norm(x, weight, bias, running_mean, running_var, options), {.kernel_size = 2});
  }
  require_per_channel(x, weight, bias, running_mean, running_var);
  require_batch(x);
  const auto windows = kernels::pool2d_geometry("max_pool2d", x.shape(), {.kernel_size = 2});
  const auto [pooled, statistics] =
      kernels::batch_norm_pooled(x.value(), weight.value(), bias.value(), options.epsilon, options.activation);
  move_towards(running_mean, running_var, statistics, x, options.momentum);
  const bool is_relu = options.activation == Activation::relu;
  return record(is_relu ? "batch_norm_relu_max_pool2d" : "batch_norm_max_pool2d", {x, weight, bias}, pooled.output,
                [x, weight, choice = pooled.choice, windows, statistics = statistics, epsilon = options.epsilon](
                    const Variable& grad, const Step&) -> Gradients {
                  if (Tape::current() != nullptr) {
                    return recorded_grads(spread_to_choice(grad, choice, windows), x, weight, epsilon);
                  }
                  auto grads =
                      kernels::batch_norm_pooled_grads(grad.value(), choice, x.value(), statistics, weight.value());
                  return {grads.input, grads.weight, grads.bias};
                },
                {{"epsilon", options.epsilon}});
}

}  // namespace reel
