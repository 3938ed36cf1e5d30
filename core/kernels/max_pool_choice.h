#pragma once

#include <cstdint>
#include <reel/core/kernels/activation.h>
#include <reel/core/kernels/pool.h>
#include <reel/core/tensor.h>

/// Max pooling that can be led back: a byte for each window says which pixel it chose, so that what it chose from need
/// not be kept. float32 and float64.
namespace reel::kernels {

/// The choice where no gradient passes: the activation cut all of the window off. Else it is the place of one of the
/// window's pixels, counted in row-major order.
template <class Index>
inline constexpr Index no_choice = static_cast<Index>(-1);

/// What is left of planes [N, C, H, W]: both [N, C, OH, OW], the choice of uint8, or of int64 where a byte can't count
/// a window's pixels.
struct Pooled {
  Tensor output, choice;

  /// Not initialised.
  static Pooled empty(const Shape& planes, DType dtype, const Pool2dGeometry& geometry);
};

/// max_pool2d of the activation of the input, with the choices. The first of equals is chosen, and a NaN before all.
[[nodiscard]] Pooled max_pool2d_choosing(const Tensor& input, const Pool2dGeometry& geometry,
                                         Activation activation = Activation::none);
/// The same of contiguous planes [n, C, H, W], on the way out of a layer: fills the images from `first` on.
void pool_choosing(const Tensor& planes, const Pool2dGeometry& geometry, Activation activation, Pooled& to,
                   std::int64_t first = 0);
/// The adjoint: [N, C, H, W], each gradient where its window chose, added up where they meet.
[[nodiscard]] Tensor spread_to_choice(const Tensor& grad, const Tensor& choice, const Pool2dGeometry& geometry);
/// Picks from planes [N, C, H, W] what lies where the windows chose, or 0.
[[nodiscard]] Tensor pick_choice(const Tensor& planes, const Tensor& choice, const Pool2dGeometry& geometry);
/// Where in its plane each window chose, int64: row * W + column, or no_choice.
[[nodiscard]] Tensor pixels_of_choice(const Tensor& choice, const Pool2dGeometry& geometry);

}  // namespace reel::kernels
