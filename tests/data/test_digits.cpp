#include <doctest/doctest.h>
#include <reel/core/error.h>
#include <reel/data/digits.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <stdexcept>

namespace {

using Picture = std::array<std::uint8_t, 784>;

// Filled before drawing, so that a pixel that draw_digit() forgot shows.
Picture draw(int label, std::uint64_t seed, std::uint64_t index, std::uint8_t fill = 0) {
  Picture picture;
  picture.fill(fill);
  reel::data::draw_digit(label, seed, index, picture);
  return picture;
}

struct Ink {
  double mass = 0.0;
  double x = 0.0;  // centre of mass, in pixels from the left edge of the image
  double y = 0.0;
  int left = 28, right = -1, top = 28, bottom = -1;  // the box of the pixels that have any ink
};

Ink measure(const Picture& picture) {
  Ink ink;
  for (int row = 0; row < 28; ++row) {
    for (int column = 0; column < 28; ++column) {
      const int value = picture[row * 28 + column];
      if (value == 0) continue;
      ink.mass += value;
      ink.x += value * (column + 0.5);
      ink.y += value * (row + 0.5);
      ink.left = std::min(ink.left, column);
      ink.right = std::max(ink.right, column);
      ink.top = std::min(ink.top, row);
      ink.bottom = std::max(ink.bottom, row);
    }
  }
  ink.x /= ink.mass;
  ink.y /= ink.mass;
  ink.mass /= 255.0;
  return ink;
}

// How far apart two pictures are, as the share of their ink that lies in different places.
double difference(const Picture& a, const Picture& b) {
  double differing = 0.0;
  double all = 0.0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    differing += std::abs(a[i] - b[i]);
    all += a[i] + b[i];
  }
  return differing / all;
}

}  // namespace

TEST_CASE("draw_digit: label, seed and index decide every pixel, in any order") {
  for (int label = 0; label < 10; ++label) {
    const Picture first = draw(label, 7, 123, 0);
    draw(9 - label, 8, 5);
    CHECK(first == draw(label, 7, 123, 255));
  }
}

TEST_CASE("draw_digit: another label, seed or index gives another digit") {
  for (int label = 0; label < 10; ++label) {
    CAPTURE(label);
    const Picture picture = draw(label, 1, 1);
    CHECK(picture != draw((label + 1) % 10, 1, 1));
    CHECK(picture != draw(label, 2, 1));
    CHECK(picture != draw(label, 1, 2));
    CHECK(picture != draw(label, 1, std::uint64_t{1} << 40));
    CHECK(draw(label, 1, 2) != draw(label, 2, 1));
  }
}

TEST_CASE("draw_digit: digits of a stream vary in shape and in weight") {
  for (int label = 0; label < 10; ++label) {
    CAPTURE(label);
    double change = 0.0;
    double lightest = 784.0;
    double heaviest = 0.0;
    for (std::uint64_t index = 0; index < 200; ++index) {
      const Picture picture = draw(label, 3, index);
      change += difference(picture, draw(label, 3, index + 1)) / 200.0;
      lightest = std::min(lightest, measure(picture).mass);
      heaviest = std::max(heaviest, measure(picture).mass);
    }
    CHECK(change > 0.2);
    CHECK(heaviest > 1.5 * lightest);
  }
}

TEST_CASE("draw_digit: as in MNIST a digit fills a box of 20 pixels and its centre of mass is the image's") {
  for (int label = 0; label < 10; ++label) {
    for (std::uint64_t index = 0; index < 500; ++index) {
      const Ink ink = measure(draw(label, 11, index));
      CAPTURE(label);
      CAPTURE(index);
      CHECK(ink.mass > 20.0);
      CHECK(ink.mass < 350.0);
      CHECK(std::abs(ink.x - 14.0) < 1.0);
      CHECK(std::abs(ink.y - 14.0) < 1.0);
      const int side = std::max(ink.right - ink.left, ink.bottom - ink.top) + 1;
      CHECK(side >= 17);
      CHECK(side <= 23);
    }
  }
}

TEST_CASE("draw_digit: strokes are black inside and grey at their edges") {
  for (int label = 0; label < 10; ++label) {
    int black = 0;
    int grey = 0;
    for (std::uint64_t index = 0; index < 50; ++index) {
      for (const std::uint8_t value : draw(label, 4, index)) {
        black += value > 250 ? 1 : 0;
        grey += value > 0 && value <= 250 ? 1 : 0;
      }
    }
    CAPTURE(label);
    CHECK(black > grey / 5);
    CHECK(grey > black / 5);
  }
}

TEST_CASE("draw_digit: a label outside 0 to 9 is refused") {
  Picture picture;
  for (const int label : {-1, 10, 255, -2147483647}) {
    CHECK_THROWS_AS(reel::data::draw_digit(label, 0, 0, picture), reel::ValueError);
  }
}
