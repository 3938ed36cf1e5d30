#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <reel/core/random.h>
#include <reel/data/digit_image.h>
#include <reel/data/resize.h>
#include <reel/data/synthetic.h>

namespace {

using namespace reel;
using namespace reel::data;

// The digit, enlarged, in ink of one grey on paper of another, far from the middle.
Tensor on_paper(const Tensor& digit, double paper, double ink) {
  const Tensor large = resize(digit, 140, 140);
  Tensor picture = Tensor::full({1, 200, 300}, paper, uint8);
  auto* pixels = picture.mutable_data<std::uint8_t>();
  for (std::int64_t i = 0; i < large.numel(); ++i) {
    const double share = large.data<std::uint8_t>()[i] / 255.0;
    pixels[(i / 140 + 10) * 300 + 150 + i % 140] = static_cast<std::uint8_t>(paper + share * (ink - paper) + 0.5);
  }
  return picture;
}

// The share of ink that lies in different places.
double difference(const Tensor& a, const Tensor& b) {
  double differing = 0;
  double all = 0;
  for (std::int64_t i = 0; i < a.numel(); ++i) {
    const double x = a.data<std::uint8_t>()[i];
    const double y = b.data<std::uint8_t>()[i];
    differing += std::abs(x - y);
    all += x + y;
  }
  return differing / all;
}

}  // namespace

TEST_CASE("to_mnist: pictures of digits, dark on light and light on dark, become those digits") {
  const ImageDataset digits = synthetic_digits(40, 2);
  double mean = 0;
  for (std::int64_t i = 0; i < digits.size(); ++i) {
    CAPTURE(i);
    const Tensor digit = digits.get(i).image.contiguous();
    const Tensor dark = to_mnist(on_paper(digit, 220, 30));
    const Tensor light = to_mnist(on_paper(digit, 10, 240));
    REQUIRE(dark.shape() == Shape{1, 28, 28});
    CHECK(difference(dark, light) < 0.05);
    mean += difference(dark, digit) / static_cast<double>(digits.size());
    const auto [low, high] = std::minmax_element(dark.span<std::uint8_t>().begin(), dark.span<std::uint8_t>().end());
    CHECK(*low == 0);
    CHECK(*high == 255);
  }
  CHECK(mean < 0.25);  // a pixel's move at the edge of thin lines is worth about this much
}

TEST_CASE("to_mnist: the box keeps its aspect and the ink's centre comes to the middle") {
  Tensor tall = Tensor::zeros({3, 100, 60}, uint8);
  tall.narrow(1, 20, 40).narrow(2, 3, 10).fill(255);  // 40 x 10 pixels of white
  const Tensor out = to_mnist(tall);
  for (std::int64_t y = 0; y < 28; ++y) {
    for (std::int64_t x = 0; x < 28; ++x) {
      const bool inside = y >= 4 && y < 24 && ((x >= 11 && x < 16) || (x >= 12 && x < 17));
      if (!inside) CHECK(out.at({0, y, x}) == 0);
    }
  }
  CHECK(out.at({0, 4, 13}) == 255);
  CHECK(out.at({0, 23, 13}) == 255);

  Tensor lopsided = Tensor::full({1, 50, 50}, 200, uint8);
  lopsided.narrow(1, 10, 20).narrow(2, 10, 4).fill(0);  // a heavy bar on the left
  lopsided.narrow(1, 24, 6).narrow(2, 10, 20).fill(0);  // and a foot to the right
  const Tensor moved = to_mnist(lopsided);
  double mass = 0;
  double moment = 0;
  for (std::int64_t i = 0; i < 784; ++i) {
    mass += moved.data<std::uint8_t>()[i];
    moment += moved.data<std::uint8_t>()[i] * (static_cast<double>(i % 28) + 0.5);
  }
  CHECK(std::abs(moment / mass - 14) < 0.6);
}

TEST_CASE("to_mnist: a noisy background is no ink") {
  const Tensor digit = synthetic_digits(1, 3).get(0).image.contiguous();
  const Tensor clean = on_paper(digit, 200, 20);
  Tensor noisy = clean.clone();
  Generator generator(1);
  const Tensor noise = randint(0, 9, {clean.numel()}, generator);
  for (std::int64_t i = 0; i < clean.numel(); ++i) {
    noisy.mutable_data<std::uint8_t>()[i] =
        static_cast<std::uint8_t>(clean.data<std::uint8_t>()[i] + noise.data<std::int64_t>()[i]);
  }
  CHECK(difference(to_mnist(noisy), to_mnist(clean)) < 0.05);
}

TEST_CASE("to_mnist: odd pictures") {
  Tensor dot = Tensor::zeros({1, 9, 9}, uint8);
  dot.narrow(1, 4, 1).narrow(2, 4, 1).fill(255);
  CHECK(to_mnist(dot).at({0, 14, 14}) == 255);
  Tensor line = Tensor::zeros({1, 500, 3}, uint8);
  line.narrow(2, 1, 1).narrow(1, 1, 498).fill(90);
  CHECK(to_mnist(line).at({0, 14, 14}) == 255);
  CHECK_THROWS_AS((void)to_mnist(Tensor::full({1, 30, 30}, 77, uint8)), ValueError);
  CHECK_THROWS_AS((void)to_mnist(Tensor::zeros({1, 1, 1}, uint8)), ValueError);
  CHECK_THROWS_AS((void)to_mnist(Tensor::zeros({1, 30, 30})), TypeError);
  CHECK_THROWS_AS((void)to_mnist(Tensor::zeros({2, 30, 30}, uint8)), ShapeError);
  CHECK_THROWS_AS((void)to_mnist(Tensor::zeros({1, 0, 30}, uint8)), ShapeError);
}
