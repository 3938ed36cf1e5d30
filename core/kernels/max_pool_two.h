#pragma once

#include <cstdint>
#include <reel/core/kernels/activation.h>
#include <reel/core/kernels/pool.h>

/// Max pooling of float32 by windows of 2 x 2 pixels side by side, which are what nearly every net has, plane by plane.
namespace reel::kernels::two_by_two {

inline bool fits(const Pool2dGeometry& g) {
  return g.kernel_h == 2 && g.kernel_w == 2 && g.stride_h == 2 && g.stride_w == 2 && g.dilation_h == 1 &&
         g.dilation_w == 1 && g.pad_top == 0 && g.pad_left == 0 && 2 * g.out_h <= g.in_h && 2 * g.out_w <= g.in_w;
}

void pool(const float* plane, float* out, const Pool2dGeometry& g);
/// The same of the activation, and which pixel each window chose. See max_pool_choice.h.
void choose(const float* plane, Activation activation, float* out, std::uint8_t* choice, const Pool2dGeometry& g);
/// Puts the gradients of the windows where they chose; `to` is all of the plane.
void spread(const float* grad, const std::uint8_t* choice, float* to, const Pool2dGeometry& g);

}  // namespace reel::kernels::two_by_two
