#include <algorithm>
#include <cmath>
#include <reel/core/random.h>
#include <reel/data/elastic.h>
#include <reel/data/resample.h>
#include <vector>

namespace reel::data {
namespace {

/// A Gaussian over -reach to reach, three deviations, that adds up to 1.
std::vector<float> gaussian(double sigma) {
  const auto reach = static_cast<std::int64_t>(std::ceil(3 * sigma));
  std::vector<float> taps;
  double sum = 0;
  for (std::int64_t i = -reach; i <= reach; ++i) {
    const double distance = static_cast<double>(i) / sigma;
    sum += std::exp(-0.5 * distance * distance);
  }
  for (std::int64_t i = -reach; i <= reach; ++i) {
    const double distance = static_cast<double>(i) / sigma;
    taps.push_back(static_cast<float>(std::exp(-0.5 * distance * distance) / sum));
  }
  return taps;
}

/// out[line, i] = sum over k of taps[k] in[line, i + k - reach], with zeros around, for lines of `length` numbers that
/// stand `step` apart.
void blur_lines(const float* in, float* out, std::int64_t lines, std::int64_t line_step, std::int64_t length,
                std::int64_t step, const std::vector<float>& taps) {
  const std::int64_t reach = std::ssize(taps) / 2;
  for (std::int64_t line = 0; line < lines; ++line) {
    for (std::int64_t i = 0; i < length; ++i) {
      float sum = 0;
      const std::int64_t last = std::min(length - 1, i + reach);
      for (std::int64_t j = std::max<std::int64_t>(0, i - reach); j <= last; ++j)
        sum += taps[static_cast<std::size_t>(j - i + reach)] * in[line * line_step + j * step];
      out[line * line_step + i * step] = sum;
    }
  }
}

/// How far each pixel moves in one direction: float32 [H, W].
Tensor smooth_noise(std::int64_t height, std::int64_t width, double alpha, const std::vector<float>& taps,
                    Generator& generator) {
  Tensor noise = uniform({height, width}, -alpha, alpha, float32, generator);
  Tensor half = Tensor::empty({height, width});
  blur_lines(noise.data<float>(), half.mutable_data<float>(), height, width, width, 1, taps);
  blur_lines(half.data<float>(), noise.mutable_data<float>(), width, 1, height, width, taps);
  return noise;
}

}  // namespace

Tensor displace(const Tensor& image, const Tensor& right, const Tensor& down, float fill) {
  require<ShapeError>(image.rank() == 3, "displace", "wants an image [C, H, W], got ", image.shape());
  const Shape plane{image.size(1), image.size(2)};
  for (const Tensor& field : {right, down}) {
    require<ShapeError>(field.shape() == plane, "displace", "an image ", image.shape(), " wants displacements ", plane,
                        ", got ", field.shape());
    require<TypeError>(field.dtype() == float32, "displace", "wants displacements of float32, got ", field.dtype());
  }
  const Tensor rights = right.contiguous(), downs = down.contiguous();
  const auto* dx = rights.data<float>();
  const auto* dy = downs.data<float>();
  return resample("displace", image, fill, [&](std::int64_t y, std::int64_t x) {
    const std::int64_t at = y * plane[1] + x;
    return Source{.y = static_cast<double>(y) + dy[at], .x = static_cast<double>(x) + dx[at]};
  });
}

Transform random_elastic(double alpha, double sigma, float fill) {
  require<ValueError>(alpha >= 0 && sigma > 0, "random_elastic",
                      "wants an alpha of at least 0 and a sigma above 0, got ", alpha, " and ", sigma);
  return [=, taps = gaussian(sigma)](const Tensor& image, Generator& generator) {
    require<ShapeError>(image.rank() == 3, "random_elastic", "wants an image [C, H, W], got ", image.shape());
    const Tensor right = smooth_noise(image.size(1), image.size(2), alpha, taps, generator);
    const Tensor down = smooth_noise(image.size(1), image.size(2), alpha, taps, generator);
    return displace(image, right, down, fill);
  };
}

}  // namespace reel::data
