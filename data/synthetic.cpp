#include <reel/core/parallel.h>
#include <reel/core/random.h>
#include <reel/data/digits.h>
#include <reel/data/synthetic.h>

namespace reel::data {
namespace {

constexpr std::int64_t classes = 10;
constexpr std::int64_t chunk = 64;  // some milliseconds' worth of drawing

}  // namespace

ImageDataset synthetic_digits(std::int64_t count, std::uint64_t seed) {
  require<ValueError>(count >= 1, "synthetic_digits", "wants a count of at least 1, got ", count);
  Generator generator(seed);
  const Tensor order = permutation(count, generator);
  const Tensor names =
      permutation(classes, generator);  // which labels come once more, where count is no multiple of 10
  Tensor images = Tensor::empty({count, 1, kDigitSide, kDigitSide}, uint8);
  Tensor labels = Tensor::empty({count}, int64);
  auto* pixels = images.mutable_data<std::uint8_t>();
  auto* label = labels.mutable_data<std::int64_t>();
  parallel_for(count, chunk, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i) {
      label[i] = names.data<std::int64_t>()[order.data<std::int64_t>()[i] % classes];
      std::span<std::uint8_t, kDigitSide * kDigitSide> image(pixels + i * kDigitSide * kDigitSide,
                                                             kDigitSide * kDigitSide);
      draw_digit(static_cast<int>(label[i]), seed, static_cast<std::uint64_t>(i), image);
    }
  });
  return {images, labels};
}

}  // namespace reel::data
