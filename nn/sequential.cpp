#include <reel/nn/sequential.h>

namespace reel::nn {

Sequential::Sequential(std::initializer_list<NamedModule> modules) {
  for (const NamedModule& named : modules) layers_.push_back(&add_child(named.name, named.module));
}

Module& Sequential::operator[](std::size_t i) const {
  require<IndexError>(i < layers_.size(), "Sequential", "layer ", i, " is outside [0, ", layers_.size(), ")");
  return *layers_[i];
}

Variable Sequential::forward(const Variable& x) {
  Variable out = x;
  for (LayersBehind rest = layers_; !rest.empty();) {
    Module& layer = *rest.front();
    rest = rest.subspan(1);
    out = layer(out, rest);
  }
  return out;
}

}  // namespace reel::nn
