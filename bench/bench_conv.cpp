#include <benchmark/benchmark.h>

#include <reel/core/kernels/conv.h>
#include <reel/core/parallel.h>
#include <reel/core/random.h>

// Single convolution layers, from LeNet's to those of larger nets: forward, input gradient and weight gradient, in
// GFLOP/s.

namespace {

using namespace reel;

struct Layer {
  const char* name;
  std::int64_t batch, in_channels, size, out_channels, kernel, stride, padding, groups;
};

constexpr Layer layers[] = {
    {"A lenet5 conv1", 64, 1, 28, 6, 5, 1, 2, 1}, {"B lenet5 conv2", 64, 6, 14, 16, 5, 1, 0, 1},
    {"C cnn conv1", 64, 1, 28, 32, 3, 1, 0, 1},   {"D cnn conv2", 64, 32, 26, 64, 3, 1, 0, 1},
    {"E vgg conv2", 64, 32, 28, 32, 3, 1, 1, 1},  {"F vgg conv4", 64, 64, 14, 64, 3, 1, 1, 1},
    {"G vgg conv6", 64, 128, 7, 128, 3, 1, 1, 1}, {"H 56x56", 32, 64, 56, 64, 3, 1, 1, 1},
    {"I 14x14", 32, 256, 14, 256, 3, 1, 1, 1},    {"J 1x1", 32, 256, 28, 64, 1, 1, 0, 1},
    {"K stride 2", 32, 64, 56, 128, 3, 2, 1, 1},  {"L depthwise", 32, 64, 56, 64, 3, 1, 1, 64},
};

enum class Pass { forward, input_grad, weight_grad };

void run(benchmark::State& state, const Layer& layer, Pass pass) {
  const Tensor x = normal({layer.batch, layer.in_channels, layer.size, layer.size});
  const Tensor w = normal({layer.out_channels, layer.in_channels / layer.groups, layer.kernel, layer.kernel});
  const auto g = kernels::conv2d_geometry("bench", x.shape(), w.shape(),
                                          {.stride = layer.stride, .padding = layer.padding, .groups = layer.groups});
  const Tensor grad = normal(g.output_shape());
  set_num_threads(static_cast<int>(state.range(0)));
  for (auto _ : state) {
    switch (pass) {
      case Pass::forward: benchmark::DoNotOptimize(kernels::conv2d_forward(x, w, {}, g)); break;
      case Pass::input_grad: benchmark::DoNotOptimize(kernels::conv2d_input_grad(grad, w, g)); break;
      case Pass::weight_grad: benchmark::DoNotOptimize(kernels::conv2d_weight_grad(x, grad, g)); break;
    }
  }
  const double flops = 2.0 * static_cast<double>(numel(g.output_shape()) * g.depth() * state.iterations());
  state.counters["GFLOP/s"] = benchmark::Counter(flops * 1e-9, benchmark::Counter::kIsRate);
}

const bool registered = [] {
  const std::pair<const char*, Pass> passes[] = {
      {"forward", Pass::forward}, {"input_grad", Pass::input_grad}, {"weight_grad", Pass::weight_grad}};
  for (const Layer& layer : layers) {
    for (const auto& [name, pass] : passes) {
      benchmark::RegisterBenchmark(concat("conv2d/", layer.name, '/', name).c_str(),
                                   [&layer, pass = pass](benchmark::State& state) { run(state, layer, pass); })
          ->ArgName("threads")
          ->Arg(1)
          ->Arg(2)
          ->Unit(benchmark::kMillisecond)
          ->UseRealTime();
    }
  }
  return true;
}();

}  // namespace
