#include <doctest/doctest.h>

#include <algorithm>
#include <reel/core/kernels/conv.h>
#include <reel/core/kernels/elementwise.h>
#include <reel/core/kernels/reduce.h>
#include <tests/note.h>
#include <vector>

using namespace reel;
using doctest::Contains;

namespace {

kernels::Conv2dGeometry geometry(const Shape& input, const Shape& weight, const Conv2dOptions& options = {}) {
  return kernels::conv2d_geometry("conv2d", input, weight, options);
}

}  // namespace

TEST_CASE("operands that do not fit a convolution are refused with both shapes") {
  CHECK_THROWS_WITH_AS(static_cast<void>(geometry({8, 16, 14, 14}, {64, 32, 3, 3})),
                       "conv2d: weight [64, 32, 3, 3] wants 32 input channels, input [8, 16, 14, 14] has 16",
                       ShapeError);
  CHECK_THROWS_WITH_AS(static_cast<void>(geometry({16, 14, 14}, {64, 16, 3, 3})), Contains("unsqueeze(0)"), ShapeError);
  CHECK_THROWS_WITH_AS(static_cast<void>(geometry({8, 16, 14, 14}, {64, 16, 3})), Contains("got [64, 16, 3]"),
                       ShapeError);
  CHECK_THROWS_WITH_AS(static_cast<void>(geometry({8, 16, 2, 14}, {64, 16, 3, 3})),
                       Contains("a window of 3 does not fit the input's height of 2 with padding 0"), ShapeError);
  CHECK_THROWS_AS(static_cast<void>(geometry({8, 16, 14, 4}, {64, 16, 3, 3}, {.dilation = {1, 2}})), ShapeError);
  CHECK_THROWS_WITH_AS(static_cast<void>(geometry({8, 6, 9, 9}, {4, 2, 3, 3}, {.groups = 3})),
                       Contains("4 output channels, which 3 groups do not divide"), ValueError);
  CHECK_THROWS_AS(static_cast<void>(geometry({8, 6, 9, 9}, {4, 6, 3, 3}, {.groups = 0})), ValueError);
  CHECK_THROWS_AS(static_cast<void>(geometry({8, 6, 9, 9}, {4, 6, 0, 3})), ValueError);
  CHECK_THROWS_AS(static_cast<void>(geometry({8, 6, 9, 9}, {4, 6, 3, 3}, {.stride = {1, 0}})), ValueError);
  CHECK_THROWS_AS(static_cast<void>(geometry({8, 6, 9, 9}, {4, 6, 3, 3}, {.padding = -1})), ValueError);
  CHECK_THROWS_AS(static_cast<void>(geometry({8, 6, 9, 9}, {4, 6, 3, 3}, {.dilation = 0})), ValueError);
  CHECK_THROWS_WITH_AS(static_cast<void>(Padding("full")), Contains("got \"full\""), ValueError);
}

TEST_CASE("a window is placed as often as it fits") {
  for (std::int64_t in = 1; in < 9; ++in) {
    for (std::int64_t kernel = 1; kernel < 5; ++kernel) {
      for (std::int64_t stride = 1; stride < 4; ++stride) {
        for (std::int64_t dilation = 1; dilation < 3; ++dilation) {
          const std::int64_t reach = (kernel - 1) * dilation + 1;
          for (std::int64_t pad = 0; pad < 4; ++pad) {
            std::int64_t positions = 0;
            for (std::int64_t start = -pad; start + reach <= in + pad; start += stride) ++positions;
            if (positions == 0) continue;
            const WindowAxis axis = place_window("test", "width", in, kernel, stride, dilation, pad);
            CHECK(axis.out == positions);
            CHECK(axis.pad_begin == pad);
          }
          const WindowAxis same = place_window("test", "width", in, kernel, stride, dilation, "same");
          CHECK(same.out == (in + stride - 1) / stride);
          const std::int64_t zeros = std::max<std::int64_t>(0, (same.out - 1) * stride + reach - in);
          CHECK(same.pad_begin == zeros / 2);  // the odd one is at the end
        }
      }
    }
  }
  CHECK(concat(Padding("same"), ' ', Padding("valid"), ' ', Padding(1, 2), ' ', Pair(3)) == "same 0 (1, 2) 3");
}

TEST_CASE("convolutions of nothing are empty or zero") {
  struct Row {
    Shape input, weight;
    Conv2dOptions options;
  };
  for (const auto& [input, weight, options] : std::vector<Row>{{{0, 2, 5, 5}, {3, 2, 3, 3}, {}},
                                                               {{2, 0, 5, 5}, {3, 0, 3, 3}, {}},
                                                               {{2, 3, 5, 5}, {0, 3, 3, 3}, {}},
                                                               {{2, 0, 5, 5}, {0, 0, 1, 1}, {}},
                                                               {{2, 2, 0, 5}, {3, 2, 3, 3}, {.padding = "same"}},
                                                               {{2, 2, 5, 0}, {3, 2, 1, 1}, {.padding = "same"}},
                                                               {{2, 2, 0, 5}, {3, 2, 3, 3}, {.padding = 2}}}) {
    const auto noted = note(input, " and ", weight);
    const auto g = geometry(input, weight, options);
    const Tensor x = Tensor::ones(input);
    const Tensor w = Tensor::ones(weight);
    const Tensor gy = Tensor::ones(g.output_shape());
    const Tensor bias = Tensor::full({weight[0]}, 2);
    CHECK(sum(kernels::conv2d_forward(x, w, {}, g)).item() == 0);
    CHECK(sum(kernels::conv2d_forward(x, w, {bias}, g)).item() == 2.0 * static_cast<double>(gy.numel()));
    const Tensor dx = kernels::conv2d_input_grad(gy, w, g);
    CHECK(dx.shape() == input);
    CHECK(sum(dx).item() == 0);
    const Tensor dw = kernels::conv2d_weight_grad(x, gy, g);
    CHECK(dw.shape() == weight);
    CHECK(sum(dw).item() == 0);
  }
}

TEST_CASE("convolution kernels refuse what is not a float") {
  const auto g = geometry({1, 1, 3, 3}, {1, 1, 2, 2});
  const Tensor x = Tensor::zeros({1, 1, 3, 3}, int64);
  const Tensor w = Tensor::zeros({1, 1, 2, 2}, int64);
  CHECK_THROWS_AS(static_cast<void>(kernels::conv2d_forward(x, w, {}, g)), TypeError);
  CHECK_THROWS_AS(static_cast<void>(kernels::conv2d_forward(x.to(float32), w.to(float64), {}, g)), TypeError);
}
