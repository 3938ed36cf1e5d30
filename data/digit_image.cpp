#include <algorithm>
#include <cmath>
#include <reel/data/digit_image.h>
#include <reel/data/resize.h>
#include <vector>

namespace reel::data {
namespace {

constexpr std::int64_t side = 28;
constexpr std::int64_t box_side = 20;
constexpr float least_contrast = 16;   // of 255: less than that between ink and paper is no drawing
constexpr float least_ink = 0.1F;      // of the darkest ink: what is lighter is paper
constexpr float paper_deviations = 6;  // how far from the background, in its own unrest, paper may be

/// float32 [1, H, W], 0 to 255 (the weights of ITU-R BT.601).
Tensor to_grey(const Tensor& image) {
  const Tensor numbers = image.to(float32).contiguous();
  if (image.size(0) == 1) return numbers.is_sole_owner() ? numbers : numbers.clone();
  Tensor grey = Tensor::empty({1, image.size(1), image.size(2)});
  const std::int64_t area = grey.numel();
  const float* in = numbers.data<float>();
  float* out = grey.mutable_data<float>();
  for (std::int64_t i = 0; i < area; ++i) {
    out[i] = 0.299F * in[i] + 0.587F * in[area + i] + 0.114F * in[2 * area + i];
  }
  return grey;
}

float median(std::vector<float> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

struct Paper {
  float colour = 0;
  float unrest = 0;  // the median distance from it
};

/// What the outermost pixels are like.
Paper paper_of(const Tensor& grey) {
  const std::int64_t height = grey.size(1);
  const std::int64_t width = grey.size(2);
  const float* pixels = grey.data<float>();
  std::vector<float> border;
  for (std::int64_t y = 0; y < height; ++y) {
    const std::int64_t step = y == 0 || y == height - 1 ? 1 : std::max<std::int64_t>(width - 1, 1);
    for (std::int64_t x = 0; x < width; x += step) border.push_back(pixels[y * width + x]);
  }
  Paper paper{median(border), 0};
  for (float& value : border) value = std::abs(value - paper.colour);
  paper.unrest = median(std::move(border));
  return paper;
}

/// Turns colours into ink, in place: 0 is paper, 255 the strongest ink.
void extract_ink(Tensor& grey) {
  const Paper paper = paper_of(grey);
  float* pixels = grey.mutable_data<float>();
  const auto [low, high] = std::minmax_element(pixels, pixels + grey.numel());
  const float darkest = paper.colour - *low;
  const float lightest = *high - paper.colour;
  const float sign = darkest > lightest ? -1.0F : 1.0F;
  const float peak = std::max(darkest, lightest);
  require<ValueError>(peak >= least_contrast, "to_mnist", "found no ink: all pixels lie within ", peak,
                      " of the background's ", paper.colour);
  const float threshold = std::min(std::max(least_ink * peak, paper_deviations * paper.unrest), 0.5F * peak);
  for (std::int64_t i = 0; i < grey.numel(); ++i) {
    const float ink = sign * (pixels[i] - paper.colour);
    pixels[i] = ink < threshold ? 0.0F : ink * 255.0F / peak;
  }
}

/// The part of the image that has ink in it.
Tensor crop_to_ink(const Tensor& ink) {
  const std::int64_t width = ink.size(2);
  std::int64_t left = width;
  std::int64_t right = -1;
  std::int64_t top = ink.size(1);
  std::int64_t bottom = -1;
  for (std::int64_t i = 0; i < ink.numel(); ++i) {
    if (ink.data<float>()[i] == 0) continue;
    left = std::min(left, i % width);
    right = std::max(right, i % width);
    top = std::min(top, i / width);
    bottom = std::max(bottom, i / width);
  }
  return ink.narrow(1, top, bottom - top + 1).narrow(2, left, right - left + 1).contiguous();
}

Tensor fit_box(const Tensor& ink) {
  const std::int64_t longer = std::max(ink.size(1), ink.size(2));
  const auto scaled = [&](std::int64_t size) {
    return std::max<std::int64_t>(std::llround(static_cast<double>(size * box_side) / static_cast<double>(longer)), 1);
  };
  return resize(ink, scaled(ink.size(1)), scaled(ink.size(2)));
}

/// Where to put the box's first row or column, so that the ink's `mean` place comes to lie in the middle, and all of it
/// inside.
std::int64_t place(double mean, std::int64_t size) {
  return std::clamp<std::int64_t>(std::llround(0.5 * side - mean), 0, side - size);
}

/// uint8 [1, 28, 28] with the box in it, its strongest ink 255: thin lines grow faint when they are scaled down.
Tensor centre(const Tensor& box) {
  const std::int64_t height = box.size(1);
  const std::int64_t width = box.size(2);
  const float* ink = box.data<float>();
  double mass = 0;
  double moment_x = 0;
  double moment_y = 0;
  for (std::int64_t i = 0; i < box.numel(); ++i) {
    mass += ink[i];
    moment_x += ink[i] * (static_cast<double>(i % width) + 0.5);
    moment_y += ink[i] * (static_cast<double>(i / width) + 0.5);
  }
  const std::int64_t top = place(moment_y / mass, height);
  const std::int64_t left = place(moment_x / mass, width);
  const float gain = 255.0F / *std::max_element(ink, ink + box.numel());
  Tensor out = Tensor::zeros({1, side, side}, uint8);
  auto* pixels = out.mutable_data<std::uint8_t>();
  for (std::int64_t i = 0; i < box.numel(); ++i) {
    pixels[(top + i / width) * side + left + i % width] = static_cast<std::uint8_t>(gain * ink[i] + 0.5F);
  }
  return out;
}

}  // namespace

Tensor to_mnist(const Tensor& image) {
  require<TypeError>(image.dtype() == uint8, "to_mnist", "wants uint8, got ", image.dtype());
  require<ShapeError>(image.rank() == 3 && (image.size(0) == 1 || image.size(0) == 3) && image.numel() > 0, "to_mnist",
                      "wants an image [1, H, W] or [3, H, W], got ", image.shape());
  Tensor ink = to_grey(image);
  extract_ink(ink);
  return centre(fit_box(crop_to_ink(ink)));
}

}  // namespace reel::data
