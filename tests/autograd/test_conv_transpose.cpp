#include <doctest/doctest.h>

#include <random>
#include <reel/autograd/ops/activation.h>
#include <reel/autograd/ops/arithmetic.h>
#include <reel/autograd/ops/conv.h>
#include <reel/autograd/ops/pad.h>
#include <reel/autograd/ops/view.h>
#include <reel/autograd/tape.h>
#include <reel/core/random.h>
#include <tests/autograd/golden.h>
#include <tests/note.h>
#include <tests/threads.h>

// The transposed convolutions and conv1d against their definitions.

using namespace reel;
using namespace reel::testing;

namespace {

Tensor numbers(const Shape& shape, DType dtype = float64) {
  Generator generator(static_cast<std::uint64_t>(numel(shape)));
  return normal(shape, 0, 1, dtype, generator);
}

/// Every input pixel adds its multiple of the kernel to the output, `stride` apart: y[n, o, i s + k d] += x w, whole.
Tensor spread(const Tensor& x, const Tensor& w, const ConvTranspose2dOptions& options) {
  const Pair s = options.stride;
  const Pair d = options.dilation;
  const std::int64_t channels = w.size(1);  // of a group's output
  const std::int64_t in_group = x.size(1) / options.groups;
  Tensor y = Tensor::zeros({x.size(0), channels * options.groups, (x.size(2) - 1) * s.h + (w.size(2) - 1) * d.h + 1,
                            (x.size(3) - 1) * s.w + (w.size(3) - 1) * d.w + 1},
                           float64);
  for (std::int64_t c = 0; c < x.size(1); ++c) {
    for (std::int64_t kh = 0; kh < w.size(2); ++kh) {
      for (std::int64_t kw = 0; kw < w.size(3); ++kw) {
        for (std::int64_t o = 0; o < channels; ++o) {
          Tensor place = y.select(1, c / in_group * channels + o)
                             .slice(1, kh * d.h, kh * d.h + (x.size(2) - 1) * s.h + 1, s.h)
                             .slice(2, kw * d.w, kw * d.w + (x.size(3) - 1) * s.w + 1, s.w);
          place.copy_from(place + x.select(1, c) * w.at({c, o, kh, kw}));
        }
      }
    }
  }
  return y;
}

}  // namespace

TEST_CASE("conv_transpose2d spreads multiples of the kernel, and cuts or lengthens the ends") {
  struct Row {
    Shape input, weight;
    ConvTranspose2dOptions options;
    Dims change;  // of the whole output: left, right, top, bottom
  };
  const std::vector<Row> rows{
      {{2, 3, 4, 5}, {3, 2, 3, 2}, {}, {}},
      {{2, 3, 4, 5}, {3, 2, 4, 4}, {.stride = 2, .padding = 1}, {-1, -1, -1, -1}},
      {{1, 4, 3, 2}, {4, 3, 3, 3}, {.stride = {3, 2}, .padding = {2, 0}, .groups = 2}, {0, 0, -2, -2}},
      {{1, 2, 3, 4}, {2, 2, 3, 3}, {.stride = 2, .output_padding = {1, 0}}, {0, 0, 0, 1}},
      {{1, 2, 3, 4}, {2, 2, 3, 3}, {.padding = {0, {2, 1}}, .output_padding = 1, .dilation = 2}, {-2, 0, 0, 1}},
      {{1, 2, 4, 3}, {2, 2, 5, 4}, {.stride = 2, .padding = "same"}, {-1, -1, -1, -2}},
      {{1, 2, 4, 3}, {2, 2, 1, 2}, {.stride = 3, .padding = "same"}, {0, 1, 0, 2}},
      {{1, 2, 4, 3}, {2, 2, 3, 3}, {.padding = "valid"}, {}},
  };
  for (const auto& [input, weight, options, change] : rows) {
    const auto noted = note("input ", input, " weight ", weight, " padding ", options.padding);
    const Tensor x = numbers(input);
    const Tensor w = numbers(weight);
    const Tensor b = numbers({weight[1] * options.groups});
    const Variable expected = pad(spread(x, w, options), change) + reshape(b, {-1, 1, 1});
    CHECK(relative_error(conv_transpose2d(x, w, b, options).value(), expected.value()) < 1e-14);
    const Tensor rounded =
        conv_transpose2d(x.to(float32), w.to(float32), b.to(float32), options, Activation::relu).value();
    CHECK(relative_error(rounded.to(float64), relu(expected).value()) < 1e-6);
  }
}

TEST_CASE("a transposed convolution gives back a size that the convolution came from") {
  for (const std::int64_t stride : {1, 2, 3}) {
    for (const std::int64_t size : {7, 8, 9}) {
      const Conv1dOptions options{.stride = stride, .padding = 1, .dilation = 2};
      const Tensor w = numbers({1, 1, 3});
      const std::int64_t length = conv1d(numbers({1, 1, size}), w, {}, options).size(2);
      const std::int64_t rest = (size + 2 - 5) % stride;
      const Variable back = conv_transpose1d(numbers({1, 1, length}), w, {},
                                             {.stride = stride, .padding = 1, .output_padding = rest, .dilation = 2});
      CHECK(back.size(2) == size);
      const ConvTranspose1dOptions same{.stride = stride, .padding = "same"};
      CHECK(conv_transpose1d(numbers({1, 1, size}), w, {}, same).size(2) == size * stride);
    }
  }
}

TEST_CASE("conv1d is conv2d on images of height 1") {
  const Tensor x = numbers({3, 4, 20}, float32);
  const Tensor w = numbers({6, 2, 5}, float32);
  const Tensor b = numbers({6}, float32);
  for (const AxisPadding& padding : {AxisPadding(3), AxisPadding(4, 0), AxisPadding("same")}) {
    const Variable y = conv1d(x, w, b, {.stride = 2, .padding = padding, .dilation = 2, .groups = 2});
    const Variable images = conv2d(x.unsqueeze(2), w.unsqueeze(2), b,
                                   {.stride = {1, 2}, .padding = {0, padding}, .dilation = {1, 2}, .groups = 2});
    CHECK(same_bits(y.value(), images.value().squeeze(2)));
  }
}

TEST_CASE("a causal convolution does not look ahead") {
  Tensor x = numbers({1, 2, 12}, float32);
  const Tensor w = numbers({2, 2, 3}, float32);
  const Conv1dOptions causal{.padding = {4, 0}, .dilation = 2};
  const Tensor y = conv1d(x, w, {}, causal).value();
  CHECK(y.shape() == x.shape());
  Tensor future = x.narrow(2, 7, 5);
  future.fill(9);
  CHECK(same_bits(conv1d(x, w, {}, causal).value().narrow(2, 0, 7).contiguous(), y.narrow(2, 0, 7).contiguous()));
}

TEST_CASE("1-D, transposed and padded convolutions give the same bits for any number of threads") {
  const Tensor row = numbers({8, 24, 400}, float32);
  const Tensor image = numbers({8, 24, 20, 21}, float32);
  const Tensor b = numbers({24}, float32);
  const auto run = [&] {
    std::vector<Tensor> out;
    const auto add = [&](const auto& op, const Tensor& input, const Tensor& weight, const auto& options) {
      const Variable x = Variable::leaf(input), w = Variable::leaf(weight), bias = Variable::leaf(b);
      Tape tape;
      const Variable y = op(x, w, bias, options, Activation::relu);
      tape.backward(y, {.gradient = y.value()});
      out.insert(out.end(), {y.value(), x.grad(), w.grad(), bias.grad()});
    };
    const Tensor taps = numbers({24, 24, 5}, float32);
    const Tensor squares = numbers({24, 24, 4, 4}, float32);
    add(conv1d, row, taps, Conv1dOptions{.padding = {8, 0}, .dilation = 2});
    add(conv_transpose1d, row, taps, ConvTranspose1dOptions{.stride = 2, .padding = 1});
    add(conv_transpose2d, image, squares, ConvTranspose2dOptions{.stride = 2, .padding = 1});
    add([](const auto&... all) { return conv2d(all...); }, image, squares,
        Conv2dOptions{.padding = "same", .padding_mode = PaddingMode::reflect});
    return out;
  };
  const WithThreads one(1);
  const std::vector<Tensor> expected = run();
  for (const int threads : {2, 3, 8}) {
    CAPTURE(threads);
    const WithThreads guard(threads);
    const std::vector<Tensor> got = run();
    for (std::size_t i = 0; i < got.size(); ++i) CHECK(same_bits(got[i], expected[i]));
  }
}

TEST_CASE("pad: values by hand") {
  const Tensor x = Tensor::of({1, 2, 3});
  const auto padded = [&](const Dims& amounts, PaddingMode mode) { return pad(x, amounts, mode).value(); };
  const auto same = [](const Tensor& a, const Tensor& b) { CHECK(relative_error(a, b) == 0); };
  same(pad(x, {1, 2}, 7).value(), Tensor::of({7, 1, 2, 3, 7, 7}));
  same(padded({1, 2}, PaddingMode::zeros), Tensor::of({0, 1, 2, 3, 0, 0}));
  same(padded({2, 1}, PaddingMode::reflect), Tensor::of({3, 2, 1, 2, 3, 2}));
  same(padded({5, 6}, PaddingMode::reflect), Tensor::of({2, 1, 2, 3, 2, 1, 2, 3, 2, 1, 2, 3, 2, 1}));  // there and back
  same(padded({2, 1}, PaddingMode::replicate), Tensor::of({1, 1, 1, 2, 3, 3}));
  same(padded({4, 1}, PaddingMode::circular), Tensor::of({3, 1, 2, 3, 1, 2, 3, 1}));
  same(padded({-1, 2}, PaddingMode::circular), Tensor::of({2, 3, 2, 3}));
  same(padded({-3, 0}, PaddingMode::zeros), Tensor::of({}));
  same(padded({}, PaddingMode::reflect), x);
  same(pad(Tensor::of({5}), {2, 1}, PaddingMode::reflect).value(), Tensor::of({5, 5, 5, 5}));
  same(pad(Tensor::zeros({2, 0}), {1, 0}, 3).value(), Tensor::full({2, 1}, 3));
  const Tensor labels = Tensor::of({1, 2}, int64);
  same(pad(labels, {0, 1}, -100).value(), Tensor::of({1, 2, -100}, int64));
}
