#include <doctest/doctest.h>

#include <reel/autograd/ops/pool.h>
#include <tests/autograd/errors.h>
#include <tests/op_table.h>

// Pooling: gradients against central differences, and what is said to wrong shapes, dtypes and options.

using namespace reel;
using namespace reel::testing;
using In = std::vector<Variable>;

TEST_CASE("gradients: pooling") {
  check_table({
      {"max_pool2d", [](const In& v) { return max_pool2d(v[0]); }, {{2, 2, 4, 5}}, -2, 2, true},
      {"max_pool2d overlapping",
       [](const In& v) { return max_pool2d(v[0], {.kernel_size = 3, .stride = 2, .padding = 1}); },
       {{1, 2, 5, 5}},
       -2,
       2,
       true},
      {"max_pool2d dilated",
       [](const In& v) { return max_pool2d(v[0], {.kernel_size = 2, .stride = 1, .dilation = 2}); },
       {{1, 2, 5, 4}},
       -2,
       2,
       true},
      {"max_pool2d in ceil mode",
       [](const In& v) {
         return max_pool2d(v[0], {.kernel_size = {3, 2}, .stride = 2, .ceil_mode = true});
       },
       {{1, 2, 4, 5}},
       -2,
       2,
       true},
      {"max_pool1d",
       [](const In& v) { return max_pool1d(v[0], {.kernel_size = 3, .stride = 2, .padding = 1}); },
       {{2, 2, 6}},
       -2,
       2,
       true},
      {"adaptive_max_pool2d",
       [](const In& v) {
         return adaptive_max_pool2d(v[0], {2, 3});
       },
       {{1, 2, 5, 4}},
       -2,
       2,
       true},
      {"adaptive_max_pool1d", [](const In& v) { return adaptive_max_pool1d(v[0], 3); }, {{2, 2, 5}}, -2, 2, true},
      {"avg_pool2d", [](const In& v) { return avg_pool2d(v[0]); }, {{2, 2, 4, 4}}},
      {"avg_pool2d padded",
       [](const In& v) {
         return avg_pool2d(v[0], {.kernel_size = {3, 2}, .stride = {2, 1}, .padding = {1, 1}});
       },
       {{1, 2, 5, 4}}},
      {"avg_pool2d in ceil mode, without the padding",
       [](const In& v) {
         return avg_pool2d(
             v[0], {.kernel_size = 3, .stride = 2, .padding = 1, .ceil_mode = true, .count_include_pad = false});
       },
       {{1, 2, 4, 5}}},
      {"avg_pool1d", [](const In& v) { return avg_pool1d(v[0], {.kernel_size = 3, .stride = 2}); }, {{2, 2, 7}}},
      {"adaptive_avg_pool2d",
       [](const In& v) {
         return adaptive_avg_pool2d(v[0], {2, 3});
       },
       {{1, 2, 5, 4}}},
      {"adaptive_avg_pool1d", [](const In& v) { return adaptive_avg_pool1d(v[0], 3); }, {{2, 2, 5}}},
  });
}

TEST_CASE("op errors: pooling") {
  const Shape image{2, 3, 4, 5};
  const auto pools = [](const Shape& input, const AvgPool2dOptions& o, const std::vector<std::string>& parts) {
    for (const bool largest : {true, false}) {
      std::vector<std::string> named = parts;
      named[0] = concat(parts[0], ": ", largest ? "max_pool2d: " : "avg_pool2d: ");
      const Pool2dOptions same{o.kernel_size, o.stride, o.padding};
      check_error(call([&] { return largest ? max_pool2d(zeros(input), same) : avg_pool2d(zeros(input), o); }), named);
    }
  };
  pools({3, 4, 5}, {}, {"ShapeError", "[N, C, H, W]", "[3, 4, 5]"});
  pools(image, {.kernel_size = 5}, {"ShapeError", "window of 5", "height of 4"});
  pools(image, {.kernel_size = 2, .padding = 2}, {"ValueError", "padding 2", "kernel size 2"});
  pools(image, {.kernel_size = 0}, {"ValueError", "kernel size"});
  pools(image, {.stride = {-1, 1}}, {"ValueError", "stride", "-1"});
  pools(image, {.padding = -1}, {"ValueError", "padding", "-1"});
  pools({2, 3, 0, 5}, {.kernel_size = 1}, {"ShapeError", "height of 0"});
  check_errors({
      {call([=] { return max_pool2d(zeros(image), {.dilation = 0}); }), {"ValueError: max_pool2d: ", "dilation"}},
      {call([=] { return max_pool2d(zeros(image, uint8)); }), {"TypeError: max_pool2d: ", "uint8"}},
      {call([=] { return avg_pool2d(zeros(image, int64)); }), {"TypeError: avg_pool2d: ", "int64"}},
      {call([=] {
         return adaptive_avg_pool2d(zeros({3, 4}), 1);
       }),
       {"ShapeError: adaptive_avg_pool2d: ", "[3, 4]"}},
      {call([=] {
         return adaptive_avg_pool2d(zeros(image), {0, 1});
       }),
       {"ValueError: adaptive_avg_pool2d: ", "(0, 1)"}},
      {call([=] {
         return adaptive_avg_pool2d(zeros({1, 1, 0, 2}), 1);
       }),
       {"ShapeError: adaptive_avg_pool2d: "}},
      {call([=] { return max_pool2d_with_indices(zeros(image, int64)); }), {"TypeError: max_pool2d: ", "int64"}},
      {call([=] { return max_pool1d(zeros(image)); }), {"ShapeError: max_pool1d: ", "[N, C, L]", "[2, 3, 4, 5]"}},
      {call([] {
         return max_pool1d(zeros({2, 3, 4}), {.kernel_size = 5});
       }),
       {"ShapeError: max_pool1d: ", "window of 5", "length of 4"}},
      {call([] {
         return max_pool1d_with_indices(zeros({2, 3, 4}, uint8));
       }),
       {"TypeError: max_pool1d: ", "uint8"}},
      {call([=] { return avg_pool1d(zeros(image)); }), {"ShapeError: avg_pool1d: ", "[N, C, L]", "[2, 3, 4, 5]"}},
      {call([] {
         return avg_pool1d(zeros({2, 3, 4}), {.kernel_size = 3, .padding = 2});
       }),
       {"ValueError: avg_pool1d: ", "padding 2", "length"}},
      {call([=] {
         return adaptive_max_pool2d(zeros(image), {2, 0});
       }),
       {"ValueError: adaptive_max_pool2d: ", "(2, 0)"}},
      {call([=] { return adaptive_max_pool1d(zeros(image), 2); }), {"ShapeError: adaptive_max_pool1d: ", "[N, C, L]"}},
      {call([] {
         return adaptive_avg_pool1d(zeros({2, 3, 4}), 0);
       }),
       {"ValueError: adaptive_avg_pool1d: ", "0"}},
      {call([] { return max_pool2d({}); }), {"ValueError: max_pool2d: ", "undefined"}},
      {call([=] { return adaptive_avg_pool2d(zeros(image, int64), 1); }),
       {"TypeError: adaptive_avg_pool2d: ", "int64"}},
  });
}
