#include <doctest/doctest.h>

#include <reel/autograd/ops/conv.h>
#include <reel/autograd/ops/matmul.h>
#include <reel/autograd/ops/norm.h>
#include <reel/autograd/ops/pad.h>
#include <tests/autograd/errors.h>

// What every op says to wrong shapes, dtypes and arguments: its kind of error, its name, and what came.

using namespace reel;
using namespace reel::testing;

TEST_CASE("op errors: matmul and linear") {
  check_errors({
      {call([] {
         return matmul(zeros({2, 3}), zeros({4, 5}));
       }),
       {"ShapeError: matmul: ", "[2, 3]", "[4, 5]"}},
      {call([] {
         return matmul(zeros({2, 3}), zeros({3}));
       }),
       {"ShapeError: matmul: ", "[2, 3]", "[3]"}},
      {call([] {
         return matmul(zeros({2, 2, 3}), zeros({3, 3, 4}));
       }),
       {"ShapeError: matmul: ", "[2", "[3"}},
      {call([] {
         return matmul(zeros({2, 3}), zeros({3, 4}, float64));
       }),
       {"TypeError: matmul: ", "float32", "float64"}},
      {call([] {
         return matmul(zeros({2, 3}, int64), zeros({3, 4}, int64));
       }),
       {"TypeError: matmul: ", "int64"}},
      {call([] {
         return linear(zeros({2, 3}), zeros({5, 4}));
       }),
       {"ShapeError: linear: weight [5, 4] wants 4 input features, input [2, 3] has 3"}},
      {call([] {
         return linear(zeros({2, 3, 4, 4}), zeros({5, 48}));
       }),
       {"ShapeError: linear: ", "flatten it first"}},
      {call([] {
         return linear(zeros({}), zeros({5, 4}));
       }),
       {"ShapeError: linear: ", "[5, 4]", "[]"}},
      {call([] {
         return linear(zeros({2, 3}), zeros({5}));
       }),
       {"ShapeError: linear: ", "[O, I]", "[5]"}},
      {call([] {
         return linear(zeros({2, 3}), zeros({5, 3}), zeros({3}));
       }),
       {"ShapeError: linear: ", "[5, 3]", "[3]"}},
      {call([] {
         return linear(zeros({2, 3}), zeros({5, 3}, float64));
       }),
       {"TypeError: linear: ", "float32", "float64"}},
      {call([] {
         return linear(zeros({2, 3}), zeros({5, 3}), zeros({5}, float64));
       }),
       {"TypeError: linear: ", "float64"}},
  });
}

TEST_CASE("op errors: conv2d") {
  const auto conv = [](const Shape& input, const Shape& weight, const Conv2dOptions& options = {}) {
    return call([=] { return conv2d(zeros(input), zeros(weight), {}, options); });
  };
  const Shape image{8, 16, 14, 14};
  check_errors({
      {conv(image, {64, 32, 3, 3}),
       {"ShapeError: conv2d: weight [64, 32, 3, 3] wants 32 input channels, input [8, 16, 14, 14] has 16"}},
      {conv({16, 14, 14}, {4, 16, 3, 3}), {"ShapeError: conv2d: ", "[N, C, H, W]", "[16, 14, 14]", "unsqueeze(0)"}},
      {conv(image, {16, 3, 3}), {"ShapeError: conv2d: weight ", "[16, 3, 3]"}},
      {conv(image, {6, 4, 3, 3}, {.groups = 4}), {"ValueError: conv2d: weight [6, 4, 3, 3]", "4 groups"}},
      {conv(image, {8, 4, 3, 3}, {.groups = 2}), {"ShapeError: conv2d: weight [8, 4, 3, 3] wants 8"}},
      {conv(image, {4, 16, 3, 3}, {.groups = 0}), {"ValueError: conv2d: ", "0 groups"}},
      {conv(image, {4, 16, 15, 3}), {"ShapeError: conv2d: a window of 15", "height of 14", "padding 0"}},
      {conv(image, {4, 16, 3, 5}, {.dilation = 4}), {"ShapeError: conv2d: a window of 17", "width of 14"}},
      {conv(image, {4, 16, 3, 3}, {.stride = 0}), {"ValueError: conv2d: ", "stride", "at least 1"}},
      {conv(image, {4, 16, 3, 3}, {.padding = {0, -1}}), {"ValueError: conv2d: ", "padding", "-1", "width"}},
      {call([] { return Conv2dOptions{.padding = "full"}; }), {"ValueError: padding: ", "\"same\"", "\"full\""}},
      {call([=] {
         return conv2d(zeros(image), zeros({4, 16, 3, 3}), zeros({16}));
       }),
       {"ShapeError: conv2d: weight [4, 16, 3, 3]", "[4]", "[16]"}},
      {call([=] {
         return conv2d(zeros(image), zeros({4, 16, 3, 3}, float64));
       }),
       {"TypeError: conv2d: ", "float64"}},
      {call([=] {
         return conv2d(zeros(image), zeros({4, 16, 3, 3}), zeros({4}, float64));
       }),
       {"TypeError: conv2d: "}},
      {call([=] {
         return conv2d(zeros(image, int64), zeros({4, 16, 3, 3}, int64));
       }),
       {"TypeError: conv2d: ", "int64"}},
      {call([=] {
         return conv2d(zeros(image, uint8), zeros({4, 16, 3, 3}));
       }),
       {"TypeError: conv2d: ", "uint8"}},
      {call([=] {
         return conv2d(zeros(image), zeros({4, 16, 3, 3}), {}, {}, Activation::none, zeros({3}));
       }),
       {"ShapeError: conv2d: ", "[4, 16, 3, 3]", "scale of shape [4]", "[3]"}},
      {call([=] {
         return conv2d(zeros(image), zeros({4, 16, 3, 3}), {}, {}, Activation::none, zeros({4}, float64));
       }),
       {"TypeError: conv2d: ", "float32", "float64"}},
      {call([=] {
         return conv2d_max_pool2d(zeros(image), zeros({4, 16, 3, 3}), {}, {}, Activation::relu, zeros({4, 1}));
       }),
       {"ShapeError: conv2d: ", "scale of shape [4]", "[4, 1]"}},
      {call([=] {
         return conv2d_max_pool2d(zeros(image), zeros({4, 15, 3, 3}));
       }),
       {"ShapeError: conv2d: weight [4, 15, 3, 3] wants 15"}},
      {call([=] {
         return conv2d_max_pool2d(zeros(image), zeros({4, 16, 3, 14}));
       }),
       {"ShapeError: max_pool2d: a window of 2", "width of 1"}},
  });
}

TEST_CASE("op errors: conv1d") {
  const auto conv = [](const Shape& input, const Shape& weight, const Conv1dOptions& options = {}) {
    return call([=] { return conv1d(zeros(input), zeros(weight), {}, options); });
  };
  const Shape rows{8, 16, 14};
  check_errors({
      {conv(rows, {64, 32, 3}),
       {"ShapeError: conv1d: weight [64, 32, 3] wants 32 input channels, input [8, 16, 14] has 16"}},
      {conv({16, 14}, {4, 16, 3}), {"ShapeError: conv1d: ", "[N, C, L]", "[16, 14]", "unsqueeze(0)"}},
      {conv({8, 16, 14, 14}, {4, 16, 3}), {"ShapeError: conv1d: ", "[N, C, L]", "[8, 16, 14, 14]"}},
      {conv(rows, {4, 16, 3, 3}), {"ShapeError: conv1d: weight ", "[O, C/groups, K]", "[4, 16, 3, 3]"}},
      {conv(rows, {6, 4, 3}, {.groups = 4}), {"ValueError: conv1d: weight [6, 4, 3]", "output channels", "4 groups"}},
      {conv(rows, {4, 16, 15}), {"ShapeError: conv1d: a window of 15", "length of 14", "padding 0"}},
      {conv(rows, {4, 16, 7}, {.padding = {0, 2}, .dilation = 4}),
       {"ShapeError: conv1d: a window of 25", "length of 14", "padding (0, 2)"}},
      {conv(rows, {4, 16, 3}, {.stride = 0}), {"ValueError: conv1d: ", "stride", "length"}},
      {conv(rows, {4, 16, 3}, {.padding = {0, -1}}), {"ValueError: conv1d: ", "padding", "(0, -1)", "length"}},
      {call([=] {
         return conv1d(zeros(rows), zeros({4, 16, 3}), zeros({16}));
       }),
       {"ShapeError: conv1d: weight [4, 16, 3]", "[4]", "[16]"}},
      {call([=] {
         return conv1d(zeros(rows), zeros({4, 16, 3}, float64));
       }),
       {"TypeError: conv1d: ", "float64"}},
      {call([] { return conv1d({}, {}); }), {"ValueError: conv1d: ", "undefined"}},
  });
}

TEST_CASE("op errors: transposed convolutions") {
  const auto conv = [](const Shape& input, const Shape& weight, const ConvTranspose2dOptions& options = {}) {
    return call([=] { return conv_transpose2d(zeros(input), zeros(weight), {}, options); });
  };
  const auto row = [](const Shape& input, const Shape& weight, const ConvTranspose1dOptions& options = {}) {
    return call([=] { return conv_transpose1d(zeros(input), zeros(weight), {}, options); });
  };
  const Shape image{8, 16, 5, 4};
  check_errors({
      {conv(image, {8, 16, 3, 3}),
       {"ShapeError: conv_transpose2d: weight [8, 16, 3, 3] wants 8 input channels, input [8, 16, 5, 4] has 16"}},
      {conv({16, 5, 4}, {16, 8, 3, 3}), {"ShapeError: conv_transpose2d: ", "[N, C, H, W]", "unsqueeze(0)"}},
      {conv(image, {16, 3, 3}), {"ShapeError: conv_transpose2d: weight ", "[C, O/groups, KH, KW]", "[16, 3, 3]"}},
      {conv(image, {16, 4, 3, 3}, {.groups = 3}),
       {"ValueError: conv_transpose2d: weight [16, 4, 3, 3]", "16 input channels", "3 groups"}},
      {conv(image, {16, 4, 3, 3}, {.stride = {2, 2}, .output_padding = {0, 2}}),
       {"ValueError: conv_transpose2d: output_padding ", "below the stride or the dilation", "2", "width"}},
      {conv(image, {16, 4, 3, 3}, {.output_padding = {-1, 0}}), {"ValueError: conv_transpose2d: ", "-1", "height"}},
      {conv(image, {16, 4, 3, 3}, {.stride = 2, .padding = "same", .output_padding = 1}),
       {"ValueError: conv_transpose2d: output_padding ", "0 beside padding \"same\""}},
      {conv(image, {16, 4, 3, 3}, {.padding = {2, 3}}),
       {"ShapeError: conv_transpose2d: ", "width of 4", "output with one of 0", "padding 3", "less padding"}},
      {conv(image, {16, 4, 3, 3}, {.stride = 0}), {"ValueError: conv_transpose2d: ", "stride"}},
      {conv(image, {16, 4, 3, 3}, {.padding = -1}), {"ValueError: conv_transpose2d: ", "padding", "-1"}},
      {call([=] {
         return conv_transpose2d(zeros(image), zeros({16, 4, 3, 3}), zeros({4}), {.groups = 2});
       }),
       {"ShapeError: conv_transpose2d: weight [16, 4, 3, 3]", "[8]", "[4]"}},
      {call([=] {
         return conv_transpose2d(zeros(image), zeros({16, 4, 3, 3}, float64));
       }),
       {"TypeError: conv_transpose2d: ", "float64"}},
      {call([=] {
         return conv_transpose2d(zeros(image, int64), zeros({16, 4, 3, 3}, int64));
       }),
       {"TypeError: ", "int64"}},
      {row({2, 3, 5}, {4, 3, 3}), {"ShapeError: conv_transpose1d: weight [4, 3, 3] wants 4 input channels"}},
      {row({3, 5}, {3, 4, 3}), {"ShapeError: conv_transpose1d: ", "[N, C, L]", "[3, 5]"}},
      {row({2, 3, 5}, {3, 4, 3}, {.output_padding = 1}), {"ValueError: conv_transpose1d: output_padding ", "length"}},
  });
}

TEST_CASE("op errors: pad") {
  const auto padded = [](const Shape& x, const Dims& amounts, PaddingMode mode) {
    return call([=] { return pad(zeros(x), amounts, mode); });
  };
  check_errors({
      {padded({2, 3}, {1, 1, 1}, PaddingMode::zeros), {"ShapeError: pad: ", "[1, 1, 1]", "[2, 3]"}},
      {padded({3}, {1, 1, 1, 1}, PaddingMode::zeros), {"ShapeError: pad: ", "two amounts for each axis", "[3]"}},
      {padded({2, 3}, {-2, -2}, PaddingMode::reflect), {"ShapeError: pad: ", "[-2, -2]", "more", "[2, 3]"}},
      {padded({2, 3}, {-4, 5}, PaddingMode::circular), {"ShapeError: pad: ", "[-4, 5]"}},
      {padded({3}, {INT64_MAX, INT64_MAX}, PaddingMode::zeros), {"ShapeError: pad: ", "below 2^31"}},
      {padded({3}, {INT64_MIN, INT64_MIN + 4}, PaddingMode::zeros), {"ShapeError: pad: ", "below 2^31"}},
      {padded({2, 0}, {1, 0}, PaddingMode::replicate), {"ShapeError: pad: ", "replicate", "[2, 0]", "use zeros"}},
      {call([] {
         return pad(Variable(), {1, 1});
       }),
       {"ValueError: pad: ", "undefined"}},
  });
}

TEST_CASE("op errors: batch_norm") {
  const auto norm = [](const Shape& x, const Shape& weight, const Shape& bias) {
    return call([=] { return batch_norm(zeros(x), zeros(weight), zeros(bias), {}, {}); });
  };
  const Variable c3 = zeros({3});
  const Variable x = zeros({2, 3, 4, 4});
  const BatchNormOptions eval{.training = false};
  check_errors({
      {norm({3}, {3}, {3}), {"ShapeError: batch_norm: ", "[N, C, ...]", "[3]"}},
      {norm({2, 3, 4, 4}, {4}, {3}), {"ShapeError: batch_norm: ", "[2, 3, 4, 4]", "3 channels", "[4]", "[3]"}},
      {norm({2, 3}, {3}, {1}), {"ShapeError: batch_norm: ", "[2, 3]", "[1]"}},
      {norm({1, 3, 1, 1}, {3}, {3}), {"ShapeError: batch_norm: ", "more than one value", "[1, 3, 1, 1]"}},
      {call([=] { return batch_norm_max_pool2d(x, zeros({4}), c3, {}, {}); }),
       {"ShapeError: batch_norm: ", "3 channels", "[4]"}},
      {call([=] {
         return batch_norm_max_pool2d(zeros({5, 3, 4}), c3, c3, {}, {});
       }),
       {"ShapeError: max_pool2d: ", "[5, 3, 4]"}},
      {call([=] {
         return batch_norm_max_pool2d(zeros({5, 3, 4, 1}), c3, c3, {}, {});
       }),
       {"ShapeError: max_pool2d: ", "a window of 2"}},
      {call([=] { return batch_norm(x, c3, c3, {}, {}, eval); }), {"ValueError: batch_norm: ", "running"}},
      {call([=] { return batch_norm(x, zeros({3}, float64), c3, {}, {}); }), {"TypeError: batch_norm: ", "float64"}},
      {call([=] { return batch_norm(x, c3, zeros({3}, float64), {}, {}); }), {"TypeError: batch_norm: ", "float64"}},
      {call([=] {
         return batch_norm(zeros({2, 3}, int64), zeros({3}, int64), zeros({3}, int64), {}, {});
       }),
       {"TypeError: batch_norm: ", "int64"}},
      {call([=] { return batch_norm(x, c3, c3, Tensor::zeros({4}), Tensor::ones({3})); }),
       {"ShapeError: batch_norm: ", "3 channels", "[4]"}},
      {call([=] { return batch_norm(x, c3, c3, Tensor::zeros({3}), Tensor::ones({1}), eval); }),
       {"ShapeError: batch_norm: ", "3 channels", "[1]"}},
      {call([=] { return batch_norm(x, c3, c3, Tensor::zeros({3}, float64), Tensor::ones({3}), eval); }),
       {"TypeError: batch_norm: ", "float32", "float64"}},
  });
}
