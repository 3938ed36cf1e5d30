#pragma once

#include <cstdint>
#include <reel/data/dataset.h>

namespace reel::data {

/// `count` drawn digits that stand in for MNIST where it can't be downloaded: images uint8 [count, 1, 28, 28], light on
/// dark. Each label comes count / 10 times (the first count % 10 labels of a random order once more), in
/// random order. Depends on count and seed alone: take other seeds for training and for testing.
/// Throws ValueError for a count below 1.
[[nodiscard]] ImageDataset synthetic_digits(std::int64_t count, std::uint64_t seed);

}  // namespace reel::data
