#pragma once

#include <cstdint>
#include <functional>
#include <reel/core/random.h>
#include <reel/core/tensor.h>
#include <reel/data/dataset.h>
#include <reel/data/normalize.h>
#include <vector>

namespace reel::data {

/// Makes another image of an image [C, H, W], uint8 or float32. All chance comes from the generator, so that the same
/// generator gives the same image. A loader calls it from several threads at a time. Augmentation keeps the dtype; what
/// is still uint8 in the end is normalised by the loader.
using Transform = std::function<Tensor(const Tensor& image, Generator& generator)>;

/// Changes a whole batch, once its images are normalised. All chance comes from the generator. A loader calls it from
/// several threads at a time.
using BatchTransform = std::function<void(Batch& batch, Generator& generator)>;

/// The transforms one after another; none at all leaves the image as it is.
[[nodiscard]] Transform compose(std::vector<Transform> transforms);

/// uint8 [C, H, W] -> float32 (x / 255 - mean) / deviation; float32 is taken to be in [0, 1] already.
/// Throws ValueError for a bad normalization (see Normalizer).
[[nodiscard]] Transform normalize(const Normalization& normalization);

/// Moves the image by a whole number of pixels in [-max_pixels, max_pixels], drawn for each direction. What comes in
/// from outside has the value `fill`. Throws ValueError for max_pixels < 0.
[[nodiscard]] Transform random_shift(std::int64_t max_pixels, float fill = 0);

/// The image in another size; see resize(). Throws ValueError for sizes below 1.
[[nodiscard]] Transform resized(std::int64_t height, std::int64_t width);

/// The middle [C, height, width] of the image; torchvision's CenterCrop. Where it is smaller, `fill` comes around it.
/// Throws ValueError for sizes below 1.
[[nodiscard]] Transform center_crop(std::int64_t height, std::int64_t width, float fill = 0);

/// A window [C, height, width] at a random place of the image with `padding` pixels of the value `fill` put around it:
/// random_crop(32, 32, 4) is what CIFAR-10 is usually trained with. Throws ValueError for a size below 1 or a padding
/// below 0, and, when it runs, ShapeError for an image that is smaller than the window with its padding.
[[nodiscard]] Transform random_crop(std::int64_t height, std::int64_t width, std::int64_t padding = 0, float fill = 0);

/// Mirrors left and right with `probability`. Throws ValueError for a probability outside of [0, 1].
[[nodiscard]] Transform random_horizontal_flip(double probability = 0.5);
/// The same of top and bottom.
[[nodiscard]] Transform random_vertical_flip(double probability = 0.5);

/// Covers a square of `size` pixels a side with `fill` (DeVries and Taylor, "Improved regularization of convolutional
/// neural networks with cutout", 2017). Its middle is any pixel, so that parts of it may lie outside. After normalize()
/// the fill 0 is the mean grey, as in the paper. Throws ValueError for a size below 1.
[[nodiscard]] Transform cutout(std::int64_t size, float fill = 0);

}  // namespace reel::data
