#pragma once

#include <cstdint>
#include <reel/core/tensor.h>

namespace reel::data {

/// One picture and its class: image [C, H, W] (uint8, or float32 where it is normalised already).
struct Example {
  Tensor image;            ///< [C, H, W]
  std::int64_t label = 0;  ///< its class
};

/// What a loader hands to the training loop: images float32 [B, C, H, W], labels int64 [B].
struct Batch {
  Tensor images;  ///< float32 [B, C, H, W]
  Tensor labels;  ///< int64 [B]
};

/// Examples by number. A loader calls `get` from several threads at a time, so it must not change the dataset.
class Dataset {
 public:
  virtual ~Dataset() = default;
  /// How many examples there are.
  [[nodiscard]] virtual std::int64_t size() const = 0;
  /// Example `index`, 0 <= index < size(). All images of a dataset have one shape and dtype.
  [[nodiscard]] virtual Example get(std::int64_t index) const = 0;

 protected:
  Dataset() = default;
  /// A dataset is copied as what derives from it:
  Dataset(const Dataset&) = default;
  Dataset& operator=(const Dataset&) = default;
};

/// Images and labels in memory. Images stay as small as they came (uint8 takes a quarter of float32) and are converted
/// batch by batch. Copies and slices share the memory, as Tensors do.
class ImageDataset final : public Dataset {
 public:
  /// images: uint8 or float32 [N, C, H, W] or [N, H, W] (which becomes [N, 1, H, W]). labels: int64 [N].
  /// Throws ShapeError or TypeError for anything else.
  ImageDataset(const Tensor& images, const Tensor& labels);

  [[nodiscard]] std::int64_t size() const override { return images_.size(0); }
  /// A view, no copy. Throws IndexError for an index outside of [0, size()).
  [[nodiscard]] Example get(std::int64_t index) const override;

  /// All images, [N, C, H, W].
  [[nodiscard]] const Tensor& images() const { return images_; }
  /// All labels, int64 [N].
  [[nodiscard]] const Tensor& labels() const { return labels_; }
  /// Examples start, ..., start + length - 1, sharing memory: for a validation split or a quick run.
  /// Throws IndexError where they are not all there.
  [[nodiscard]] ImageDataset slice(std::int64_t start, std::int64_t length) const;

 private:
  Tensor images_;
  Tensor labels_;
};

}  // namespace reel::data
