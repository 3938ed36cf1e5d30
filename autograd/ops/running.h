#pragma once

#include <reel/autograd/checkpoint.h>
#include <reel/core/kernels/elementwise.h>

namespace reel {

/// Moves a running statistic by `momentum` towards what `of_batch()` gives: not where there is none, and not where a
/// checkpoint computes again what has moved it already.
template <class F>
void move_statistic(Tensor running, double momentum, const F& of_batch) {
  if (!running.defined() || is_recomputing()) return;
  running.copy_from(running * (1 - momentum) + of_batch() * momentum);
}

}  // namespace reel
