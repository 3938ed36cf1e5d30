#include <algorithm>
#include <reel/core/kernels/rearrange.h>
#include <reel/data/draw.h>
#include <reel/data/resize.h>
#include <reel/data/transforms.h>

namespace reel::data {
namespace {

void require_image(const char* op, const Tensor& image) {
  require<ShapeError>(image.rank() == 3, op, "wants an image [C, H, W], got ", image.shape());
  require<TypeError>(image.dtype() == uint8 || image.dtype() == float32, op, "wants uint8 or float32, got ",
                     image.dtype());
}

/// The window [C, height, width] whose upper left corner is the image's pixel (top, left), which may lie outside of it.
Tensor window(const Tensor& image, std::int64_t top, std::int64_t left, std::int64_t height, std::int64_t width,
              float fill) {
  Tensor out = Tensor::empty({image.size(0), height, width}, image.dtype());
  out.fill(fill);
  const std::int64_t first_row = std::max<std::int64_t>(top, 0);
  const std::int64_t first_column = std::max<std::int64_t>(left, 0);
  const std::int64_t rows = std::min(top + height, image.size(1)) - first_row;
  const std::int64_t columns = std::min(left + width, image.size(2)) - first_column;
  if (rows <= 0 || columns <= 0) return out;
  out.narrow(1, first_row - top, rows)
      .narrow(2, first_column - left, columns)
      .copy_from(image.narrow(1, first_row, rows).narrow(2, first_column, columns));
  return out;
}

Transform random_flip(const char* name, int axis, double probability) {
  require<ValueError>(probability >= 0 && probability <= 1, name, "wants a probability in [0, 1], got ", probability);
  return [=](const Tensor& image, Generator& generator) {
    require_image(name, image);
    return draw_uniform(generator) < probability ? flip(image, {axis}) : image;
  };
}

}  // namespace

Transform compose(std::vector<Transform> transforms) {
  return [transforms = std::move(transforms)](const Tensor& image, Generator& generator) {
    Tensor result = image;
    for (const Transform& transform : transforms) result = transform(result, generator);
    return result;
  };
}

Transform normalize(const Normalization& normalization) {
  return [normalizer = Normalizer(normalization)](const Tensor& image, Generator&) {
    Tensor out = Tensor::empty(image.shape(), float32);
    normalizer(image, {out.mutable_data<float>(), static_cast<std::size_t>(out.numel())});
    return out;
  };
}

Transform random_shift(std::int64_t max_pixels, float fill) {
  require<ValueError>(max_pixels >= 0, "random_shift", "wants max_pixels of at least 0, got ", max_pixels);
  return [=](const Tensor& image, Generator& generator) {
    require_image("random_shift", image);
    const std::int64_t down = draw_integer(-max_pixels, max_pixels, generator);
    const std::int64_t right = draw_integer(-max_pixels, max_pixels, generator);
    return window(image, -down, -right, image.size(1), image.size(2), fill);
  };
}

Transform random_crop(std::int64_t height, std::int64_t width, std::int64_t padding, float fill) {
  require<ValueError>(height >= 1 && width >= 1 && padding >= 0, "random_crop",
                      "wants a height and width of at least 1 and a padding of at least 0, got ", height, ", ", width,
                      " and ", padding);
  return [=](const Tensor& image, Generator& generator) {
    require_image("random_crop", image);
    const std::int64_t spare_rows = image.size(1) + 2 * padding - height;
    const std::int64_t spare_columns = image.size(2) + 2 * padding - width;
    require<ShapeError>(spare_rows >= 0 && spare_columns >= 0, "random_crop", "a window of ", height, " x ", width,
                        " does not fit into image ", image.shape(), " with padding ", padding);
    const std::int64_t top = draw_integer(0, spare_rows, generator) - padding;
    const std::int64_t left = draw_integer(0, spare_columns, generator) - padding;
    return window(image, top, left, height, width, fill);
  };
}

Transform resized(std::int64_t height, std::int64_t width) {
  require<ValueError>(height >= 1 && width >= 1, "resized", "wants a height and width of at least 1, got ", height,
                      " and ", width);
  return [=](const Tensor& image, Generator&) { return resize(image, height, width); };
}

Transform center_crop(std::int64_t height, std::int64_t width, float fill) {
  require<ValueError>(height >= 1 && width >= 1, "center_crop", "wants a height and width of at least 1, got ", height,
                      " and ", width);
  return [=](const Tensor& image, Generator&) {
    require_image("center_crop", image);
    // To the left and above where it doesn't come out even, towards minus infinity.
    const std::int64_t top = (image.size(1) - height) >> 1;
    const std::int64_t left = (image.size(2) - width) >> 1;
    return window(image, top, left, height, width, fill);
  };
}

Transform random_horizontal_flip(double probability) { return random_flip("random_horizontal_flip", 2, probability); }
Transform random_vertical_flip(double probability) { return random_flip("random_vertical_flip", 1, probability); }

Transform cutout(std::int64_t size, float fill) {
  require<ValueError>(size >= 1, "cutout", "wants a size of at least 1, got ", size);
  return [=](const Tensor& image, Generator& generator) {
    require_image("cutout", image);
    Tensor out = image.clone();
    const auto cut = [&](const Tensor& part, std::int64_t axis) {
      const std::int64_t begin = draw_integer(0, part.size(axis) - 1, generator) - size / 2;
      const std::int64_t first = std::max<std::int64_t>(begin, 0);
      return part.narrow(axis, first, std::min(begin + size, part.size(axis)) - first);
    };
    const Tensor rows = cut(out, 1);
    Tensor square = cut(rows, 2);
    square.fill(fill);
    return out;
  };
}

}  // namespace reel::data
