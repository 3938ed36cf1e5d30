#pragma once

#include <reel/core/tensor.h>

namespace reel {

/// exp(a) / sum of exp(a) along `axis`, shifted by the largest value so that nothing overflows. float32 and float64.
[[nodiscard]] Tensor softmax(const Tensor& a, std::int64_t axis = -1);
/// log(softmax(a)), without taking the logarithm of a small number.
[[nodiscard]] Tensor log_softmax(const Tensor& a, std::int64_t axis = -1);

}  // namespace reel
