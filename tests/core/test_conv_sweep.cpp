#include <doctest/doctest.h>

#include <cmath>
#include <cstring>
#include <limits>
#include <reel/core/kernels/conv.h>
#include <reel/core/kernels/elementwise.h>
#include <reel/core/kernels/reduce.h>
#include <reel/core/parallel.h>
#include <reel/core/random.h>
#include <span>
#include <string_view>
#include <tests/note.h>
#include <tests/sweep.h>
#include <tests/threads.h>
#include <vector>

using namespace reel;
using reel::testing::Dice;
using reel::testing::same_bits;
using reel::testing::sweep_size;
using reel::testing::WithThreads;

namespace {

struct Config {
  Shape input;
  Shape weight;
  Conv2dOptions options;
  bool bias;
  bool strided;  // the operands are views that are not contiguous
};

std::ostream& operator<<(std::ostream& out, const Config& c) {
  return out << "input " << c.input << " weight " << c.weight << " stride " << c.options.stride << " padding "
             << c.options.padding << " dilation " << c.options.dilation << " groups " << c.options.groups;
}

struct TransposedConfig {
  Shape input;
  Shape weight;
  ConvTranspose2dOptions options;
};

std::ostream& operator<<(std::ostream& out, const TransposedConfig& c) {
  return out << "input " << c.input << " weight " << c.weight << " stride " << c.options.stride << " padding "
             << c.options.padding << " output_padding " << c.options.output_padding << " dilation "
             << c.options.dilation << " groups " << c.options.groups;
}

/// Draws configurations: most of them from all over the space, every other one from a corner that is easy to get wrong.
class ConfigSource : private Dice {
 public:
  ConfigSource() : Dice(20240501) {}

  Config next() {
    Config config = draw(count_++ % 19);
    while (!fits(config)) config = draw(19);
    return config;
  }

  /// A transposed convolution: input and weight are its own.
  TransposedConfig next_transposed() {
    while (true) {
      const Config c = draw(18 - count_++ % 3);
      const Pair rest{pick(0, std::max(c.options.stride.h, c.options.dilation.h) - 1),
                      pick(0, std::max(c.options.stride.w, c.options.dilation.w) - 1)};
      const bool is_same = c.options.padding.h.is_same;
      const Shape input{c.input[0], c.weight[0], c.input[2], c.input[3]};
      const ConvTranspose2dOptions options{.stride = c.options.stride,
                                           .padding = c.options.padding,
                                           .output_padding = is_same ? Pair(0) : rest,
                                           .dilation = c.options.dilation,
                                           .groups = c.options.groups};
      if (fits(input, c.weight, options)) return {input, c.weight, options};
    }
  }

 private:
  Pair pair(std::int64_t low, std::int64_t high) { return {pick(low, high), pick(low, high)}; }

  Config draw(int corner) {
    std::int64_t batch = pick(1, 4);
    std::int64_t groups = pick(0, 2) == 0 ? pick(2, 4) : 1;
    std::int64_t in = pick(1, 5);  // channels of a group
    std::int64_t out = pick(1, 5);
    Pair size = pair(1, 14);
    Pair kernel = pair(1, 5);
    Pair stride = pair(1, 3);
    Pair dilation = pick(0, 2) == 0 ? pair(1, 3) : Pair(1);
    Padding padding = pick(0, 3) == 0 ? Padding("same") : Padding(pick(0, 3), {pick(0, 3), pick(0, 3)});
    switch (corner) {
      case 0: kernel = stride = dilation = 1, padding = 0; break;  // pointwise: no columns at all
      case 1: kernel = 1, stride = pair(2, 3); break;              // 1x1, but strided
      case 2:                                                      // depthwise
        groups = pick(2, 9), in = 1, out = pick(1, 2), size.w = pick(1, 70);
        if (pick(0, 1) == 0) stride = 1;
        break;
      case 3: stride = {kernel.h + pick(1, 2), kernel.w + pick(1, 2)}; break;  // pixels that no window sees
      case 4: size = pair(1, 3), kernel = pair(4, 5), padding = Padding(4, 3); break;
      case 5:  // several partial sums of the weight gradient
        batch = 40, groups = 1, in = pick(5, 6), out = pick(5, 6), kernel = 3, stride = dilation = 1, padding = 1;
        size = pair(12, 14);
        break;
      case 6: size.h = kernel.h, dilation = 1, padding = Padding(0, 1); break;  // one row out
      case 7: size.w = kernel.w, dilation = 1, padding = Padding(2, 0); break;  // one column out
      case 8: batch = pick(0, 1); break;
      case 9:  // several tiles to an image
        batch = pick(1, 2), groups = 1, in = pick(50, 80), out = pick(1, 2), kernel = 3, stride = dilation = 1;
        size = {pick(7, 9), pick(92, 120)};
        break;
      case 10:  // several blocks of channels in the input gradient
        batch = 1, groups = pick(1, 2), in = pick(17, 40), out = pick(1, 3), kernel = 3, padding = 1;
        break;
      case 11:  // output channels that fill the direct kernels' blocks, or nearly; images small and large
        batch = pick(1, 20), groups = pick(1, 2), in = pick(1, 12), out = pick(24, 70), dilation = pair(1, 2);
        break;
      case 12:  // the same for the input gradient
        batch = pick(1, 20), groups = pick(1, 2), in = pick(24, 70), out = pick(1, 12), stride = 1;
        break;
      case 13:  // what Winograd is for
        batch = pick(1, 9), groups = 1, in = pick(1, 40), out = pick(1, 70), kernel = 3, stride = dilation = 1;
        padding = pick(0, 2);
        break;
      case 14:  // more tiles and fields to an image than one
        batch = 1, groups = 1, in = pick(1, 20), out = pick(1, 20), kernel = 3, dilation = 1, padding = pick(0, 2);
        stride = pick(1, 2), size = {pick(3, 20), pick(260, 300)};
        break;
      case 18:  // what Winograd's large tiles are for
        batch = pick(4, 9), groups = 1, in = pick(16, 40), out = pick(16, 70), kernel = 3, stride = dilation = 1;
        size = pair(7, 19), padding = pick(0, 2);
        break;
      case 15:  // what Winograd is for, with padding of its own at each end
        batch = pick(1, 5), groups = 1, in = pick(1, 40), out = pick(1, 40), kernel = 3, stride = dilation = 1;
        padding = Padding({pick(0, 2), pick(0, 4)}, {pick(0, 2), pick(0, 4)});
        break;
      case 16:  // rows
        size = {1, pick(1, 300)}, kernel = {1, pick(1, 16)}, dilation = {1, pick(1, 9)}, stride = {1, pick(1, 4)};
        in = pick(1, 20), out = pick(1, 40), padding = Padding(0, {pick(0, 20), pick(0, 20)});
        break;
      case 17:  // depthwise rows
        groups = pick(2, 40), in = out = 1, size = {1, pick(1, 100)}, kernel = {1, pick(1, 31)}, stride = 1;
        dilation = {1, pick(1, 3)}, padding = Padding(0, {pick(0, 20), pick(0, 20)});
        break;
      default: break;
    }
    return {{batch, in * groups, size.h, size.w},
            {out * groups, in, kernel.h, kernel.w},
            {.stride = stride, .padding = padding, .dilation = dilation, .groups = groups},
            pick(0, 1) == 1,
            pick(0, 3) == 0};
  }

  static bool fits(const Config& c) { return fits(c.input, c.weight, c.options); }
  template <class Options>
  static bool fits(const Shape& input, const Shape& weight, const Options& options) {
    try {
      static_cast<void>(kernels::conv2d_geometry("sweep", input, weight, options));
      return true;
    } catch (const ShapeError&) {
      return false;
    }
  }

  int count_ = 0;
};

/// Numbers that float32 holds, as float64.
Tensor numbers(const Shape& shape, Generator& generator) { return normal(shape, 0, 1, float32, generator).to(float64); }

/// The same numbers in another dtype, as a view with its axes turned round where `strided` says so.
Tensor laid_out(const Tensor& a, DType dtype, bool strided) {
  if (!strided || a.rank() != 4) return a.to(dtype);
  return a.permute({3, 1, 2, 0}).clone().to(dtype).permute({3, 1, 2, 0});
}

/// `fast` agrees with `exact` up to the rounding of sums of `terms` products.
void check_close(std::string_view kernel, const Tensor& fast, const Tensor& exact, std::int64_t terms) {
  CAPTURE(kernel);
  REQUIRE(fast.shape() == exact.shape());
  if (exact.numel() == 0) return;
  const double unit = fast.dtype() == float32 ? 1e-6 : 2e-15;
  const double size = std::max(1.0, max(abs(exact)).item());
  REQUIRE(max(abs(fast.to(float64) - exact)).item() <= unit * size * std::sqrt(static_cast<double>(terms) + 1));
}

/// The ways to compute a convolution.
const std::pair<std::string_view, kernels::ConvAlgorithm> algorithms[] = {
    {"automatic", kernels::ConvAlgorithm::automatic}, {"im2col", kernels::ConvAlgorithm::im2col},
    {"direct", kernels::ConvAlgorithm::direct},       {"winograd", kernels::ConvAlgorithm::winograd},
    {"depthwise", kernels::ConvAlgorithm::depthwise}, {"pointwise", kernels::ConvAlgorithm::pointwise},
    {"images", kernels::ConvAlgorithm::images},       {"winograd4", kernels::ConvAlgorithm::winograd4}};

/// In float64 there are the first two alone, whatever is asked for.
std::span<const std::pair<std::string_view, kernels::ConvAlgorithm>> algorithms_for(DType dtype) {
  return std::span(algorithms).first(dtype == float32 ? std::size(algorithms) : 2);
}

/// Computes all convolutions in one way, as long as it lives.
struct WithAlgorithm {
  explicit WithAlgorithm(kernels::ConvAlgorithm algorithm) { kernels::set_conv_algorithm(algorithm); }
  ~WithAlgorithm() { kernels::set_conv_algorithm(kernels::ConvAlgorithm::automatic); }
  WithAlgorithm(const WithAlgorithm&) = delete;
  WithAlgorithm& operator=(const WithAlgorithm&) = delete;
};

/// Leaves NaN in the pooled block that a result of this shape will get, so that what is not written shows.
void soil_memory(const Shape& shape, DType dtype) {
  static_cast<void>(Tensor::full(shape, std::numeric_limits<double>::quiet_NaN(), dtype));
}

void check_geometry(const kernels::Conv2dGeometry& g, bool has_bias, bool strided, Generator& generator) {
  const Tensor x = numbers(g.input_shape(), generator);
  const Tensor w = numbers(g.weight_shape(), generator);
  const Tensor gy = numbers(g.output_shape(), generator);
  const Tensor b = has_bias ? numbers({g.out_channels}, generator) : Tensor();
  const Tensor sums = kernels::naive::conv2d_forward(x, w, {}, g);
  const Tensor y = has_bias ? kernels::naive::conv2d_forward(x, w, b, g) : sums;
  const Tensor scale = numbers({g.out_channels}, generator);
  const Tensor scaled = relu(y - sums + sums * scale.reshape({-1, 1, 1}));
  const Tensor dx = kernels::naive::conv2d_input_grad(gy, w, g);
  const Tensor dw = kernels::naive::conv2d_weight_grad(x, gy, g);
  for (const DType dtype : {float32, float64}) {
    CAPTURE(dtype);
    const Tensor input = laid_out(x, dtype, strided);
    const Tensor weight = laid_out(w, dtype, strided);
    const Tensor grad = laid_out(gy, dtype, strided);
    const Tensor bias = has_bias ? b.to(dtype) : b;
    for (const auto& [name, algorithm] : algorithms_for(dtype)) {
      const auto noted = note(name);
      const WithAlgorithm guard(algorithm);
      soil_memory(g.output_shape(), dtype);
      check_close("forward", kernels::conv2d_forward(input, weight, {bias}, g), y, g.depth());
      soil_memory(g.output_shape(), dtype);
      check_close("forward, scaled",
                  kernels::conv2d_forward(input, weight, {bias, Activation::relu, scale.to(dtype)}, g), scaled,
                  g.depth());
      soil_memory(g.input_shape(), dtype);
      check_close("input gradient", kernels::conv2d_input_grad(grad, weight, g), dx,
                  g.out_channels / g.groups * g.kernel_h * g.kernel_w);
      soil_memory(g.weight_shape(), dtype);
      check_close("weight gradient", kernels::conv2d_weight_grad(input, grad, g), dw, g.batch * g.out_h * g.out_w);
    }
  }
}

void check_config(const Config& config, Generator& generator) {
  check_geometry(kernels::conv2d_geometry("sweep", config.input, config.weight, config.options), config.bias,
                 config.strided, generator);
}

void check_threads() {
  const std::vector<Config> configs{
      {{16, 16, 20, 20}, {32, 16, 3, 3}, {.padding = 1}, true, false},
      {{40, 3, 17, 15}, {24, 3, 5, 5}, {.stride = 2, .padding = "same"}, true, false},
      {{1, 64, 40, 40}, {48, 64, 3, 3}, {.padding = 1}, false, false},  // tiles and channel blocks of one image
      {{2, 40, 15, 15}, {200, 40, 3, 3}, {.padding = 1}, true, false},  // few tiles, shared out by output channels
      {{9, 32, 16, 16}, {64, 32, 1, 1}, {}, true, false},               // pointwise
      {{1, 128, 15, 15}, {200, 128, 1, 1}, {}, true, false},            // of one image
      {{60, 6, 14, 14}, {16, 6, 5, 5}, {}, true, false},                // blocks of images
      {{6, 24, 30, 30}, {24, 12, 3, 3}, {.padding = 2, .dilation = 2, .groups = 2}, false, false},
      {{8, 48, 24, 24}, {48, 1, 5, 5}, {.padding = 2, .groups = 48}, true, false},                   // depthwise
      {{8, 40, 1, 300}, {32, 40, 1, 5}, {.padding = {0, {8, 0}}, .dilation = {1, 2}}, true, false},  // causal rows
      {{8, 32, 28, 28}, {48, 32, 4, 4}, {.stride = 2, .padding = 1}, true, false}};
  for (const Config& config : configs) {
    CAPTURE(config);
    const auto g = kernels::conv2d_geometry("threads", config.input, config.weight, config.options);
    Generator generator(12);
    const Tensor x = uniform(g.input_shape(), -1, 1, float32, generator);
    const Tensor w = uniform(g.weight_shape(), -1, 1, float32, generator);
    const Tensor gy = uniform(g.output_shape(), -1, 1, float32, generator);
    const Tensor b = config.bias ? uniform({g.out_channels}, -1, 1, float32, generator) : Tensor();
    const auto run = [&] {
      return std::vector<Tensor>{kernels::conv2d_forward(x, w, {b}, g), kernels::conv2d_input_grad(gy, w, g),
                                 kernels::conv2d_weight_grad(x, gy, g)};
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
}

}  // namespace

TEST_CASE("conv2d sweep against the naive loops") {
  const int configs = sweep_size(208);
  ConfigSource source;
  Generator generator(11);
  for (int i = 0; i < configs; ++i) {
    const Config config = source.next();
    CAPTURE(config);
    check_config(config, generator);
  }
}

TEST_CASE("conv2d sweep: the geometries of transposed convolutions") {
  ConfigSource source;
  Generator generator(14);
  for (int i = 0; i < 60; ++i) {
    const TransposedConfig config = source.next_transposed();
    CAPTURE(config);
    check_geometry(kernels::conv2d_geometry("sweep", config.input, config.weight, config.options), false, i % 4 == 0,
                   generator);
  }
}

TEST_CASE("conv2d sweep: shapes of wide rows that don't overlap") {
  const std::vector<Config> configs{
      {{1, 256, 2, 512}, {3, 256, 1, 1}, {}, true, false},
      {{1, 64, 1, 1100}, {5, 64, 1, 9}, {.padding = {0, 4}}, false, false},
      {{1, 16, 4, 2100}, {3, 16, 2, 2}, {.stride = 2}, true, false},
      {{1, 2, 1, 3000000}, {1, 2, 1, 1}, {}, false, false},  // too wide for the direct kernel
  };
  Generator generator(13);
  for (const Config& config : configs) {
    CAPTURE(config);
    check_config(config, generator);
  }
}

TEST_CASE("conv2d sweep: 1x1, depthwise and few tiles, with whole vectors and with what is left over") {
  std::vector<Config> configs;
  for (const std::int64_t size : {1, 5, 7, 16, 19}) {
    for (const auto& [in, out] : {std::pair<std::int64_t, std::int64_t>{40, 70}, {70, 40}, {16, 9}, {3, 32}}) {
      configs.push_back({{3, in, size, 21}, {out, in, 1, 1}, {}, size != 7, false});
    }
    for (const std::int64_t dilation : {1, 2}) {
      const Conv2dOptions options{.padding = dilation, .dilation = {1, dilation}, .groups = 5};
      configs.push_back({{2, 5, size, 21}, {5, 1, 3, 3}, options, size != 7, false});
      configs.push_back({{2, 5, size, 64}, {5, 1, 3, 3}, options, size != 7, false});
    }
  }
  configs.push_back({{1, 200, 30, 30}, {64, 200, 1, 1}, {}, true, false});           // one image in many pieces
  configs.push_back({{1, 40, 9, 9}, {200, 40, 3, 3}, {.padding = 1}, true, false});  // few tiles, many output channels
  Generator generator(17);
  for (const Config& config : configs) {
    CAPTURE(config);
    check_config(config, generator);
  }
}

TEST_CASE("conv2d gives the same bits for any number of threads") {
  for (const auto& [name, algorithm] : algorithms) {
    const auto noted = note(name);
    const WithAlgorithm guard(algorithm);
    check_threads();
  }
}
