#pragma once

#include <reel/core/tensor.h>

namespace reel::kernels {

/// Sets every element of `out`, a view of any strides, to `value` converted to its dtype.
void fill(Tensor& out, double value);
/// Copies `source` into `out`: same shape, any strides, any dtypes.
void copy(Tensor& out, const Tensor& source);

}  // namespace reel::kernels
