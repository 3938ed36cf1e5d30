#pragma once

#include <reel/core/kernels/conv_kernels.h>

/// 3x3 convolution of stride 1 in fewer multiplications, for float32: Winograd's F(2x2, 3x3) and F(4x4, 3x3) (Lavin and
/// Gray, 2016). Tiles of the input, of 2x2 or 4x4 output pixels and of the weight are transformed into 16 or 36 numbers
/// each; between the transforms, a convolution is 16 or 36 matrix products.
namespace reel::kernels::winograd {

enum class Tiles {
  small,  // 2x2: 2.25 times fewer multiplications
  large   // 4x4: 4 times fewer, but more to transform for each weight, and rounding errors some three times as large
};

/// Whether these kernels can do this convolution.
[[nodiscard]] bool suits(const Conv2dGeometry& g);
/// Whether large tiles are faster for it than small ones.
[[nodiscard]] bool is_worth_large(const Conv2dGeometry& g);

[[nodiscard]] ConvKernels kernels(Tiles tiles);

}  // namespace reel::kernels::winograd
