#include <reel/autograd/checkpoint.h>
#include <reel/nn/activation.h>
#include <reel/nn/batch_norm.h>
#include <reel/nn/pooling.h>

namespace reel::nn {

BatchNorm::BatchNorm(std::string name, std::int64_t features, const BatchNormOptions& options)
    : layer_(std::move(name)), options_(options) {
  require<ValueError>(features >= 1, layer_, "num_features must be at least 1, got ", features);
  weight_ = &parameter("weight", Tensor::ones({features}));
  bias_ = &parameter("bias", Tensor::zeros({features}));
  mean_ = &buffer("running_mean", Tensor::zeros({features}));
  var_ = &buffer("running_var", Tensor::ones({features}));
  batches_ = &buffer("num_batches_tracked", Tensor::zeros({}, int64));
}

std::string BatchNorm::describe() const { return concat(layer_, '(', weight_->numel(), ')'); }

ChannelAffine BatchNorm::affine() const { return batch_norm_affine(*weight_, *bias_, *mean_, *var_, options_.eps); }

Variable BatchNorm::forward_with(const Variable& x, LayersBehind& behind) {
  require_rank(x);
  const reel::BatchNormOptions options{.training = is_training(),
                                       .momentum = options_.momentum,
                                       .epsilon = options_.eps,
                                       .activation = take_relu(behind)};
  // What is too small to be pooled is left to that layer: the error is its own.
  const bool is_pooled =
      is_training() && x.rank() == 4 && x.size(2) >= 2 && x.size(3) >= 2 && take_two_by_two_pool(behind);
  Variable y = (is_pooled ? batch_norm_max_pool2d : batch_norm)(x, *weight_, *bias_, *mean_, *var_, options);
  if (is_training() && !is_recomputing()) batches_->fill(batches_->item() + 1);
  return y;
}

void BatchNorm1d::require_rank(const Variable& x) const {
  require<ShapeError>(x.rank() == 2 || x.rank() == 3, "BatchNorm1d", "input wants shape [N, C] or [N, C, L], got ",
                      x.shape());
}

void BatchNorm2d::require_rank(const Variable& x) const {
  require<ShapeError>(x.rank() == 4, "BatchNorm2d", "input wants shape [N, C, H, W], got ", x.shape());
}

}  // namespace reel::nn
