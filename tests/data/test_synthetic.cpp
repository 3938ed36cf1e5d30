#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <reel/core/parallel.h>
#include <reel/data/digits.h>
#include <reel/data/synthetic.h>

using namespace reel;
using namespace reel::data;

namespace {

bool same(const Tensor& a, const Tensor& b) {
  const auto x = a.span<std::uint8_t>();
  const auto y = b.span<std::uint8_t>();
  return std::equal(x.begin(), x.end(), y.begin(), y.end());
}

}  // namespace

TEST_CASE("synthetic_digits: labels are balanced and shuffled") {
  const ImageDataset digits = synthetic_digits(1003, 4);
  CHECK(digits.images().shape() == Shape{1003, 1, 28, 28});
  CHECK(digits.images().dtype() == uint8);
  const auto labels = digits.labels().span<std::int64_t>();
  for (int label = 0; label < 10; ++label) {
    const auto count = std::count(labels.begin(), labels.end(), label);
    CHECK(count >= 100);
    CHECK(count <= 101);
  }
  CHECK_FALSE(std::is_sorted(labels.begin(), labels.end()));
  CHECK(std::count(labels.begin(), labels.begin() + 100, 3) < 40);
}

TEST_CASE("synthetic_digits: count and seed decide every pixel, whatever the threads") {
  const int threads = num_threads();
  const ImageDataset digits = synthetic_digits(300, 4);
  set_num_threads(1);
  CHECK(same(digits.images(), synthetic_digits(300, 4).images()));
  set_num_threads(threads);
  CHECK_FALSE(same(digits.images(), synthetic_digits(300, 5).images()));
  std::array<std::uint8_t, 784> pixels;
  draw_digit(static_cast<int>(digits.get(123).label), 4, 123, pixels);
  CHECK(same(digits.get(123).image.contiguous(), Tensor::from(std::span<const std::uint8_t>(pixels), {1, 28, 28})));
}

TEST_CASE("synthetic_digits: small counts") {
  CHECK(synthetic_digits(1, 0).size() == 1);
  CHECK_THROWS_AS((void)synthetic_digits(0, 0), ValueError);
  CHECK_THROWS_AS((void)synthetic_digits(-3, 0), ValueError);
}
