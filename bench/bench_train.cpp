#include <benchmark/benchmark.h>

#include <examples/mnist/models.h>
#include <reel/autograd/ops/arithmetic.h>
#include <reel/autograd/ops/loss.h>
#include <reel/autograd/tape.h>
#include <reel/core/kernels/matmul.h>
#include <reel/core/parallel.h>
#include <reel/core/random.h>
#include <reel/optim/sgd.h>

// Whole training steps of the MNIST nets at batch 64, inference, the tape's overhead, and a matrix product.

namespace {

using namespace reel;

void train_step(benchmark::State& state, const std::string& name) {
  set_num_threads(static_cast<int>(state.range(0)));
  nn::Sequential model = mnist::make_model(name);
  optim::SGD optimizer(model.parameters(), {.lr = 0.01, .momentum = 0.9});
  const Tensor images = normal({64, 1, 28, 28});
  const Tensor labels = randint(0, 10, {64});
  for (auto _ : state) {
    Tape tape;
    tape.backward(cross_entropy(model(images), labels));
    optimizer.step();
    optimizer.zero_grad();
  }
  state.counters["images/s"] =
      benchmark::Counter(64.0 * static_cast<double>(state.iterations()), benchmark::Counter::kIsRate);
}

void inference(benchmark::State& state, const std::string& name) {
  set_num_threads(2);
  nn::Sequential model = mnist::make_model(name);
  model.eval();
  const Tensor images = normal({state.range(0), 1, 28, 28});
  for (auto _ : state) benchmark::DoNotOptimize(model(images));
}

void mul_add_chain(benchmark::State& state) {
  const Variable a = Variable::leaf(Tensor::scalar(0.999));
  const Tensor b = Tensor::scalar(1e-3);
  const std::int64_t ops = state.range(0);
  for (auto _ : state) {
    Tape tape;
    Variable x = a;
    for (std::int64_t i = 0; i < ops / 2; ++i) x = x * a + b;
    tape.backward(x);
    a.zero_grad();
  }
  state.counters["ns/op"] = benchmark::Counter(static_cast<double>(ops * state.iterations()) * 1e-9,
                                               benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}
BENCHMARK(mul_add_chain)->Arg(1000)->Arg(100000);

void matmul_1024(benchmark::State& state) {
  set_num_threads(static_cast<int>(state.range(0)));
  const Tensor a = normal({1024, 1024});
  const Tensor b = normal({1024, 1024});
  for (auto _ : state) benchmark::DoNotOptimize(matmul(a, b));
}
BENCHMARK(matmul_1024)->ArgName("threads")->Arg(1)->Arg(2)->Unit(benchmark::kMillisecond)->UseRealTime();

const bool registered = [] {
  for (const std::string& name : mnist::model_names()) {
    benchmark::RegisterBenchmark(("train_step/" + name).c_str(), [name](benchmark::State& s) { train_step(s, name); })
        ->ArgName("threads")
        ->Arg(1)
        ->Arg(2)
        ->Unit(benchmark::kMillisecond)
        ->UseRealTime();
    benchmark::RegisterBenchmark(("inference/" + name).c_str(), [name](benchmark::State& s) { inference(s, name); })
        ->ArgName("batch")
        ->Arg(1)
        ->Arg(256)
        ->Unit(benchmark::kMillisecond)
        ->UseRealTime();
  }
  return true;
}();

}  // namespace
