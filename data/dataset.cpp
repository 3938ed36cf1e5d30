#include <reel/data/dataset.h>

namespace reel::data {
namespace {

Tensor checked_images(const Tensor& images) {
  require<TypeError>(images.dtype() == uint8 || images.dtype() == float32, "ImageDataset",
                     "wants images of uint8 or float32, got ", images.dtype());
  require<ShapeError>(images.rank() == 3 || images.rank() == 4, "ImageDataset",
                      "wants images [N, C, H, W] or [N, H, W], got ", images.shape());
  return (images.rank() == 3 ? images.unsqueeze(1) : images).contiguous();
}

Tensor checked_labels(const Tensor& labels, const Tensor& images) {
  require<TypeError>(labels.dtype() == int64, "ImageDataset", "wants labels of int64, got ", labels.dtype());
  require<ShapeError>(labels.rank() == 1 && labels.size(0) == images.size(0), "ImageDataset",
                      "wants one label for each image, got images ", images.shape(), " and labels ", labels.shape());
  return labels.contiguous();
}

}  // namespace

ImageDataset::ImageDataset(const Tensor& images, const Tensor& labels)
    : images_(checked_images(images)), labels_(checked_labels(labels, images_)) {}

Example ImageDataset::get(std::int64_t index) const {
  require<IndexError>(index >= 0 && index < size(), "ImageDataset", "example ", index, " of a dataset of ", size());
  return {images_.select(0, index), labels_.data<std::int64_t>()[index]};
}

ImageDataset ImageDataset::slice(std::int64_t start, std::int64_t length) const {
  require<IndexError>(start >= 0 && length >= 0 && start <= size() && length <= size() - start, "ImageDataset::slice",
                      length, " examples from ", start, " on reach outside of a dataset of ", size());
  return {images_.narrow(0, start, length), labels_.narrow(0, start, length)};
}

}  // namespace reel::data
