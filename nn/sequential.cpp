#include <reel/nn/sequential.h>

namespace reel::nn {

Module& Sequential::operator[](std::size_t i) const {
  require<IndexError>(i < layers_.size(), "Sequential", "layer ", i, " is outside [0, ", layers_.size(), ")");
  return *layers_[i];
}

Variable Sequential::forward(const Variable& x) {
  Variable out = x;
  for (Module* layer : layers_) out = (*layer)(out);
  return out;
}

}  // namespace reel::nn
