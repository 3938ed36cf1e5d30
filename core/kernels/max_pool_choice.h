#pragma once

#include <cstdint>
#include <reel/core/kernels/activation.h>
#include <reel/core/tensor.h>

/// Max pooling on the way out of a layer, by windows of 2 x 2 pixels side by side. A byte for each window says which
/// pixel it chose, so that what it chose from need not be kept. float32 and float64.
namespace reel::kernels {

/// The choice where no gradient passes: the activation cut all of the window off. Else it is one of 0 to 3, the
/// window's pixels in row-major order.
inline constexpr std::uint8_t no_choice = 4;

/// What is left of planes [N, C, H, W]: both [N, C, H / 2, W / 2], the choice of uint8.
struct Pooled {
  Tensor output, choice;

  /// Not initialised.
  static Pooled empty(const Shape& planes, DType dtype);
};

/// Fills the images from `first` on with the pooled activation of contiguous planes [n, C, H, W]. The first of equals
/// is chosen, and a NaN before all.
void pool_choosing(const Tensor& planes, Activation activation, Pooled& to, std::int64_t first = 0);
/// Its adjoint: [N, C, H, W], each gradient where its window chose, and zeros.
[[nodiscard]] Tensor spread_to_choice(const Tensor& grad, const Tensor& choice, std::int64_t h, std::int64_t w);
/// Picks from planes [N, C, H, W] what lies where the windows chose, or 0.
[[nodiscard]] Tensor pick_choice(const Tensor& planes, const Tensor& choice);

}  // namespace reel::kernels
