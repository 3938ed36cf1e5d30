#include <doctest/doctest.h>

#include <algorithm>
#include <reel/data/canvas.h>
#include <reel/data/font.h>
#include <string>

using namespace reel;
using namespace reel::data;

namespace {

std::string picture(const Tensor& image) {
  std::string text;
  for (std::int64_t y = 0; y < image.size(0); ++y) {
    for (std::int64_t x = 0; x < image.size(1); ++x) text += image.at({y, x}) == 0 ? '.' : '#';
    text += '\n';
  }
  return text;
}

}  // namespace

TEST_CASE("draw_text: signs of 5 x 7 pixels") {
  Tensor image = Tensor::zeros({7, 11}, uint8);
  draw_text(image, 0, 0, "4>", 200);
  CHECK(picture(image) ==
        "...#...#...\n"
        "..##....#..\n"
        ".#.#.....#.\n"
        "#..#......#\n"
        "#####....#.\n"
        "...#....#..\n"
        "...#...#...\n");
  CHECK(image.at({4, 0}) == 200);
  CHECK(text_size("4>") == Shape{7, 11});
  CHECK(text_size("4>", 3) == Shape{21, 33});
  CHECK(text_size("") == Shape{7, 0});
}

TEST_CASE("draw_text: what lies outside is left out") {
  for (const std::int64_t scale : {1, 3}) {
    for (std::int64_t x = -40; x < 40; x += 3) {
      for (std::int64_t y = -30; y < 30; y += 3) {
        Tensor image = Tensor::zeros({1, 9, 9}, uint8);
        draw_text(image, x, y, "8%", 255, scale);
        Tensor large = Tensor::zeros({109, 109}, uint8);
        draw_text(large, x + 50, y + 50, "8%", 255, scale);
        CHECK(picture(image.squeeze(0)) == picture(large.narrow(0, 50, 9).narrow(1, 50, 9)));
      }
    }
  }
  Tensor image = Tensor::zeros({9, 9});
  CHECK_THROWS_AS(draw_text(image, 0, 0, "a"), TypeError);
  image = Tensor::zeros({3, 9, 9}, uint8);
  CHECK_THROWS_AS(draw_text(image, 0, 0, "a"), ShapeError);
  image = Tensor::zeros({9, 9}, uint8);
  CHECK_THROWS_AS(draw_text(image, 0, 0, "a", 255, 0), ValueError);
}

TEST_CASE("font: every sign has a shape of its own") {
  const std::string signs = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ .,:;%-+=></()?!_#*";
  for (std::size_t i = 0; i < signs.size(); ++i) {
    CHECK(glyph(signs[i]) != glyph('\x01'));
    CHECK(std::ranges::all_of(glyph(signs[i]), [](int row) { return row < 32; }));
    for (std::size_t j = 0; j < i; ++j) CHECK_MESSAGE(glyph(signs[i]) != glyph(signs[j]), signs[i], signs[j]);
  }
}

TEST_CASE("contact_sheet: cells in rows, enlarged, with captions below") {
  Tensor images = Tensor::zeros({3, 1, 4, 6}, uint8);
  for (std::int64_t i = 0; i < 3; ++i) images.select(0, i).fill(static_cast<double>(100 + i));
  const Tensor plain = contact_sheet(images, {}, 2, 3);
  CHECK(plain.shape() == Shape{4 + 2 * (12 + 4), 4 + 2 * (18 + 4)});
  CHECK(plain.at({4, 4}) == 100);
  CHECK(plain.at({15, 21}) == 100);
  CHECK(plain.at({4, 26}) == 101);
  CHECK(plain.at({20, 4}) == 102);
  CHECK(plain.at({20, 26}) == plain.at({0, 0}));

  const Tensor captioned = contact_sheet(images.squeeze(1), {"1", "2 > 3", ""}, 2, 1);
  CHECK(captioned.shape() == Shape{4 + 2 * (4 + 4 + 7 + 4), 4 + 2 * (29 + 4)});
  const auto pixels = captioned.span<std::uint8_t>();
  CHECK(std::count(pixels.begin(), pixels.end(), 255) > 20);
  CHECK(std::count(pixels.begin(), pixels.end(), 100) == 24);

  CHECK(contact_sheet(images, {}, 50, 1).size(1) == 4 + 3 * 10);
  CHECK_THROWS_AS((void)contact_sheet(images, {"one"}, 2, 1), ValueError);
  CHECK_THROWS_AS((void)contact_sheet(images, {}, 0, 1), ValueError);
  CHECK_THROWS_AS((void)contact_sheet(images, {}, 2, 0), ValueError);
  CHECK_THROWS_AS((void)contact_sheet(Tensor::zeros({0, 4, 4}, uint8), {}, 2, 1), ValueError);
  CHECK_THROWS_AS((void)contact_sheet(Tensor::zeros({2, 3, 4, 4}, uint8), {}, 2, 1), ShapeError);
  CHECK_THROWS_AS((void)contact_sheet(Tensor::zeros({2, 4, 4}), {}, 2, 1), TypeError);
}
