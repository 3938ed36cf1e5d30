#include <doctest/doctest.h>

#include <cmath>
#include <reel/autograd/ops/loss.h>
#include <reel/data/elastic.h>
#include <reel/data/loader.h>
#include <reel/data/mixup.h>
#include <reel/data/resize.h>
#include <reel/data/transforms.h>

#include "files.h"

using namespace reel;
using namespace reel::data;
using namespace reel::data::testing;

namespace {

/// float32 [2, H, W] with pixels 1, 2, 3, ...
Tensor counting(std::int64_t height, std::int64_t width) {
  return Tensor::arange(1, static_cast<double>(2 * height * width + 1)).reshape({2, height, width});
}

bool equal(const Tensor& a, const Tensor& b) {
  if (a.shape() != b.shape() || a.dtype() != b.dtype()) return false;
  const Tensor x = a.contiguous(), y = b.contiguous();
  return std::equal(x.bytes(), x.bytes() + x.nbytes(), y.bytes());
}

}  // namespace

TEST_CASE("center_crop: the middle, and fill around what is smaller") {
  Generator g;
  const Tensor image = counting(5, 4);
  CHECK(equal(center_crop(3, 2)(image, g), image.narrow(1, 1, 3).narrow(2, 1, 2).contiguous()));
  CHECK(equal(center_crop(2, 3)(image, g), image.narrow(1, 1, 2).narrow(2, 0, 3).contiguous()));
  const Tensor larger = center_crop(7, 5, 9)(image, g);
  CHECK(larger.shape() == Shape{2, 7, 5});
  CHECK(equal(larger.narrow(1, 1, 5).narrow(2, 1, 4).contiguous(), image));
  CHECK(larger.at({1, 0, 2}) == 9);
  CHECK(larger.at({0, 3, 0}) == 9);
  CHECK(equal(resized(10, 8)(image, g), resize(image, 10, 8)));
}

TEST_CASE("random flips: one of two images, each about as often as it should") {
  const Tensor image = counting(3, 4);
  const Tensor mirrored = random_vertical_flip(1)(image, default_generator());
  for (std::int64_t y = 0; y < 3; ++y) CHECK(mirrored.at({1, y, 2}) == image.at({1, 2 - y, 2}));
  int flipped = 0;
  Generator g(1);
  for (int i = 0; i < 1000; ++i) flipped += equal(random_vertical_flip(0.2)(image, g), image.contiguous()) ? 0 : 1;
  CHECK(flipped > 150);
  CHECK(flipped < 250);
}

TEST_CASE("cutout: a square around any pixel, cut at the border, and nothing else") {
  const Tensor image = counting(6, 8);
  Generator g(2);
  std::int64_t whole = 0;
  std::array<int, 6> rows{};
  for (int i = 0; i < 400; ++i) {
    const Tensor out = cutout(3, -1)(image, g);
    std::int64_t covered = 0;
    for (std::int64_t y = 0; y < 6; ++y) {
      for (std::int64_t x = 0; x < 8; ++x) {
        const bool is_cut = out.at({0, y, x}) == -1;
        REQUIRE((out.at({1, y, x}) == -1) == is_cut);
        if (!is_cut) REQUIRE(out.at({0, y, x}) == image.at({0, y, x}));
        covered += is_cut ? 1 : 0;
        rows[static_cast<std::size_t>(y)] += is_cut ? 1 : 0;
      }
    }
    REQUIRE(covered >= 4);
    whole += covered == 9 ? 1 : 0;
  }
  CHECK(whole > 120);  // 4 x 6 of 48 middles
  CHECK(whole < 280);
  for (const int count : rows) CHECK(count > 0);
  CHECK(image.at({0, 0, 0}) == 1);  // a copy was changed
}

TEST_CASE("displace: each pixel from where its ways point, between pixels by interpolation") {
  const Tensor image = counting(4, 5);
  const Tensor none = Tensor::zeros({4, 5});
  CHECK(equal(displace(image, none, none), image));
  const Tensor moved = displace(image, Tensor::full({4, 5}, 1), Tensor::full({4, 5}, -2), 7);
  CHECK(moved.at({1, 3, 0}) == image.at({1, 1, 1}));
  CHECK(moved.at({0, 1, 0}) == 7);
  CHECK(moved.at({0, 3, 4}) == 7);
  Tensor right = none.clone();
  right.narrow(0, 2, 1).narrow(1, 1, 1).fill(0.25);
  CHECK(displace(image, right, none).at({0, 2, 1}) == doctest::Approx(image.at({0, 2, 1}) + 0.25));
  CHECK(displace(image, right, none).at({0, 2, 2}) == image.at({0, 2, 2}));
  CHECK(displace(image.to(uint8), Tensor::full({4, 5}, 0.5), none).at({0, 0, 0}) == 2);  // 1.5, rounded up
}

TEST_CASE("random_elastic: smooth ways, as far as alpha and sigma say") {
  // The image tells where each of its pixels went: its colours are its columns.
  const std::int64_t side = 64;
  Tensor columns = Tensor::empty({1, side, side});
  for (std::int64_t x = 0; x < side; ++x) columns.narrow(2, x, 1).fill(static_cast<double>(x));
  Generator g(3);
  const double alpha = 30, sigma = 4;
  double squares = 0, steps = 0;
  const int trials = 20;
  for (int i = 0; i < trials; ++i) {
    const Tensor moved = random_elastic(alpha, sigma)(columns, g);
    for (std::int64_t y = 20; y < 44; ++y) {
      for (std::int64_t x = 20; x < 44; ++x) {
        const double way = moved.at({0, y, x}) - static_cast<double>(x);
        squares += way * way / (trials * 24.0 * 24);
        const double next = moved.at({0, y + 1, x}) - static_cast<double>(x);
        steps += (next - way) * (next - way) / (trials * 24.0 * 24);
      }
    }
  }
  // Uniform noise on [-1, 1] has the variance 1/3; a Gaussian blur leaves 1 / (4 pi sigma^2) of it.
  const double expected = alpha * alpha / 3 / (4 * 3.14159265 * sigma * sigma);
  CHECK(squares > 0.7 * expected);
  CHECK(squares < 1.3 * expected);
  CHECK(steps < 0.1 * squares);  // 1 - exp(-1 / (4 sigma^2)), twice: 0.03
  Generator a(5), b(5);
  CHECK(equal(random_elastic(34, 4)(columns, a), random_elastic(34, 4)(columns, b)));
  CHECK(equal(random_elastic(0, 4)(columns, a), columns));
}

TEST_CASE("draw_beta: mean and variance") {
  Generator g(4);
  for (const auto& [a, b] : std::vector<std::pair<double, double>>{{0.2, 0.2}, {1, 1}, {2, 5}, {0.01, 0.01}}) {
    double sum = 0, squares = 0;
    const int count = 20000;
    for (int i = 0; i < count; ++i) {
      const double x = draw_beta(a, b, g);
      REQUIRE(x >= 0);
      REQUIRE(x <= 1);
      sum += x / count;
      squares += x * x / count;
    }
    CHECK(sum == doctest::Approx(a / (a + b)).epsilon(0.03));
    CHECK(squares - sum * sum == doctest::Approx(a * b / ((a + b) * (a + b) * (a + b + 1))).epsilon(0.05));
  }
}

TEST_CASE("mixup: images and labels by the same shares, and a loss that takes them") {
  Generator g(6);
  const Tensor images = counting(3, 4).unsqueeze(0).expand({5, 2, 3, 4}).clone();
  Tensor marked = images.clone();
  for (std::int64_t i = 0; i < 5; ++i) marked.select(0, i).fill(static_cast<double>(1 << i));
  Batch batch{marked, Tensor::of({0, 1, 2, 3, 4}, int64)};
  mixup(1, 6)(batch, g);
  CHECK(batch.labels.dtype() == float32);
  REQUIRE(batch.labels.shape() == Shape{5, 6});
  bool is_mixed = false;
  for (std::int64_t i = 0; i < 5; ++i) {
    double total = 0, colour = 0;
    for (std::int64_t c = 0; c < 6; ++c) {
      total += batch.labels.at({i, c});
      colour += batch.labels.at({i, c}) * (1 << c);
      is_mixed = is_mixed || (batch.labels.at({i, c}) > 0 && batch.labels.at({i, c}) < 1);
    }
    CHECK(total == doctest::Approx(1));
    CHECK(batch.labels.at({i, 5}) == 0);
    CHECK(batch.images.at({i, 1, 2, 3}) == doctest::Approx(colour));
  }
  CHECK(is_mixed);
  CHECK(std::isfinite(cross_entropy(Tensor::zeros({5, 6}), batch.labels).item()));
  Batch wrong{marked, Tensor::of({0, 1, 2, 3, 9}, int64)};
  CHECK(contains(message_of<IndexError>([&] { mixup(1, 6)(wrong, g); }), "label 9 is outside [0, 6)"));
}

TEST_CASE("DataLoader: a batch transform has chance of its own, the same for any number of workers") {
  const ImageDataset dataset(Tensor::arange(0, 40 * 6, 1).reshape({40, 1, 2, 3}), randint(0, 10, {40}));
  const auto run = [&](int workers) {
    DataLoader loader(dataset, {.batch_size = 8, .seed = 2, .batch_transform = mixup(0.5, 10), .workers = workers});
    std::vector<float> all;
    for (int epoch = 0; epoch < 2; ++epoch) {
      for (const auto& [images, labels] : loader) {
        const auto pixels = images.span<float>(), targets = labels.span<float>();
        all.insert(all.end(), pixels.begin(), pixels.end());
        all.insert(all.end(), targets.begin(), targets.end());
      }
    }
    CHECK(loader.seconds_waited() >= 0);
    return all;
  };
  const std::vector<float> expected = run(0);
  CHECK(expected.size() == std::size_t{2 * 40 * 16});
  CHECK(std::vector(expected.begin(), expected.begin() + 640) != std::vector(expected.begin() + 640, expected.end()));
  for (const int workers : {1, 2, 5}) CHECK(run(workers) == expected);
}

TEST_CASE("augmentation: what is refused") {
  Generator g;
  const Tensor flat = Tensor::zeros({4, 4});
  const auto value = [](auto f) { return message_of<ValueError>(f); };
  CHECK(contains(value([] { (void)center_crop(0, 3); }), "center_crop: wants a height and width of at least 1, got 0"));
  CHECK(contains(value([] { (void)resized(3, -1); }), "resized: "));
  CHECK(contains(value([] { (void)cutout(0); }), "cutout: wants a size of at least 1"));
  CHECK(contains(value([] { (void)random_elastic(-1, 4); }), "got -1 and 4"));
  CHECK(contains(value([] { (void)random_elastic(1, 0); }), "got 1 and 0"));
  CHECK(contains(value([] { (void)mixup(0, 10); }), "mixup: "));
  CHECK(contains(value([] { (void)mixup(1, 0); }), "mixup: "));
  CHECK(contains(value([&] { (void)draw_beta(0, 1, g); }), "draw_beta: "));
  CHECK(contains(value([] { (void)random_vertical_flip(2); }), "random_vertical_flip: wants a probability"));
  for (const Transform& transform : {center_crop(2, 2), cutout(2), random_elastic(1, 1), random_vertical_flip()}) {
    CHECK(contains(message_of<ShapeError>([&] { (void)transform(flat, g); }), "[C, H, W], got [4, 4]"));
  }
  const Tensor image = counting(4, 5);
  CHECK(
      contains(message_of<ShapeError>([&] { (void)displace(image, flat, flat); }), "displacements [4, 5], got [4, 4]"));
  CHECK(contains(message_of<TypeError>([&] {
                   (void)displace(image, Tensor::zeros({4, 5}, float64), Tensor::zeros({4, 5}));
                 }),
                 "float32, got float64"));
}
