#pragma once

#include <reel/core/tensor.h>
#include <vector>

namespace reel::kernels {

/// What an element of a resized axis is made of: the mean of two elements, of which the second weighs `weight`.
struct Sample {
  std::int64_t first, second;
  double weight;
};
using Samples = std::vector<Sample>;

/// An axis of `in` elements at `out` places, `step` elements apart, by PyTorch's rules: the element at floor(i step);
/// or the two around i step, with `align_corners` (then the step is (in - 1) / (out - 1)), or else around
/// (i + 1/2) step - 1/2. Places are calculated in the dtype of the elements, as PyTorch does.
[[nodiscard]] Samples nearest_samples(std::int64_t in, std::int64_t out, double step, DType dtype);
[[nodiscard]] Samples linear_samples(std::int64_t in, std::int64_t out, double step, bool align_corners, DType dtype);

/// planes [N, C, H, W] -> [N, C, down.size(), across.size()]
[[nodiscard]] Tensor interpolate(const Tensor& planes, const Samples& down, const Samples& across);
/// Its adjoint: planes of h x w pixels.
[[nodiscard]] Tensor interpolate_adjoint(const Tensor& grad, const Samples& down, const Samples& across, std::int64_t h,
                                         std::int64_t w);

}  // namespace reel::kernels
