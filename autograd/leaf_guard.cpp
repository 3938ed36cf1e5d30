#include <reel/autograd/leaf_guard.h>

namespace reel {
namespace {
thread_local LeafGuard* outermost = nullptr;
}  // namespace

LeafGuard::LeafGuard() {
  if (outermost == nullptr) outermost = this;
}

LeafGuard::~LeafGuard() {
  if (outermost == this) outermost = nullptr;
}

LeafGuard* LeafGuard::current() { return outermost; }

}  // namespace reel
