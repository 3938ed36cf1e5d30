#pragma once

#include <reel/core/kernels/pool.h>

/// Max pooling of float32 by windows of 2 x 2 that lie side by side, plane by plane. See max_pool2d.
namespace reel::kernels::two_by_two {

void pool(const float* plane, float* out, const Pool2dGeometry& g);
/// The adjoint; `plane` and `output` are what was pooled, and what came out.
void spread(const float* grad, const float* plane, const float* output, float* to, const Pool2dGeometry& g);

}  // namespace reel::kernels::two_by_two
