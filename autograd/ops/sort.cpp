#include <reel/autograd/ops/index.h>
#include <reel/autograd/ops/sort.h>

namespace reel {

// Both are a gather on the tape.

Sorted<Variable> sort(const Variable& a, std::int64_t axis, bool descending) {
  Tensor indices = argsort(a.value(), axis, descending);
  return {gather(a, axis, indices), indices};
}

Sorted<Variable> topk(const Variable& a, std::int64_t k, std::int64_t axis, bool largest) {
  Tensor indices = topk(a.value(), k, axis, largest).indices;
  return {gather(a, axis, indices), indices};
}

}  // namespace reel
