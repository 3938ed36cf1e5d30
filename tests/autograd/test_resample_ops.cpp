#include <doctest/doctest.h>

#include <reel/autograd/ops/conv.h>
#include <reel/autograd/ops/interpolate.h>
#include <reel/autograd/ops/matmul.h>
#include <reel/autograd/ops/unfold.h>
#include <reel/autograd/ops/view.h>
#include <reel/core/random.h>
#include <reel/nn/resample.h>
#include <tests/autograd/errors.h>
#include <tests/autograd/golden.h>
#include <tests/op_table.h>

// unfold, fold, interpolate and pixel_shuffle: gradients against central differences, what they have to do with one
// another, what is said to wrong shapes and options, and the layers.

using namespace reel;
using namespace reel::testing;
using In = std::vector<Variable>;

namespace {

Tensor numbers(const Shape& shape, DType dtype = float32) {
  Generator generator(5);
  return normal(shape, 0, 1, dtype, generator);
}

}  // namespace

TEST_CASE("gradients: unfold, fold, interpolate and pixel_shuffle") {
  const auto resized = [](const InterpolateOptions& options) {
    return [options](const In& v) { return interpolate(v[0], options); };
  };
  check_table({
      {"unfold",
       [](const In& v) {
         return unfold(v[0], {.kernel_size = {2, 3}, .padding = 1, .stride = 2});
       },
       {{2, 2, 4, 5}}},
      {"unfold dilated",
       [](const In& v) {
         return unfold(v[0], {.kernel_size = 2, .dilation = {2, 1}});
       },
       {{1, 2, 4, 3}}},
      {"fold",
       [](const In& v) {
         return fold(v[0], {4, 3}, {.kernel_size = 2, .padding = {1, 0}});
       },
       {{2, 8, 10}}},
      {"interpolate nearest", resized({.size = Pair(5, 2)}), {{1, 2, 3, 4}}},
      {"interpolate bilinear", resized({.scale_factor = 1.5, .mode = Interpolation::bilinear}), {{1, 2, 3, 4}}},
      {"interpolate aligned",
       resized({.size = Pair(2, 6), .mode = Interpolation::bilinear, .align_corners = true}),
       {{1, 2, 3, 4}}},
      {"pixel_shuffle", [](const In& v) { return pixel_shuffle(v[0], 2); }, {{1, 8, 2, 3}}},
      {"pixel_unshuffle", [](const In& v) { return pixel_unshuffle(v[0], 2); }, {{2, 1, 4, 2}}},
  });
}

TEST_CASE("a convolution is a product of its weight and the unfolded image, with any padding") {
  const Tensor x = numbers({2, 3, 7, 6}, float64);
  const Tensor w = numbers({4, 3, 3, 2}, float64);
  for (const Padding& padding : {Padding(1), Padding("same"), Padding({2, 0}, {1, 3})}) {
    const Variable y = conv2d(x, w, {}, {.stride = 2, .padding = padding, .dilation = {1, 2}});
    const Variable columns = unfold(x, {.kernel_size = {3, 2}, .dilation = {1, 2}, .padding = padding, .stride = 2});
    const Variable product = matmul(w.reshape({4, 18}), columns);
    CHECK(relative_error(reshape(product, y.shape()).value(), y.value()) < 1e-14);
  }
}

TEST_CASE("fold of what unfold gives is the image, as often as patches overlap") {
  const Tensor x = numbers({2, 3, 6, 8}, float64);
  const UnfoldOptions side_by_side{.kernel_size = {2, 4}, .stride = {2, 4}};
  CHECK(relative_error(fold(unfold(x, side_by_side), {6, 8}, side_by_side).value(), x) == 0);
  const UnfoldOptions overlapping{.kernel_size = 3, .padding = 1};
  const Tensor count = fold(unfold(Tensor::ones(x.shape(), float64), overlapping), {6, 8}, overlapping).value();
  CHECK(count.at({0, 0, 0, 0}) == 4);
  CHECK(count.at({1, 2, 3, 4}) == 9);
  CHECK(relative_error(fold(unfold(x, overlapping), {6, 8}, overlapping).value(), x * count) < 1e-14);
  CHECK(unfold(Tensor::zeros({0, 2, 3, 3}), {.kernel_size = 2}).shape() == Shape{0, 8, 4});
}

TEST_CASE("pixel_unshuffle undoes pixel_shuffle, and images keep their size by nearest and bilinear") {
  const Tensor x = numbers({2, 18, 3, 5});
  const Variable larger = pixel_shuffle(x, 3);
  CHECK(larger.shape() == Shape{2, 2, 9, 15});
  CHECK(larger.value().at({1, 1, 4, 11}) == x.at({1, 9 + 1 * 3 + 2, 1, 3}));
  CHECK(relative_error(pixel_unshuffle(larger, 3).value(), x) == 0);
  for (const Interpolation mode : {Interpolation::nearest, Interpolation::bilinear}) {
    CHECK(relative_error(interpolate(x, {.scale_factor = 1, .mode = mode}).value(), x) == 0);
  }
}

TEST_CASE("op errors: unfold, fold, interpolate and pixel_shuffle") {
  const auto resize = [](const InterpolateOptions& options, const Shape& shape = {1, 1, 4, 4}) {
    return call([=] { return interpolate(zeros(shape), options); });
  };
  check_errors({
      {call([] {
         return unfold(zeros({3, 4, 4}), {.kernel_size = 2});
       }),
       {"ShapeError: unfold: ", "[N, C, H, W]"}},
      {call([] {
         return unfold(zeros({1, 1, 4, 4}), {.kernel_size = 5});
       }),
       {"ShapeError: unfold: ", "window of 5", "height of 4"}},
      {call([] {
         return unfold(zeros({1, 1, 4, 4}), {.kernel_size = 2, .stride = 0});
       }),
       {"ValueError: unfold: ", "stride"}},
      {call([] {
         return unfold(zeros({1, 1, 4, 4}, int64), {.kernel_size = 2});
       }),
       {"TypeError: unfold: ", "int64"}},
      {call([] {
         return fold(zeros({1, 7, 9}), 4, {.kernel_size = 2});
       }),
       {"ShapeError: fold: ", "[N, C * 4, L]", "[1, 7, 9]"}},
      {call([] {
         return fold(zeros({8, 9}), 4, {.kernel_size = 2});
       }),
       {"ShapeError: fold: ", "[8, 9]"}},
      {call([] {
         return fold(zeros({1, 8, 8}), 4, {.kernel_size = 2});
       }),
       {"ShapeError: fold: output_size 4 wants 9 columns, input [1, 8, 8] has 8"}},
      {call([] {
         return fold(zeros({1, 8, 9}), 4, {.kernel_size = 0});
       }),
       {"ValueError: fold: ", "kernel_size"}},
      {call([] {
         return fold(zeros({1, 8, 9}), {0, 4}, {.kernel_size = 2});
       }),
       {"ValueError: fold: ", "(0, 4)"}},
      {call([] { return fold({}, 4, {.kernel_size = 2}); }), {"ValueError: fold: ", "undefined"}},
      {resize({}), {"ValueError: interpolate: ", "either a size or a scale_factor"}},
      {resize({.size = Pair(2), .scale_factor = 2}), {"ValueError: interpolate: ", "either"}},
      {resize({.size = Pair(2), .align_corners = true}), {"ValueError: interpolate: ", "align_corners", "nearest"}},
      {resize({.scale_factor = -1}), {"ValueError: interpolate: ", "above 0"}},
      {resize({.scale_factor = 0.1}), {"ShapeError: interpolate: ", "0 pixels", "[1, 1, 4, 4]"}},
      {resize({.size = Pair(2, 0)}), {"ShapeError: interpolate: ", "(2, 0)"}},
      {resize({.size = Pair(2)}, {1, 4, 4}), {"ShapeError: interpolate: ", "[1, 4, 4]"}},
      {resize({.size = Pair(2)}, {1, 1, 0, 4}), {"ShapeError: interpolate: ", "[1, 1, 0, 4]"}},
      {call([] {
         return interpolate(zeros({1, 1, 4, 4}, uint8), {.size = Pair(2)});
       }),
       {"TypeError: interpolate: ", "uint8"}},
      {call([] {
         return pixel_shuffle(zeros({1, 6, 2, 2}), 2);
       }),
       {"ShapeError: pixel_shuffle: ", "multiple of 4 channels", "has 6"}},
      {call([] {
         return pixel_shuffle(zeros({1, 6, 2, 2}), 0);
       }),
       {"ValueError: pixel_shuffle: ", "0"}},
      {call([] {
         return pixel_unshuffle(zeros({1, 6, 3, 2}), 2);
       }),
       {"ShapeError: pixel_unshuffle: ", "[1, 6, 3, 2]"}},
      {call([] {
         return pixel_unshuffle(zeros({6, 2, 2}), 2);
       }),
       {"ShapeError: pixel_unshuffle: ", "[6, 2, 2]"}},
  });
}

TEST_CASE("layers: Unfold, Fold, Upsample, PixelShuffle and PixelUnshuffle are their functions") {
  const Tensor x = numbers({2, 4, 4, 6});
  const auto check_layer = [&](nn::Module&& layer, const Tensor& input, const Variable& expected,
                               const std::string& description) {
    CHECK(layer.describe() == description);
    CHECK(relative_error(layer(input).value(), expected.value()) == 0);
  };
  const UnfoldOptions patches{.kernel_size = {2, 3}, .padding = 1, .stride = 2};
  const Variable columns = unfold(x, patches);
  check_layer(nn::Unfold(patches), x, columns, "Unfold(kernel_size=(2, 3), padding=1, stride=2)");
  check_layer(nn::Fold({4, 6}, patches), columns.value(), fold(columns, {4, 6}, patches),
              "Fold(output_size=(4, 6), kernel_size=(2, 3), padding=1, stride=2)");
  check_layer(nn::Upsample({.scale_factor = 2}), x, interpolate(x, {.scale_factor = 2}),
              "Upsample(scale_factor=2, mode=nearest)");
  const InterpolateOptions aligned{.size = Pair(3, 5), .mode = Interpolation::bilinear, .align_corners = true};
  check_layer(nn::Upsample(aligned), x, interpolate(x, aligned),
              "Upsample(size=(3, 5), mode=bilinear, align_corners=true)");
  check_layer(nn::PixelShuffle(2), x, pixel_shuffle(x, 2), "PixelShuffle(upscale_factor=2)");
  check_layer(nn::PixelUnshuffle(2), x, pixel_unshuffle(x, 2), "PixelUnshuffle(downscale_factor=2)");
}
