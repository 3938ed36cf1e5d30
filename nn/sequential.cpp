#include <reel/nn/activation.h>
#include <reel/nn/sequential.h>

namespace reel::nn {

Module& Sequential::operator[](std::size_t i) const {
  require<IndexError>(i < layers_.size(), "Sequential", "layer ", i, " is outside [0, ", layers_.size(), ")");
  return *layers_[i];
}

Variable Sequential::forward(const Variable& x) {
  Variable out = x;
  const auto is_relu = [&](std::size_t i) { return i < layers_.size() && dynamic_cast<ReLU*>(layers_[i]) != nullptr; };
  for (std::size_t i = 0; i < layers_.size(); ++i) {
    // A layer does the ReLU behind it on the way, if it can.
    const bool together = is_relu(i + 1);
    out = (*layers_[i])(out, together ? Activation::relu : Activation::none);
    if (together) ++i;
  }
  return out;
}

}  // namespace reel::nn
