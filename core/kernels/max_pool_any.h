#pragma once

#include <cstdint>
#include <reel/core/kernels/pool.h>

/// Max pooling of float32 with any windows, in vectors of windows that lie side by side.
namespace reel::kernels::any_window {

/// The largest pixels of some planes, one after the other.
void pool(const float* planes, std::int64_t count, float* out, const Pool2dGeometry& g);
/// The same of one plane, and which pixel each window chose. See max_pool_choice.h.
void choose(const float* plane, float* out, std::uint8_t* choice, const Pool2dGeometry& g);
/// Puts the gradients of the windows of one plane where they chose; `to` is all of the plane.
void spread(const float* grad, const std::uint8_t* choice, float* to, const Pool2dGeometry& g);

}  // namespace reel::kernels::any_window
