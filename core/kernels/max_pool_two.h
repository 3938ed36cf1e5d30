#pragma once

#include <cstdint>
#include <reel/core/kernels/activation.h>
#include <reel/core/kernels/pool.h>

/// Max pooling of float32 by windows of 2 x 2 that lie side by side, plane by plane. See max_pool2d.
namespace reel::kernels::two_by_two {

void pool(const float* plane, float* out, const Pool2dGeometry& g);
/// The adjoint; `plane` and `output` are what was pooled, and what came out.
void spread(const float* grad, const float* plane, const float* output, float* to, const Pool2dGeometry& g);

/// The same two for a pooling that keeps its choices. See max_pool_choice.h.
void pool_choosing(const float* plane, Activation activation, float* out, std::uint8_t* choice, std::int64_t in_h,
                   std::int64_t in_w);
void spread_to_choice(const float* grad, const std::uint8_t* choice, float* to, std::int64_t in_h, std::int64_t in_w);

}  // namespace reel::kernels::two_by_two
