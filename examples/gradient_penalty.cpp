// A gradient in the loss: the critic of a Wasserstein GAN with gradient penalty (Gulrajani et al., 2017). It learns to
// rate points of one cloud higher than those of another, with a slope of at most 1 everywhere between; then the
// difference of its ratings is how far one cloud has to be moved to become the other. The loss holds the slope, so
// training it takes the gradient of a gradient: grad(..., {.create_graph = true}).

#include <cmath>
#include <cstdio>
#include <reel/reel.h>

#include "no_options.h"
#include "output.h"

using namespace reel;

namespace {

constexpr std::int64_t points = 512;
constexpr double distance = 3;
constexpr double weight = 100;  // of the penalty; the slope settles at 1 + distance / (2 weight)

struct Losses {
  Variable gap;      // how much higher the second cloud is rated
  Variable penalty;  // the mean of (slope - 1)^2 between the clouds
};

Losses rate(nn::Sequential& critic) {
  const Tensor left = normal({points, 2});
  const Tensor right = normal({points, 2}) + Tensor::of({distance, 0});
  const Tensor share = uniform({points, 1});
  const Variable between = Variable::leaf(left * share + right * (1.0 - share));
  const Variable slope = grad({sum(critic(between))}, {between}, {.create_graph = true})[0];
  const Variable excess = sqrt(sum(slope * slope, {1})) - 1.0;
  return {mean(critic(right)) - mean(critic(left)), mean(excess * excess)};
}

void train() {
  manual_seed(1);
  nn::Sequential critic{nn::Linear(2, 32), nn::GELU(), nn::Linear(32, 1)};
  optim::Adam optimizer(critic.parameters(), {.lr = 0.01});
  std::printf("two clouds of points, %.2f apart\n\n step   distance by the critic   penalty\n", distance);
  double last = 0;
  for (int step = 0; step <= 300; ++step) {
    Tape tape;
    const auto [gap, penalty] = rate(critic);
    tape.backward(weight * penalty - gap);
    optimizer.step();
    optimizer.zero_grad();
    last = gap.item();
    if (step % 50 == 0) std::printf("%5d %24.2f %9.4f\n", step, last, penalty.item());
  }
  require<Error>(std::abs(last - distance) < 0.5, "gradient_penalty", "the critic is off: ", last);
}

}  // namespace

int main(int argc, char** argv) {
  if (const auto code = examples::refuse_options(argc, argv, "Trains a critic with a gradient penalty.")) return *code;
  try {
    train();
    examples::require_written();
    return 0;
  } catch (const std::exception& error) {
    std::cerr << "gradient_penalty: " << error.what() << '\n';
    return 1;
  }
}
