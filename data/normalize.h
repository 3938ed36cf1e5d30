#pragma once

#include <array>
#include <cstdint>
#include <reel/core/tensor.h>
#include <span>
#include <vector>

namespace reel::data {

/// How pixels become numbers that a net likes: (x / 255 - mean) / deviation for a uint8 x, in units of full white, as
/// torchvision's ToTensor and Normalize do it. One value for all channels, or one for each. The default gives [0, 1].
struct Normalization {
  std::vector<float> mean = {0.0F};       ///< of full white; one, or one for each channel
  std::vector<float> deviation = {1.0F};  ///< what is divided by; as many
};

/// Mean and deviation of MNIST's training pixels: {0.1307, 0.3081}.
[[nodiscard]] Normalization mnist_normalization();

/// A Normalization made ready: the 256 results for each channel are looked up instead of computed.
class Normalizer {
 public:
  /// Throws ValueError for no values, for a number of deviations that is not that of means, and for a deviation that
  /// is not above 0.
  explicit Normalizer(const Normalization& normalization);

  /// Writes the normalised image to `out`, which holds C*H*W numbers. image: [C, H, W], uint8, or float32 in [0, 1].
  /// Throws ShapeError where C is not the number of means (unless that is 1), TypeError for other dtypes.
  void operator()(const Tensor& image, std::span<float> out) const;

 private:
  Normalization normalization_;
  std::vector<std::array<float, 256>> tables_;  // one for each value of mean
};

}  // namespace reel::data
