#pragma once

#include <reel/autograd/variable.h>

namespace reel {

/// While one is alive, it is asked about every leaf that this thread's tapes take up for the first time. Guards nest,
/// and the outermost alone is asked: it stands for the whole of what runs.
class LeafGuard {
 public:
  LeafGuard();
  virtual ~LeafGuard();
  LeafGuard(const LeafGuard&) = delete;
  LeafGuard& operator=(const LeafGuard&) = delete;

  /// Throws for a leaf that must not be there; then the tape stays without it.
  virtual void check(const Variable& leaf) = 0;

  /// This thread's outermost guard, or null.
  [[nodiscard]] static LeafGuard* current();
};

}  // namespace reel
