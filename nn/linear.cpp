#include <reel/autograd/ops/matmul.h>
#include <reel/nn/activation.h>
#include <reel/nn/init.h>
#include <reel/nn/linear.h>

namespace reel::nn {

Linear::Linear(std::int64_t in_features, std::int64_t out_features, bool bias) {
  require<ValueError>(in_features >= 1 && out_features >= 1, "Linear",
                      "in_features and out_features must be at least 1, got ", in_features, " and ", out_features);
  const Shape shape{out_features, in_features};
  weight_ = &parameter("weight", init::default_weight(shape));
  if (bias) bias_ = &parameter("bias", init::default_bias(out_features, shape));
}

std::string Linear::describe() const {
  return concat("Linear(", weight_->size(1), ", ", weight_->size(0), bias_ == nullptr ? ", bias=false)" : ")");
}

Variable Linear::forward_with(const Variable& x, LayersBehind& behind) {
  return linear(x, *weight_, bias(), take_relu(behind));
}

}  // namespace reel::nn
