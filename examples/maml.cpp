// Model-agnostic meta-learning (Finn et al., 2017) on one page: weights from which one step of gradient descent on ten
// points learns a new sine curve. The loss is that after the step, so training differentiates through the step: its
// gradient is taken with {.create_graph = true}.

#include <cmath>
#include <cstdio>
#include <numbers>
#include <reel/reel.h>

#include "no_options.h"
#include "output.h"

using namespace reel;

namespace {

using Weights = std::vector<Variable>;

constexpr std::int64_t hidden = 40;
constexpr double inner_lr = 0.01;

Weights make_weights() {
  Weights weights;
  for (const auto& [out, in] : {std::pair(hidden, std::int64_t{1}), {hidden, hidden}, {std::int64_t{1}, hidden}}) {
    const double bound = 1 / std::sqrt(static_cast<double>(in));
    weights.push_back(Variable::leaf(uniform({out, in}, -bound, bound)));
    weights.push_back(Variable::leaf(Tensor::zeros({out})));
  }
  return weights;
}

Variable net(const Variable& x, const Weights& w) {
  return linear(relu(linear(relu(linear(x, w[0], w[1])), w[2], w[3])), w[4], w[5]);
}

/// A sine curve of its own height and phase, known at ten points and asked for at ten others.
struct Task {
  double height = uniform({}, 0.1, 5).item();
  double phase = uniform({}, 0, std::numbers::pi).item();
  Tensor known = uniform({10, 1}, -5, 5);
  Tensor asked = uniform({10, 1}, -5, 5);

  Variable error(const Tensor& x, const Weights& w) const {
    return mse_loss(net(x, w), Variable(sin(x + phase) * height));
  }
};

/// The weights after one step on what is known, as functions of those before it.
Weights adapt(const Task& task, const Weights& weights) {
  const Weights slopes = grad({task.error(task.known, weights)}, weights, {.create_graph = true});
  Weights adapted;
  for (std::size_t i = 0; i < weights.size(); ++i) adapted.push_back(weights[i] - inner_lr * slopes[i]);
  return adapted;
}

/// The mean error at the points asked for, over new tasks, before and after the step.
std::pair<double, double> measure(const Weights& weights) {
  constexpr int tasks = 100;
  double before = 0;
  double after = 0;
  manual_seed(2);
  for (int i = 0; i < tasks; ++i) {
    const Tape tape;
    const Task task;
    before += task.error(task.asked, weights).item() / tasks;
    after += task.error(task.asked, adapt(task, weights)).item() / tasks;
  }
  return {before, after};
}

void train() {
  manual_seed(1);
  const Weights weights = make_weights();
  optim::Adam optimizer(weights, {.lr = 3e-3});
  std::printf("mean squared error on new sine curves\n steps   untouched   after one step of gradient descent\n");
  const auto report = [&](int step) {
    const Generator here = default_generator();
    const auto [before, after] = measure(weights);
    default_generator() = here;
    std::printf("%6d %11.2f %11.2f\n", step, before, after);
    return after;
  };
  constexpr int steps = 4000;
  constexpr int batch = 5;
  for (int step = 0; step < steps; ++step) {
    if (step % 1000 == 0) report(step);
    Tape tape;
    Variable loss = Tensor::scalar(0);
    for (int i = 0; i < batch; ++i) {
      const Task task;
      loss = loss + task.error(task.asked, adapt(task, weights)) / static_cast<double>(batch);
    }
    tape.backward(loss);
    optimizer.step();
    optimizer.zero_grad();
  }
  const double last = report(steps);
  require<Error>(last < 1.5, "maml", "learned too little: ", last);
}

}  // namespace

int main(int argc, char** argv) {
  if (const auto code = examples::refuse_options(argc, argv, "Meta-learning of sine curves, MAML.")) return *code;
  try {
    train();
    examples::require_written();
    return 0;
  } catch (const std::exception& error) {
    std::cerr << "maml: " << error.what() << '\n';
    return 1;
  }
}
