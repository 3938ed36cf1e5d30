#include <algorithm>
#include <reel/autograd/checkpoint.h>
#include <reel/autograd/ops/layer_norm.h>
#include <reel/nn/layer_norm.h>

namespace reel::nn {
namespace {

/// ", name=value", where that is not the default.
template <class T>
std::string unless_default(const char* name, const T& value, const T& by_default) {
  return value == by_default ? "" : concat(std::boolalpha, ", ", name, '=', value);
}

void require_sizes(const char* layer, const Shape& normalized_shape) {
  require<ValueError>(
      normalized_shape.rank() >= 1 && *std::min_element(normalized_shape.begin(), normalized_shape.end()) >= 1, layer,
      "normalized_shape wants sizes of at least 1, got ", normalized_shape);
}

std::int64_t checked_channels(const char* layer, const char* noun, std::int64_t channels) {
  require<ValueError>(channels >= 1, layer, noun, " must be at least 1, got ", channels);
  return channels;
}

}  // namespace

ExampleNorm::ExampleNorm(std::string description, const Shape& shape, bool weight, bool bias)
    : description_(std::move(description)) {
  if (weight) weight_ = &parameter("weight", Tensor::ones(shape));
  if (bias) bias_ = &parameter("bias", Tensor::zeros(shape));
}

LayerNorm::LayerNorm(const Shape& normalized_shape, const LayerNormOptions& options)
    : ExampleNorm(concat("LayerNorm(", normalized_shape, unless_default("eps", options.eps, 1e-5),
                         unless_default("elementwise_affine", options.elementwise_affine, true),
                         unless_default("bias", options.bias, true), ')'),
                  normalized_shape, options.elementwise_affine, options.elementwise_affine && options.bias),
      normalized_shape_(normalized_shape),
      eps_(options.eps) {
  require_sizes("LayerNorm", normalized_shape);
}

Variable LayerNorm::forward(const Variable& x) { return layer_norm(x, normalized_shape_, weight(), bias(), eps_); }

RMSNorm::RMSNorm(const Shape& normalized_shape, const RMSNormOptions& options)
    : ExampleNorm(concat("RMSNorm(", normalized_shape, options.eps ? concat(", eps=", *options.eps) : "",
                         unless_default("elementwise_affine", options.elementwise_affine, true), ')'),
                  normalized_shape, options.elementwise_affine, false),
      normalized_shape_(normalized_shape),
      eps_(options.eps) {
  require_sizes("RMSNorm", normalized_shape);
}

Variable RMSNorm::forward(const Variable& x) { return rms_norm(x, normalized_shape_, weight(), eps_); }

GroupNorm::GroupNorm(std::int64_t num_groups, std::int64_t num_channels, const GroupNormOptions& options)
    : ExampleNorm(concat("GroupNorm(", num_groups, ", ", num_channels, unless_default("eps", options.eps, 1e-5),
                         unless_default("affine", options.affine, true), ')'),
                  {checked_channels("GroupNorm", "num_channels", num_channels)}, options.affine, options.affine),
      num_groups_(num_groups),
      num_channels_(num_channels),
      eps_(options.eps) {
  require<ValueError>(num_groups >= 1 && num_channels % num_groups == 0, "GroupNorm",
                      "num_groups must divide num_channels, got ", num_groups, " and ", num_channels);
}

Variable GroupNorm::forward(const Variable& x) {
  require<ShapeError>(x.rank() >= 2 && x.size(1) == num_channels_, "GroupNorm", "input wants shape [N, ", num_channels_,
                      ", ...], got ", x.shape());
  return group_norm(x, num_groups_, weight(), bias(), eps_);
}

InstanceNorm2d::InstanceNorm2d(std::int64_t num_features, const InstanceNorm2dOptions& options)
    : ExampleNorm(
          concat("InstanceNorm2d(", num_features, unless_default("eps", options.eps, 1e-5),
                 unless_default("momentum", options.momentum, 0.1), unless_default("affine", options.affine, false),
                 unless_default("track_running_stats", options.track_running_stats, false), ')'),
          {checked_channels("InstanceNorm2d", "num_features", num_features)}, options.affine, options.affine),
      num_features_(num_features),
      options_(options) {
  if (!options.track_running_stats) return;
  mean_ = &buffer("running_mean", Tensor::zeros({num_features}));
  var_ = &buffer("running_var", Tensor::ones({num_features}));
  batches_ = &buffer("num_batches_tracked", Tensor::zeros({}, int64));
}

Variable InstanceNorm2d::forward(const Variable& x) {
  require<ShapeError>(x.rank() == 4 && x.size(1) == num_features_, "InstanceNorm2d", "input wants shape [N, ",
                      num_features_, ", H, W], got ", x.shape());
  const bool tracks = mean_ != nullptr;
  Variable y = instance_norm(x, weight(), bias(), tracks ? *mean_ : Tensor(), tracks ? *var_ : Tensor(),
                             {.training = is_training(), .momentum = options_.momentum, .eps = options_.eps});
  if (tracks && is_training() && !is_recomputing()) batches_->fill(batches_->item() + 1);
  return y;
}

}  // namespace reel::nn
