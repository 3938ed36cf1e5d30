#include <reel/autograd/checkpoint.h>
#include <reel/nn/sequential.h>

namespace reel::nn {
namespace {

Variable run(LayersBehind layers, const Variable& x) {
  Variable out = x;
  while (!layers.empty()) {
    Module& layer = *layers.front();
    layers = layers.subspan(1);
    out = layer(out, layers);
  }
  return out;
}

}  // namespace

Sequential& Sequential::checkpoint_segments(std::size_t segments) {
  require<ValueError>(segments <= layers_.size(), "Sequential", "has ", layers_.size(), " layers, which are no ",
                      segments, " segments");
  segments_ = segments;
  return *this;
}

Sequential::Sequential(std::initializer_list<NamedModule> modules) {
  for (const NamedModule& named : modules) layers_.push_back(&add_child(named.name, named.module));
}

Module& Sequential::operator[](std::size_t i) const {
  require<IndexError>(i < layers_.size(), "Sequential", "layer ", i, " is outside [0, ", layers_.size(), ")");
  return *layers_[i];
}

Variable Sequential::forward(const Variable& x) {
  const LayersBehind layers = layers_;
  if (segments_ == 0) return run(layers, x);
  Variable out = x;
  for (std::size_t i = 0; i < segments_; ++i) {
    const std::size_t begin = i * layers.size() / segments_;
    const std::size_t end = (i + 1) * layers.size() / segments_;
    out = checkpoint([part = layers.subspan(begin, end - begin)](const Variable& v) { return run(part, v); }, out);
  }
  return out;
}

Variable in_sequence(std::initializer_list<Module*> layers, const Variable& x) {
  return run({layers.begin(), layers.size()}, x);
}

}  // namespace reel::nn
