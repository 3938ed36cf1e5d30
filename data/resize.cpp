#include <algorithm>
#include <cmath>
#include <reel/data/resize.h>
#include <vector>

namespace reel::data {
namespace {

/// Which old pixels a new one is made of: first, first + 1, ... with these shares, which add up to 1.
struct Mixture {
  std::int64_t first = 0;
  std::vector<float> shares;
};

/// The mean over the part [i, i + 1) * old_size / new_size of the axis.
Mixture area(std::int64_t i, double ratio, std::int64_t old_size) {
  const double begin = static_cast<double>(i) * ratio;
  const double end = begin + ratio;
  Mixture mixture{static_cast<std::int64_t>(begin), {}};
  for (std::int64_t j = mixture.first; j < old_size && static_cast<double>(j) < end; ++j) {
    const double overlap = std::min(end, static_cast<double>(j + 1)) - std::max(begin, static_cast<double>(j));
    mixture.shares.push_back(static_cast<float>(overlap / ratio));
  }
  return mixture;
}

/// Between the two old pixels whose middles are nearest; beyond the outermost middles, the outermost one.
Mixture linear(std::int64_t i, double ratio, std::int64_t old_size) {
  const double place = std::clamp((static_cast<double>(i) + 0.5) * ratio - 0.5, 0.0, static_cast<double>(old_size - 1));
  const auto first = std::min(static_cast<std::int64_t>(place), std::max<std::int64_t>(old_size - 2, 0));
  if (old_size == 1) return {0, {1.0F}};
  const auto share = static_cast<float>(place - static_cast<double>(first));
  return {first, {1 - share, share}};
}

std::vector<Mixture> mixtures(std::int64_t old_size, std::int64_t new_size) {
  const double ratio = static_cast<double>(old_size) / static_cast<double>(new_size);
  std::vector<Mixture> result;
  for (std::int64_t i = 0; i < new_size; ++i) {
    result.push_back(new_size < old_size ? area(i, ratio, old_size) : linear(i, ratio, old_size));
  }
  return result;
}

/// Resizes the middle axis of a dense (outer, old, inner) block of numbers to (outer, new, inner).
Tensor resize_axis(const Tensor& image, int axis, std::int64_t new_size) {
  Shape shape = image.shape();
  const std::int64_t old_size = shape[axis];
  if (old_size == new_size) return image;
  shape[axis] = new_size;
  Tensor out = Tensor::zeros(shape);
  std::int64_t outer = 1;
  std::int64_t inner = 1;
  for (int i = 0; i < axis; ++i) outer *= shape[i];
  for (int i = axis + 1; i < shape.rank(); ++i) inner *= shape[i];
  const std::vector<Mixture> recipe = mixtures(old_size, new_size);
  for (std::int64_t o = 0; o < outer; ++o) {
    for (std::int64_t i = 0; i < new_size; ++i) {
      const auto& [first, shares] = recipe[static_cast<std::size_t>(i)];
      float* target = out.mutable_data<float>() + (o * new_size + i) * inner;
      const float* source = image.data<float>() + (o * old_size + first) * inner;
      for (const float share : shares) {
        for (std::int64_t k = 0; k < inner; ++k) target[k] += share * source[k];
        source += inner;
      }
    }
  }
  return out;
}

Tensor rounded(const Tensor& image) {
  Tensor out = Tensor::empty(image.shape(), uint8);
  const auto values = image.span<float>();
  std::transform(values.begin(), values.end(), out.mutable_data<std::uint8_t>(),
                 [](float v) { return static_cast<std::uint8_t>(std::clamp(v, 0.0F, 255.0F) + 0.5F); });
  return out;
}

}  // namespace

Tensor resize(const Tensor& image, std::int64_t height, std::int64_t width) {
  require<ShapeError>(image.rank() == 3 && image.numel() > 0, "resize", "wants an image [C, H, W] with pixels, got ",
                      image.shape());
  require<TypeError>(image.dtype() == uint8 || image.dtype() == float32, "resize", "wants uint8 or float32, got ",
                     image.dtype());
  require<ValueError>(height >= 1 && width >= 1, "resize", "wants a size of at least 1 x 1, got ", height, " x ",
                      width);
  const Tensor numbers = image.to(float32).contiguous();
  const Tensor resized = resize_axis(resize_axis(numbers, 1, height), 2, width);
  return image.dtype() == uint8 ? rounded(resized) : resized;
}

}  // namespace reel::data
