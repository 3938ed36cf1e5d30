#include <reel/core/error.h>
#include <reel/data/digit_ink.h>
#include <reel/data/digit_strokes.h>
#include <reel/data/digits.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <stdexcept>
#include <string>
#include <utility>

// From a style to a picture: sketch() mixes two shapes of the style and moves their knots, trace() runs a
// spline through them, Hand bends and slants the line, fit() puts it into MNIST's box, and draw_line() inks
// it. Nothing here calls libm beyond sqrt, whose result IEEE 754 fixes, so that digits don't vary with the C
// library. The amounts of variation were chosen by how well a small convolutional network that had seen
// nothing else read MNIST's training images: there, more variety than people really show was better than
// less.

namespace reel::data {
namespace {

using detail::Canvas;
using detail::Pen;
using detail::PenStyle;
using detail::Point;

constexpr float kBox = 20.0F;  // MNIST's digits are scaled to fit a box of 20 x 20
constexpr int kMaxKnots = detail::kMaxKnots;
constexpr int kStepsPerKnot = 6;  // pieces of the polyline between two knots: each about a pixel or two long

/// splitmix64 (Steele, Lea and Flood 2014), begun at a state that is mixed from the digit's three numbers.
class DigitRandom {
 public:
  DigitRandom(int label, std::uint64_t seed, std::uint64_t index)
      : state_(mix(mix(mix(seed) ^ index) ^ static_cast<std::uint64_t>(label))) {}

  std::uint64_t bits() { return mix(state_ += 0x9E3779B97F4A7C15U); }

  float uniform(float low, float high) { return low + (high - low) * (static_cast<float>(bits() >> 40) * 0x1p-24F); }

  bool chance(float probability) { return uniform(0.0F, 1.0F) < probability; }

  /// Near enough to a normal for handwriting, and no logarithm: four 16-bit uniforms added. Never beyond 3.5
  /// sigma, so that no digit is torn apart.
  float normal(float sigma) {
    const std::uint64_t b = bits();
    const auto sum = static_cast<float>((b & 0xFFFFU) + (b >> 16 & 0xFFFFU) + (b >> 32 & 0xFFFFU) + (b >> 48));
    return sigma * (sum * 0x1p-16F - 2.0F) * 1.7320508F;
  }

  Point scatter(float sigma) {
    const float x = normal(sigma);
    return {x, normal(sigma)};
  }

 private:
  static std::uint64_t mix(std::uint64_t z) {
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9U;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBU;
    return z ^ (z >> 31);
  }

  std::uint64_t state_;
};

/// The knots of one digit and what the pen does at each.
struct Sketch {
  std::array<Point, kMaxKnots> at;
  std::array<Pen, kMaxKnots> pen;
  int size = 0;
};

/// The pen's way in short straight pieces.
struct Trace {
  std::array<Point, kMaxKnots * kStepsPerKnot> at;
  std::array<bool, kMaxKnots * kStepsPerKnot> joined;  // whether ink runs from the point before to this one
  int size = 0;

  void add(Point p, bool join) {
    at[size] = p;
    joined[size] = join;
    ++size;
  }
};

/// A style of the digit, by the weights of its styles.
const PenStyle& pick_style(int label, DigitRandom& random) {
  const std::span<const PenStyle> styles = detail::pen_styles(label);
  int total = 0;
  for (const PenStyle& style : styles) total += style.weight;
  int ticket = static_cast<int>(random.bits() % static_cast<std::uint64_t>(total));
  for (const PenStyle& style : styles) {
    ticket -= style.weight;
    if (ticket < 0) return style;
  }
  return styles.back();
}

/// The knots as one writer sets them once: a mixture of two shapes of the style, with every stroke, every
/// stretch of neighbouring knots and every knot a little off its place.
Sketch sketch(const PenStyle& style, DigitRandom& random) {
  const std::size_t knots = static_cast<std::size_t>(style.knots);
  const std::uint64_t shapes = style.shapes.size() / knots;
  const auto first = style.shapes.subspan(knots * (random.bits() % shapes), knots);
  const auto second = style.shapes.subspan(knots * (random.bits() % shapes), knots);
  const float mixture = random.uniform(-0.3F, 1.0F);  // a little beyond the first shape as well
  const float unrest = random.uniform(1.0F, 6.5F);    // how carelessly this hand writes
  const bool rounds_corners = random.chance(0.3F);

  Sketch result;
  Point offset = random.scatter(unrest);
  Point wander;  // what neighbouring knots share, so that a bent line stays a smooth one
  for (std::size_t i = 0; i < knots; ++i) {
    const Point a{static_cast<float>(first[i].x), static_cast<float>(first[i].y)};
    const Point b{static_cast<float>(second[i].x), static_cast<float>(second[i].y)};
    Pen pen = first[i].pen;
    const bool is_end = i == 0 || i + 1 == knots || pen == Pen::kLift || result.pen[i - 1] == Pen::kLift;
    wander = 0.7F * wander + random.scatter(0.7F * unrest);
    result.at[i] = a + mixture * (b - a) + offset + wander + random.scatter(is_end ? 1.3F * unrest : 0.5F * unrest);
    if (pen == Pen::kCorner && rounds_corners) pen = Pen::kCurve;
    if (pen == Pen::kLift) offset = random.scatter(unrest);
    result.pen[i] = pen;
  }
  result.size = style.knots;
  return result;
}

/// The place at t in [0, 1] on the way from b to c of a Catmull-Rom spline through a, b, c and d.
Point spline(Point a, Point b, Point c, Point d, float t) {
  const Point linear = c - a;
  const Point square = 2.0F * a - 5.0F * b + 4.0F * c - d;
  const Point cube = 3.0F * (b - c) + d - a;
  return b + (0.5F * t) * (linear + t * (square + t * cube));
}

/// Runs the pen through the knots.
Trace trace(const Sketch& s) {
  Trace line;
  line.add(s.at[0], false);
  for (int i = 0; i + 1 < s.size; ++i) {
    if (s.pen[i] == Pen::kLift) {
      line.add(s.at[i + 1], false);
      continue;
    }
    // A smooth run has no neighbour beyond its ends; there the end itself stands in for it.
    const bool run_begins = i == 0 || s.pen[i] == Pen::kCorner || s.pen[i - 1] == Pen::kLift;
    const bool run_ends = i + 2 == s.size || s.pen[i + 1] != Pen::kCurve;
    const Point b = s.at[i];
    const Point c = s.at[i + 1];
    const Point a = run_begins ? b : s.at[i - 1];
    const Point d = run_ends ? c : s.at[i + 2];
    for (int k = 1; k <= kStepsPerKnot; ++k) line.add(spline(a, b, c, d, static_cast<float>(k) / kStepsPerKnot), true);
  }
  return line;
}

/// What one writer does to every line: slant, turn and stretch, and an elastic distortion, which is a lattice
/// of random pushes over the box, smoothly interpolated.
class Hand {
 public:
  explicit Hand(DigitRandom& random)
      : slant_(random.normal(0.27F) - 0.15F),
        half_turn_(random.normal(0.06F)),
        stretch_(1.0F + random.normal(0.2F)),
        balance_{random.normal(0.3F), random.normal(0.3F)} {
    const float strength = random.uniform(0.0F, 11.0F);
    for (Point& push : pushes_) push = random.scatter(strength);
  }

  Point operator()(Point p) const {
    p = p + push_at(p);
    p = p + Point{balance_.x * bulge(p.x), balance_.y * bulge(p.y)};
    const float x = stretch_ * (p.x - 50.0F) + slant_ * (p.y - 50.0F);
    const float y = p.y - 50.0F;
    // half_turn_ is tan(angle / 2): sine and cosine follow from it without trigonometry.
    const float square = half_turn_ * half_turn_;
    const float cosine = (1.0F - square) / (1.0F + square);
    const float sine = 2.0F * half_turn_ / (1.0F + square);
    return {cosine * x - sine * y, sine * x + cosine * y};
  }

 private:
  static constexpr int kLattice = 4;

  /// Moves the middle of the digit and leaves its edges: large head and small foot, or the other way.
  static float bulge(float v) { return v > 0.0F && v < 100.0F ? v * (100.0F - v) * 0.01F : 0.0F; }

  Point push_at(Point p) const {
    const auto cell = [](float v, int& index) {
      v = std::clamp(v * (static_cast<float>(kLattice - 1) / 100.0F), 0.0F, kLattice - 1.001F);
      index = static_cast<int>(v);
      v -= static_cast<float>(index);
      return v * v * (3.0F - 2.0F * v);
    };
    int column = 0;
    int row = 0;
    const float u = cell(p.x, column);
    const float v = cell(p.y, row);
    const Point* top = &pushes_[row * kLattice + column];
    const Point* bottom = top + kLattice;
    const Point above = top[0] + u * (top[1] - top[0]);
    const Point below = bottom[0] + u * (bottom[1] - bottom[0]);
    return above + v * (below - above);
  }

  float slant_;
  float half_turn_;
  float stretch_;
  Point balance_;
  std::array<Point, kLattice * kLattice> pushes_;
};

/// The corners of the box around the line.
std::pair<Point, Point> bounds(const Trace& line) {
  Point low = line.at[0];
  Point high = line.at[0];
  for (int i = 1; i < line.size; ++i) {
    low = {std::min(low.x, line.at[i].x), std::min(low.y, line.at[i].y)};
    high = {std::max(high.x, line.at[i].x), std::max(high.y, line.at[i].y)};
  }
  return {low, high};
}

float longer_side(Point low, Point high) { return std::max({high.x - low.x, high.y - low.y, 1.0F}); }

/// The width of the pen in pixels. The scaling to the box enlarges short lines with their pens, and long
/// lines would run into blots with a thick pen, so width falls with the length of the line.
float pick_pen(const Trace& line, DigitRandom& random) {
  float length = 0.0F;
  for (int i = 1; i < line.size; ++i) {
    const Point step = line.at[i] - line.at[i - 1];
    if (line.joined[i]) length += std::sqrt(step.x * step.x + step.y * step.y);
  }
  const auto [low, high] = bounds(line);
  const float lengths = std::max(length / longer_side(low, high), 1.0F);
  return std::clamp(2.65F + random.normal(0.95F), 1.3F, 6.2F) / std::sqrt(std::sqrt(lengths));
}

/// Scales and moves the line so that with `ink` pixels of width it fills MNIST's box, from the box's upper
/// left corner on. As there, edges of ink and of pixels then coincide on two sides.
void fit(Trace& line, float ink) {
  const auto [low, high] = bounds(line);
  const float scale = (kBox - ink) / longer_side(low, high);
  const float margin = 0.5F * (kDigitSide - kBox) + 0.5F * ink;
  const Point corner = Point{margin, margin} - scale * low;
  for (int i = 0; i < line.size; ++i) line.at[i] = scale * line.at[i] + corner;
}

/// Inks the line with a pen that is pressed now more, now less.
void draw_line(Canvas& canvas, const Trace& line, float pen_width, float blur, DigitRandom& random) {
  const float pressure = random.uniform(0.0F, 0.4F);
  float radius = 0.5F * pen_width;
  float target = radius;
  for (int i = 1; i < line.size; ++i) {
    if (i % kStepsPerKnot == 1) target = 0.5F * pen_width * std::max(1.0F + random.normal(pressure), 0.3F);
    radius += 0.3F * (target - radius);
    if (line.joined[i]) detail::ink_segment(canvas, line.at[i - 1], line.at[i], radius, blur);
  }
}

}  // namespace

void draw_digit(int label, std::uint64_t seed, std::uint64_t index, std::span<std::uint8_t, 784> pixels) {
  if (label < 0 || label > 9) {
    throw ValueError("draw_digit", "label must be 0 to 9, got ", label);
  }
  DigitRandom random(label, seed, index);
  Trace line = trace(sketch(pick_style(label, random), random));
  const Hand hand(random);
  for (int i = 0; i < line.size; ++i) line.at[i] = hand(line.at[i]);
  const float pen_width = pick_pen(line, random);
  const float blur = random.uniform(0.9F, 1.6F);
  fit(line, pen_width + 0.6F * blur);  // the outermost rim of the blur is too faint to count

  Canvas canvas{};
  draw_line(canvas, line, pen_width, blur, random);
  detail::centre(canvas, pixels);
}

}  // namespace reel::data
