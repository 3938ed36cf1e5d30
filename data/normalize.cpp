#include <reel/data/normalize.h>

namespace reel::data {
namespace {

std::array<float, 256> make_table(float mean, float deviation) {
  std::array<float, 256> table{};
  for (std::size_t x = 0; x < table.size(); ++x) table[x] = (static_cast<float>(x) / 255.0F - mean) / deviation;
  return table;
}

}  // namespace

Normalization mnist_normalization() { return {.mean = {0.1307F}, .deviation = {0.3081F}}; }

Normalizer::Normalizer(const Normalization& normalization) : normalization_(normalization) {
  const auto& [mean, deviation] = normalization_;
  require<ValueError>(!mean.empty() && mean.size() == deviation.size(), "normalize",
                      "wants as many deviations as means, at least one; got ", mean.size(), " means and ",
                      deviation.size(), " deviations");
  for (std::size_t c = 0; c < mean.size(); ++c) {
    require<ValueError>(deviation[c] > 0, "normalize", "wants deviations above 0, that of channel ", c, " is ",
                        deviation[c]);
    tables_.push_back(make_table(mean[c], deviation[c]));
  }
}

void Normalizer::operator()(const Tensor& image, std::span<float> out) const {
  require<ShapeError>(image.rank() == 3, "normalize", "wants an image [C, H, W], got ", image.shape());
  const auto channels = static_cast<std::size_t>(image.size(0));
  require<ShapeError>(tables_.size() == 1 || tables_.size() == channels, "normalize", "has ", tables_.size(),
                      " means, image ", image.shape(), " has ", channels, " channels");
  require<ShapeError>(out.size() == static_cast<std::size_t>(image.numel()), "normalize", "image ", image.shape(),
                      " into room for ", out.size(), " numbers");
  require<TypeError>(image.dtype() == uint8 || image.dtype() == float32, "normalize", "wants uint8 or float32, got ",
                     image.dtype());
  const Tensor dense = image.contiguous();
  const std::size_t area = channels == 0 ? 0 : out.size() / channels;
  for (std::size_t c = 0; c < channels; ++c) {
    const std::size_t which = tables_.size() == 1 ? 0 : c;
    float* target = out.data() + c * area;
    if (dense.dtype() == uint8) {
      const std::uint8_t* pixels = dense.data<std::uint8_t>() + c * area;
      const float* table = tables_[which].data();
      for (std::size_t i = 0; i < area; ++i) target[i] = table[pixels[i]];
    } else {
      const float* pixels = dense.data<float>() + c * area;
      const float mean = normalization_.mean[which];
      const float deviation = normalization_.deviation[which];
      for (std::size_t i = 0; i < area; ++i) target[i] = (pixels[i] - mean) / deviation;
    }
  }
}

}  // namespace reel::data
