#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <reel/core/kernels/elementwise.h>
#include <reel/core/kernels/index.h>
#include <reel/core/kernels/max_pool_choice.h>
#include <reel/core/kernels/pool.h>
#include <reel/core/kernels/reduce.h>
#include <reel/core/kernels/softmax.h>
#include <reel/core/random.h>
#include <tests/note.h>
#include <vector>

using namespace reel;
using doctest::Contains;

namespace {

constexpr double inf = std::numeric_limits<double>::infinity();
constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();

Tensor numbers(const Shape& shape, DType dtype = float64) {
  Generator generator(7);
  return normal(shape, 0, 1, dtype, generator);
}

double largest_difference(const Tensor& a, const Tensor& b) {
  REQUIRE(a.shape() == b.shape());
  return a.numel() == 0 ? 0 : max(abs(a.to(float64) - b.to(float64))).item();
}

/// Calls `f(oh, ow, h, w)` for every pixel of every window of a plane.
template <class F>
void for_each_pixel(const kernels::Pool2dGeometry& g, const F& f) {
  for (std::int64_t oh = 0; oh < g.out_h; ++oh) {
    for (std::int64_t ow = 0; ow < g.out_w; ++ow) {
      for (std::int64_t tap = 0; tap < g.kernel_h * g.kernel_w; ++tap) {
        const std::int64_t h = oh * g.stride_h + tap / g.kernel_w * g.dilation_h - g.pad_top;
        const std::int64_t w = ow * g.stride_w + tap % g.kernel_w * g.dilation_w - g.pad_left;
        if (h >= 0 && h < g.in_h && w >= 0 && w < g.in_w) f(oh, ow, h, w);
      }
    }
  }
}

struct PoolCase {
  Shape input;
  Pool2dOptions options;
};

const std::vector<PoolCase>& pool_cases() {
  static const std::vector<PoolCase> cases{
      {{2, 3, 8, 8}, {}},
      {{1, 2, 7, 9}, {.kernel_size = 3, .stride = 2, .padding = 1}},
      {{2, 1, 5, 6}, {.kernel_size = {2, 3}, .stride = {1, 4}, .padding = {1, 0}}},
      {{1, 1, 9, 9}, {.kernel_size = 3, .stride = 1, .padding = 1, .dilation = {2, 3}}},
      {{1, 2, 1, 1}, {.kernel_size = 1}},
      {{2, 2, 23, 41}, {.kernel_size = 3, .stride = 2, .padding = 1}},
      {{1, 3, 20, 70}, {.kernel_size = 3, .stride = 2}},
      {{1, 2, 33, 34}, {.kernel_size = {5, 4}, .stride = {2, 1}, .padding = 2}},
      {{1, 2, 19, 67}, {.kernel_size = 3, .stride = 3, .padding = 1, .dilation = 2}},
      {{1, 1, 2, 5}, {.kernel_size = 2, .stride = 5, .padding = 1}},
      {{1, 1, 1, 4}, {.kernel_size = {3, 4}, .padding = {1, 0}}},
      {{2, 1, 40, 37}, {.kernel_size = {16, 18}, .stride = 3, .padding = 8}},
      {{0, 3, 8, 8}, {}},
      {{2, 0, 8, 8}, {}}};
  return cases;
}

/// Puts each gradient at the first pixel of its window that is the output.
Tensor spread_by_loop(const Tensor& grad, const Tensor& input, const Tensor& output, const kernels::Pool2dGeometry& g) {
  Tensor out = Tensor::zeros(input.shape(), float64);
  const Tensor x = input.to(float64);
  const Tensor y = output.to(float64);
  const Tensor gy = grad.to(float64);
  const std::int64_t planes = input.size(0) * input.size(1);
  std::vector<bool> is_given(static_cast<std::size_t>(grad.numel()));
  for (std::int64_t p = 0; p < planes; ++p) {
    for_each_pixel(g, [&](auto oh, auto ow, auto h, auto w) {
      const std::int64_t window = (p * g.out_h + oh) * g.out_w + ow;
      const std::int64_t pixel = (p * g.in_h + h) * g.in_w + w;
      const double value = x.data<double>()[pixel];
      if (is_given[static_cast<std::size_t>(window)]) return;
      if (value != y.data<double>()[window] && !std::isnan(value)) return;
      is_given[static_cast<std::size_t>(window)] = true;
      out.mutable_data<double>()[pixel] += gy.data<double>()[window];
    });
  }
  return out;
}

}  // namespace

TEST_CASE("softmax sums to one along any axis and agrees with its definition") {
  for (const DType dtype : {float32, float64}) {
    for (const Tensor& a : {numbers({2, 3, 4}, dtype), numbers({4, 3, 2}, dtype).transpose(0, 2)}) {
      for (std::int64_t axis = -3; axis < 3; ++axis) {
        const Tensor expected = exp(a.to(float64)) / sum(exp(a.to(float64)), {axis}, true);
        const double tolerance = dtype == float64 ? 1e-15 : 1e-6;
        CHECK(largest_difference(softmax(a, axis), expected) <= tolerance);
        CHECK(largest_difference(log_softmax(a, axis), log(expected)) <= 10 * tolerance);
        CHECK(softmax(a, axis).dtype() == dtype);
      }
    }
  }
  CHECK(softmax(Tensor::zeros({0, 3})).shape() == Shape{0, 3});
  CHECK(softmax(Tensor::zeros({3, 0})).shape() == Shape{3, 0});
  CHECK_THROWS_WITH_AS(static_cast<void>(softmax(Tensor::zeros({2}), 1)), Contains("softmax: axis 1"), IndexError);
  CHECK_THROWS_AS(static_cast<void>(log_softmax(Tensor::zeros({2}, int64))), TypeError);
}

TEST_CASE("softmax of extreme values neither overflows nor loses digits") {
  struct Row {
    std::vector<double> x, logs;
  };
  const double log2 = std::log(2.0);
  for (const auto& [x, logs] : std::vector<Row>{{{1e4, 1e4}, {-log2, -log2}},
                                                {{-1e4, -1e4}, {-log2, -log2}},
                                                {{3e38, -3e38}, {0, -inf}},
                                                {{1000, 0}, {0, -1000}},
                                                {{-inf, 0, 0}, {-inf, -log2, -log2}},
                                                {{16384, 16383}, {-0.31326168751822286, -1.3132616875182228}}}) {
    const Tensor a = Tensor::from<double>(x, {static_cast<std::int64_t>(x.size())}).to(float32);
    CAPTURE(to_string(a));
    for (std::int64_t i = 0; i < a.numel(); ++i) {
      const double expected = logs[static_cast<std::size_t>(i)];
      CHECK(softmax(a).at({i}) == doctest::Approx(std::exp(expected)).epsilon(1e-6));
      if (std::isinf(expected)) CHECK(log_softmax(a).at({i}) < -1e38);
      else CHECK(log_softmax(a).at({i}) == doctest::Approx(expected).epsilon(1e-6));
    }
  }
  const Tensor rows = Tensor::of({1, not_a_number, 2, 3}, {2, 2});
  for (const Tensor& out : {softmax(rows), log_softmax(rows)}) {
    CHECK(std::isnan(out.at({0, 0})));
    CHECK(std::isnan(out.at({0, 1})));
    CHECK(std::isfinite(out.at({1, 0})));
  }
}

TEST_CASE("softmax of runs of any length") {
  for (const std::int64_t n : {1, 2, 7, 8, 9, 15, 16, 17, 31, 33, 100, 1000}) {
    CAPTURE(n);
    const Tensor a = numbers({3, n}, float32);
    const Tensor e = exp(a.to(float64));
    const Tensor expected = e / sum(e, {1}, true);
    CHECK(largest_difference(softmax(a) / expected.to(float32), Tensor::ones({3, n})) < 2e-6);
    CHECK(largest_difference(log_softmax(a), log(expected)) < 2e-6);
  }
}

TEST_CASE("cross_entropy and its gradient are those of the definition, whatever the layout") {
  for (const DType dtype : {float32, float64}) {
    for (const Shape& shape : {Shape{3, 1}, Shape{5, 10}, Shape{2, 16}, Shape{300, 33}, Shape{2, 4, 3}, Shape{0, 4}}) {
      CAPTURE(concat(dtype, ' ', shape));
      const Tensor x = numbers(shape, dtype) * 3.0;
      Shape label_shape = shape;
      label_shape.erase(1);
      const Tensor labels = Tensor::arange(0, static_cast<double>(numel(label_shape)), 1, int64).reshape(label_shape);
      const auto classes = static_cast<double>(shape[1]);
      const Tensor wanted = labels - labels / Tensor::scalar(classes, int64) * classes;
      const Tensor p = softmax(x.to(float64), 1);
      const double tolerance = dtype == float64 ? 1e-14 : 2e-6;

      const auto out = kernels::cross_entropy(x, {wanted});
      const Tensor picked = gather(log(p), 1, wanted.unsqueeze(1)).squeeze(1);
      CHECK(largest_difference(out.losses, -picked) <= 5 * tolerance);

      Tensor difference = p.clone();
      const std::int64_t inner = numel(label_shape) == 0 ? 1 : numel(label_shape) / shape[0];
      for (std::int64_t i = 0; i < numel(label_shape); ++i) {
        const std::int64_t label = wanted.data<std::int64_t>()[i];
        difference.mutable_data<double>()[(i / inner * shape[1] + label) * inner + i % inner] -= 1;
      }
      const Tensor grad = numbers(label_shape, dtype);
      CHECK(largest_difference(kernels::cross_entropy_grad(x, {wanted}, out, grad, 0.5),
                               difference * grad.to(float64).unsqueeze(1) * 0.5) <= tolerance);
      CHECK(largest_difference(kernels::cross_entropy_grad(x, {wanted}, out, Tensor::scalar(2, dtype), 0.5),
                               difference) <= tolerance);
    }
  }
}

TEST_CASE("max_pool2d picks what a naive loop picks, and its adjoint leads back") {
  for (const DType dtype : {float32, float64}) {
    for (const auto& [shape, options] : pool_cases()) {
      const auto noted = note(shape, " kernel ", options.kernel_size);
      const Tensor x = numbers(shape, dtype);
      const auto g = kernels::pool2d_geometry("max_pool2d", shape, options);
      const Tensor values = kernels::max_pool2d(x, g);
      Tensor expected = Tensor::full({shape[0], shape[1], g.out_h, g.out_w}, -inf, dtype);
      for (std::int64_t p = 0; p < shape[0] * shape[1]; ++p) {
        const Tensor plane = x.reshape({-1, g.in_h, g.in_w}).select(0, p);
        const Tensor out = expected.reshape({-1, g.out_h, g.out_w}).select(0, p);
        for_each_pixel(g, [&](auto oh, auto ow, auto h, auto w) {
          out.select(0, oh).select(0, ow).fill(std::max(out.at({oh, ow}), plane.at({h, w})));
        });
      }
      CHECK(largest_difference(values, expected) == 0);
      const auto [chosen, choice] = kernels::max_pool2d_choosing(x, g);
      CHECK(choice.dtype() == (options.kernel_size.h < 16 ? uint8 : int64));
      CHECK(largest_difference(chosen, expected) == 0);
      CHECK(largest_difference(kernels::pick_choice(x, choice, g), expected) == 0);
      // <gather(x), v> = <x, scatter(v)>
      const Tensor v = numbers(values.shape(), dtype);
      const Tensor scattered = kernels::spread_to_choice(v, choice, g);
      CHECK(scattered.shape() == shape);
      CHECK(largest_difference(scattered, spread_by_loop(v, x, values, g)) <= (dtype == float32 ? 1e-5 : 1e-14));
      CHECK(sum(values * v).item() == doctest::Approx(sum(x * scattered).item()).epsilon(1e-4));
    }
  }
}

TEST_CASE("max_pool2d: first of equals, NaN before all, -infinity where there is nothing else") {
  const Tensor x = Tensor::of({1, 1, 0, not_a_number,        //
                               1, 1, 5, not_a_number,        //
                               -inf, -inf, not_a_number, 9,  //
                               -inf, -inf, 9, inf},
                              {1, 1, 4, 4});
  const auto g = kernels::pool2d_geometry("max_pool2d", x.shape(), {});
  const auto [out, choice] = kernels::max_pool2d_choosing(x, g);
  const Tensor numbered = Tensor::arange(0, 16).reshape(x.shape());
  const double values[] = {1, not_a_number, -inf, not_a_number};
  const Tensor places = Tensor::of({0, 3, 8, 10}, out.shape());
  CHECK(largest_difference(kernels::pick_choice(numbered, choice, g), places) == 0);
  const Tensor spread = kernels::spread_to_choice(places + 1, choice, g);
  for (std::int64_t i = 0; i < 16; ++i) {
    CHECK(spread.data<float>()[i] == (i == 0 || i == 3 || i == 8 || i == 10 ? static_cast<float>(i + 1) : 0.0F));
  }
  for (const Tensor& y : {out, kernels::max_pool2d(x, g)}) {
    for (std::int64_t i = 0; i < 4; ++i) {
      const double value = y.data<float>()[i];
      CHECK((value == values[i] || (std::isnan(value) && std::isnan(values[i]))));
    }
  }
  // The padding is no pixel: not even where it would be the largest.
  const Tensor low = Tensor::full({1, 1, 2, 2}, -inf);
  const auto wide = kernels::pool2d_geometry("max_pool2d", low.shape(), {.kernel_size = 2, .padding = 1});
  const Tensor four = Tensor::arange(0, 4).reshape(low.shape());
  CHECK(largest_difference(kernels::pick_choice(four, kernels::max_pool2d_choosing(low, wide).choice, wide), four) ==
        0);
}

TEST_CASE("max_pool2d leads gradients to the first of equals in wide planes, beside NaN and infinities too") {
  Generator generator(11);
  for (const auto& [shape, options] : pool_cases()) {
    const auto noted = note(shape, " kernel ", options.kernel_size);
    const auto g = kernels::pool2d_geometry("max_pool2d", shape, options);
    const Tensor few = randint(0, 3, shape, generator).to(float32);  // many equals
    const Tensor odd = randint(0, 9, shape, generator);
    Tensor strange = where(eq(odd, Tensor::scalar(0, int64)), Tensor::scalar(not_a_number), few);
    strange = where(eq(odd, Tensor::scalar(1, int64)), Tensor::scalar(inf), strange);
    for (const Tensor& x : {few, strange, where(gt(odd, Tensor::scalar(2, int64)), Tensor::scalar(-inf), few)}) {
      const auto [y, choice] = kernels::max_pool2d_choosing(x, g);
      const Tensor v = randint(1, 5, y.shape(), generator).to(float32);
      CHECK(largest_difference(kernels::spread_to_choice(v, choice, g), spread_by_loop(v, x, y, g)) == 0);
    }
  }
}

TEST_CASE("a pooling window always holds a pixel") {
  const auto geometry = [](const Shape& input, const Pool2dOptions& options) {
    return kernels::pool2d_geometry("max_pool2d", input, options);
  };
  CHECK_THROWS_WITH_AS(static_cast<void>(geometry({3, 8, 8}, {})), Contains("got [3, 8, 8]"), ShapeError);
  CHECK_THROWS_AS(static_cast<void>(geometry({1, 1, 1, 8}, {})), ShapeError);
  CHECK_THROWS_AS(static_cast<void>(geometry({1, 1, 0, 8}, {.kernel_size = 2, .padding = 1})), ShapeError);
  CHECK_THROWS_AS(static_cast<void>(geometry({1, 1, 8, 2}, {.kernel_size = 2, .padding = 1, .dilation = 3})),
                  ShapeError);
  CHECK_THROWS_AS(static_cast<void>(geometry({1, 1, 8, 8}, {.kernel_size = 2, .padding = 2})), ValueError);
  CHECK_THROWS_AS(static_cast<void>(geometry({1, 1, 8, 8}, {.kernel_size = 0})), ValueError);
  CHECK_THROWS_AS(static_cast<void>(geometry({1, 1, 8, 8}, {.kernel_size = 2, .stride = {1, 0}})), ValueError);
  CHECK_THROWS_AS(static_cast<void>(geometry({1, 1, 8, 8}, {.kernel_size = 2, .padding = -1})), ValueError);
  CHECK(geometry({1, 1, 3, 3}, {.kernel_size = 2, .stride = 1, .padding = 1, .dilation = 3}).out_h == 2);
}
