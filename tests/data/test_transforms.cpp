#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <reel/data/affine.h>
#include <reel/data/draw.h>
#include <reel/data/transforms.h>
#include <set>
#include <vector>

namespace {

using namespace reel;
using namespace reel::data;

// uint8 [2, H, W] with pixels 1, 2, 3, ...
Tensor counting(std::int64_t height, std::int64_t width) {
  return Tensor::arange(1, static_cast<double>(2 * height * width + 1), 1, int64).to(uint8).reshape({2, height, width});
}

double pixel(const Tensor& image, std::int64_t c, std::int64_t y, std::int64_t x) {
  const bool inside = y >= 0 && y < image.size(1) && x >= 0 && x < image.size(2);
  return inside ? image.at({c, y, x}) : 7;
}

// Whether out is the window of `image` at (top, left), with 7 around it.
bool is_window(const Tensor& out, const Tensor& image, std::int64_t top, std::int64_t left) {
  for (std::int64_t c = 0; c < out.size(0); ++c) {
    for (std::int64_t y = 0; y < out.size(1); ++y) {
      for (std::int64_t x = 0; x < out.size(2); ++x) {
        if (out.at({c, y, x}) != pixel(image, c, y + top, x + left)) return false;
      }
    }
  }
  return true;
}

bool equal(const Tensor& a, const Tensor& b) {
  const Tensor x = a.to(float64).contiguous();
  const Tensor y = b.to(float64).contiguous();
  return a.dtype() == b.dtype() && a.shape() == b.shape() &&
         std::equal(x.span<double>().begin(), x.span<double>().end(), y.span<double>().begin());
}

double furthest(const Tensor& a, const Tensor& b) {
  double distance = 0;
  for (std::int64_t i = 0; i < a.numel(); ++i) {
    distance = std::max(distance, std::abs(a.reshape({-1}).at({i}) - b.reshape({-1}).at({i})));
  }
  return distance;
}

}  // namespace

TEST_CASE("normalize: every uint8 gives exactly (x / 255 - mean) / deviation") {
  const Tensor image = Tensor::arange(0, 256, 1, int64).to(uint8).reshape({1, 16, 16});
  Generator generator;
  const Tensor out = normalize(mnist_normalization())(image, generator);
  CHECK(out.shape() == image.shape());
  for (int x = 0; x < 256; ++x) {
    CHECK(out.span<float>()[static_cast<std::size_t>(x)] == (static_cast<float>(x) / 255.0F - 0.1307F) / 0.3081F);
  }
}

TEST_CASE("normalize: a mean for each channel, and float32 that is in [0, 1] already") {
  const Normalization two{.mean = {0.5F, 0.25F}, .deviation = {0.5F, 2.0F}};
  Generator generator;
  const Tensor bytes = normalize(two)(Tensor::full({2, 1, 3}, 255, uint8), generator);
  CHECK(bytes.at({0, 0, 1}) == 1.0);
  CHECK(bytes.at({1, 0, 1}) == 0.375);
  CHECK(equal(bytes, normalize(two)(Tensor::ones({2, 1, 3}), generator)));
  CHECK(equal(bytes, normalize(two)(Tensor::full({2, 3, 1}, 255, uint8).transpose(1, 2), generator)));
  CHECK_THROWS_AS(normalize(two)(Tensor::ones({3, 1, 3}), generator), ShapeError);
  CHECK_THROWS_AS(normalize(two)(Tensor::ones({2, 3}), generator), ShapeError);
  CHECK_THROWS_AS(normalize(two)(Tensor::ones({2, 1, 3}, float64), generator), TypeError);
  CHECK_THROWS_AS((void)normalize({.mean = {0, 0}, .deviation = {1}}), ValueError);
  CHECK_THROWS_AS((void)normalize({.mean = {}, .deviation = {}}), ValueError);
  CHECK_THROWS_AS((void)normalize({.mean = {0}, .deviation = {-1}}), ValueError);
  CHECK_THROWS_AS((void)normalize({.mean = {0}, .deviation = {NAN}}), ValueError);
}

TEST_CASE("random_shift: moves by up to so many pixels, each way, and reaches all of them") {
  const Tensor image = counting(5, 6);
  Generator generator(3);
  const Transform shift = random_shift(2, 7);
  std::set<std::array<std::int64_t, 2>> seen;
  for (int i = 0; i < 300; ++i) {
    const Tensor out = shift(image, generator);
    CHECK(out.dtype() == uint8);
    int matches = 0;
    for (std::int64_t top = -2; top <= 2; ++top) {
      for (std::int64_t left = -2; left <= 2; ++left) {
        if (!is_window(out, image, top, left)) continue;
        ++matches;
        seen.insert({top, left});
      }
    }
    CHECK(matches == 1);
  }
  CHECK(seen.size() == 25);
  CHECK(equal(random_shift(0)(image, generator), image));
  CHECK(random_shift(50, 7)(image.to(float32), generator).dtype() == float32);
  CHECK_THROWS_AS((void)random_shift(-1), ValueError);
  CHECK_THROWS_AS(shift(Tensor::ones({2, 2}), generator), ShapeError);
  CHECK_THROWS_AS(shift(Tensor::ones({1, 2, 2}, int64), generator), TypeError);
}

TEST_CASE("random_crop: a window of the padded image, all places in reach") {
  const Tensor image = counting(4, 5);
  Generator generator(4);
  const Transform crop = random_crop(4, 3, 1, 7);
  std::set<std::array<std::int64_t, 2>> seen;
  for (int i = 0; i < 200; ++i) {
    const Tensor out = crop(image, generator);
    CHECK(out.shape() == Shape{2, 4, 3});
    for (std::int64_t top = -1; top <= 1; ++top) {
      for (std::int64_t left = -1; left <= 3; ++left) {
        if (is_window(out, image, top, left)) seen.insert({top, left});
      }
    }
  }
  CHECK(seen.size() == 15);
  CHECK(equal(random_crop(4, 5)(image, generator), image));
  CHECK_THROWS_AS(random_crop(6, 5)(image, generator), ShapeError);
  CHECK_THROWS_AS((void)random_crop(0, 5), ValueError);
  CHECK_THROWS_AS((void)random_crop(5, 5, -1), ValueError);
}

TEST_CASE("random_horizontal_flip: mirrors, as often as asked") {
  const Tensor image = counting(2, 3);
  Generator generator(5);
  const Tensor flipped = random_horizontal_flip(1)(image, generator);
  for (std::int64_t c = 0; c < 2; ++c) {
    for (std::int64_t y = 0; y < 2; ++y) {
      for (std::int64_t x = 0; x < 3; ++x) CHECK(flipped.at({c, y, x}) == image.at({c, y, 2 - x}));
    }
  }
  int count = 0;
  for (int i = 0; i < 1000; ++i) {
    CHECK(equal(random_horizontal_flip(0)(image, generator), image));
    count += equal(random_horizontal_flip(0.25)(image, generator), flipped) ? 1 : 0;
  }
  CHECK(count > 190);
  CHECK(count < 310);
  CHECK_THROWS_AS((void)random_horizontal_flip(1.5), ValueError);
}

TEST_CASE("compose: in order; none leaves the image alone") {
  const Tensor image = counting(4, 4);
  Generator generator(6);
  CHECK(equal(compose({})(image, generator), image));
  const Tensor out = compose({random_crop(3, 3), normalize({})})(image, generator);
  CHECK(out.shape() == Shape{2, 3, 3});
  CHECK(out.dtype() == float32);
  CHECK_THROWS_AS(compose({normalize({}), [](const Tensor& x, Generator&) { return x.flatten(); }, random_shift(1)})(
                      image, generator),
                  ShapeError);
}

TEST_CASE("transforms: the same generator gives the same image") {
  const Tensor image = counting(8, 8);
  const std::vector<Transform> transforms = {random_shift(3), random_crop(5, 5, 2), random_horizontal_flip(),
                                             random_rotation(30), random_affine({.degrees = 10, .shift = 2})};
  for (const Transform& transform : transforms) {
    Generator one(9);
    Generator two(9);
    for (int i = 0; i < 5; ++i) CHECK(equal(transform(image, one), transform(image, two)));
    CHECK(one.offset() == two.offset());
  }
}

TEST_CASE("rotate: quarter turns are exact, counter-clockwise") {
  const Tensor image = counting(5, 5);
  const Tensor quarter = rotate(image, 90);
  for (std::int64_t y = 0; y < 5; ++y) {
    for (std::int64_t x = 0; x < 5; ++x) CHECK(quarter.at({1, y, x}) == image.at({1, x, 4 - y}));
  }
  CHECK(equal(rotate(image, 0), image));
  CHECK(equal(rotate(quarter, -90), image));
  CHECK(equal(rotate(image, 360), image));
  CHECK(furthest(rotate(image.to(float32), 90), quarter.to(float32)) < 1e-4);
}

TEST_CASE("warp: bilinear between pixels, `fill` outside") {
  const Tensor image = Tensor::of({0, 8, 16, 4}, {1, 2, 2});
  const Tensor right = warp(image, {.right = 0.25});  // a quarter of a pixel from the right neighbour
  CHECK(right.at({0, 0, 0}) == 2);
  CHECK(right.at({0, 0, 1}) == 6);
  CHECK(right.at({0, 1, 0}) == 13);
  const Tensor filled = warp(image, {.right = 0.25, .down = 0.5}, 100);
  CHECK(filled.at({0, 0, 0}) == 7.5);
  CHECK(filled.at({0, 1, 1}) == 0.5 * (0.75 * 4 + 0.25 * 100) + 0.5 * 100);
  CHECK(warp(image, {.right = 1e30}, 3).at({0, 1, 1}) == 3);
  CHECK(warp(image, {.xx = NAN}, 3).at({0, 1, 1}) == 3);
  CHECK_THROWS_AS((void)warp(Tensor::ones({2, 2}), {}), ShapeError);
  CHECK_THROWS_AS((void)warp(Tensor::ones({1, 2, 2}, int64), {}), TypeError);
  CHECK_THROWS_AS((void)warp(Tensor::ones({1, 2, 2}, uint8), {}, 300), ValueError);
}

TEST_CASE("random_affine: each part does what it says") {
  Tensor image = Tensor::zeros({1, 21, 21});
  image.narrow(1, 10, 1).narrow(2, 5, 11).fill(1);  // a horizontal bar in the middle
  Generator generator(8);
  CHECK(furthest(random_affine({})(image, generator), image) < 1e-6);
  const Tensor large = random_affine({.min_scale = 2, .max_scale = 2})(image, generator);
  CHECK(large.at({0, 10, 0}) == doctest::Approx(1));
  CHECK(large.at({0, 11, 10}) == doctest::Approx(0.5));
  Tensor column = image.transpose(1, 2).contiguous();
  bool slanted = false;
  for (int i = 0; i < 20; ++i) {
    const Tensor out = random_affine({.shear = 30})(column, generator);
    CHECK(out.at({0, 10, 10}) == doctest::Approx(1));  // the middle stays
    slanted = slanted || out.at({0, 5, 10}) < 0.5;
    const Tensor moved = random_affine({.shift = 3})(image, generator);
    double mass = 0;
    double moment = 0;
    for (std::int64_t y = 0; y < 21; ++y) {
      for (std::int64_t x = 0; x < 21; ++x) {
        mass += moved.at({0, y, x});
        moment += moved.at({0, y, x}) * static_cast<double>(x - 10);
      }
    }
    CHECK(mass == doctest::Approx(11));
    CHECK(std::abs(moment / mass) <= 3);
  }
  CHECK(slanted);
  CHECK_THROWS_AS((void)random_affine({.degrees = -1}), ValueError);
  CHECK_THROWS_AS((void)random_affine({.shear = 90}), ValueError);
  CHECK_THROWS_AS((void)random_affine({.min_scale = 0}), ValueError);
  CHECK_THROWS_AS((void)random_affine({.min_scale = 2, .max_scale = 1}), ValueError);
  CHECK_THROWS_AS((void)random_rotation(-1), ValueError);
}
