#include <reel/autograd/checkpoint.h>
#include <reel/autograd/ops/norm.h>
#include <reel/nn/activation.h>
#include <reel/nn/batch_norm.h>

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

Variable BatchNorm::forward_with(const Variable& x, LayersBehind& behind) {
  require_rank(x);
  Variable y = batch_norm(x, *weight_, *bias_, *mean_, *var_,
                          {.training = is_training(),
                           .momentum = options_.momentum,
                           .epsilon = options_.eps,
                           .activation = take_relu(behind)});
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
