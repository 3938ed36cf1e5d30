#include <algorithm>
#include <examples/models/mnist.h>
#include <reel/autograd/ops/loss.h>
#include <reel/autograd/tape.h>
#include <reel/core/random.h>
#include <reel/nn/activation.h>
#include <reel/nn/linear.h>
#include <reel/optim/sgd.h>

#include "rows.h"
#include "shapes.h"

// Whole nets on images of MNIST's size: training steps, and inference over as many images as its test set has.

namespace bench {

using namespace reel;

namespace {

nn::Sequential make_model(const std::string& name) {
  if (name != "mlp3") return mnist::make_model(name);
  return nn::Sequential{nn::Flatten(),        nn::Linear(784, 256), nn::ReLU(),
                        nn::Linear(256, 128), nn::ReLU(),           nn::Linear(128, 10)};
}

void count_images(benchmark::State& state, std::int64_t images_per_iteration) {
  state.counters["images/s"] =
      benchmark::Counter(static_cast<double>(images_per_iteration * state.iterations()), benchmark::Counter::kIsRate);
}

void time_step(benchmark::State& state, const ModelShape& s) {
  nn::Sequential model = make_model(s.model);
  optim::SGD optimizer(model.parameters(), {.lr = 0.01, .momentum = 0.9});
  const Tensor images = normal({s.batch, 1, 28, 28});
  const Tensor labels = randint(0, 10, {s.batch});
  time_calls(state, [&] {
    Tape tape;
    tape.backward(cross_entropy(model(images), labels));
    optimizer.step();
    optimizer.zero_grad();
  });
  count_images(state, s.batch);
}

void time_inference(benchmark::State& state, const ModelShape& s) {
  nn::Sequential model = make_model(s.model);
  model.eval();
  const Tensor images = normal({inference_images, 1, 28, 28});
  const auto run_until = [&](std::int64_t stop) {
    for (std::int64_t begin = 0; begin < stop; begin += s.batch) {
      benchmark::DoNotOptimize(model(images.slice(0, begin, std::min(begin + s.batch, stop))));
    }
  };
  run_until(2 * s.batch);  // warms up; the clock may run for a single pass
  for (auto _ : state) run_until(inference_images);
  count_images(state, inference_images);
}

}  // namespace

void add_model_rows(const Plan& plan) {
  for (const ModelShape& s : steps) {
    add_row(plan, concat("train/", s.name, "/step"), [s](benchmark::State& state) { time_step(state, s); });
  }
  for (const ModelShape& s : inferences) {
    if (plan.is_quick && s.batch == 1) continue;
    add_row(plan, concat("inference/", s.name, "/forward"), [s](benchmark::State& state) { time_inference(state, s); });
  }
}

}  // namespace bench
