#pragma once

#include <reel/core/tensor.h>

/// Reading and writing elements by lists of their places: what every op that indexes stands on.
namespace reel::kernels {

/// Which elements are picked. A lane is the run of elements along the axis that an index points into; element x of the
/// pick is the one at `index[x] * unit` behind the begin of its lane, both in elements of the memory.
struct Picks {
  Shape shape;    // of the pick
  int axis;       // of it, along which lie the picks from one lane
  Strides lanes;  // of the data, from one lane's begin to the next; 0 along `axis`
  Tensor index;   // int64, inside the lanes
  Strides steps;  // of the index, which may say the same for all lanes
  std::int64_t unit;
};

/// A new tensor of the elements of `data` that are picked.
[[nodiscard]] Tensor pick(const Tensor& data, const Picks& picks);

/// Writes `values`, of the pick's shape, over the elements that are picked, or adds them (float32, float64, int64).
/// Each lane takes its values in order: of two for one element the last one stays, and sums are rounded in the same way
/// with any number of threads.
void put(std::string_view op, Tensor data, const Picks& picks, const Tensor& values, bool accumulate);

}  // namespace reel::kernels
