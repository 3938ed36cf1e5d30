#pragma once

#include <reel/core/kernels/pool.h>

/// Max pooling of float32 with any windows, in vectors of windows that lie side by side.
namespace reel::kernels::any_window {

/// The largest pixels of some planes, one after the other.
void pool(const float* planes, std::int64_t count, float* out, const Pool2dGeometry& g);
/// Puts the gradients of the windows of one plane where they chose; `to` is all of the plane.
void spread(const float* grad, const float* plane, const float* output, float* to, const Pool2dGeometry& g);

}  // namespace reel::kernels::any_window
