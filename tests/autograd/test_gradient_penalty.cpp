#include <doctest/doctest.h>

#include <cmath>
#include <reel/autograd/ops/activation.h>
#include <reel/autograd/ops/arithmetic.h>
#include <reel/autograd/ops/conv.h>
#include <reel/autograd/ops/matmul.h>
#include <reel/autograd/ops/norm.h>
#include <reel/autograd/ops/pool.h>
#include <reel/autograd/ops/reduce.h>
#include <reel/autograd/ops/view.h>
#include <reel/autograd/tape.h>
#include <reel/core/random.h>

// The gradient penalty of WGAN-GP (Gulrajani et al., 2017) differentiates a gradient for the weights, so it takes a
// whole network through second-order backwards.

using namespace reel;

namespace {

using Weights = std::vector<Variable>;

/// A critic [N, 2, 7, 7] -> [N, 1].
Variable critic(const Variable& x, const Weights& w) {
  Variable y = conv2d(x, w[0], w[1], {.stride = 2, .padding = 1});  // [N, 3, 4, 4]
  y = softplus(batch_norm(y, w[2], w[3], {}, {}));
  y = max_pool2d(conv2d(y, w[4], {}, {.padding = "same", .groups = 3}));  // [N, 3, 2, 2]
  return linear(flatten(tanh(y)), w[5], w[6]);
}

/// The mean over images of (||d critic / d x|| - 1)^2.
Variable penalty(const Tensor& images, const Weights& weights) {
  const Variable x = Variable::leaf(images);
  const Variable slope = grad({sum(critic(x, weights))}, {x}, {.create_graph = true})[0];
  const Variable norm = sqrt(sum(slope * slope, {1, 2, 3}));
  return mean((norm - 1.0) * (norm - 1.0));
}

double penalty_at(const Tensor& images, const Weights& weights) {
  const Tape tape;  // the gradient needs one
  return penalty(images, weights).item();
}

}  // namespace

TEST_CASE("gradient penalty: gradients for the weights agree with central differences") {
  Generator generator(11);
  const Tensor images = normal({2, 2, 7, 7}, 0, 1, float64, generator);
  Weights weights;
  const std::vector<Shape> shapes{{3, 2, 3, 3}, {3}, {3}, {3}, {3, 1, 3, 3}, {1, 12}, {1}};
  for (const Shape& shape : shapes) {
    weights.push_back(Variable::leaf(normal(shape, 0, 0.7, float64, generator)));
  }
  {
    Tape tape;
    tape.backward(penalty(images, weights));
  }
  constexpr double step = 1e-5;
  for (std::size_t w = 0; w + 1 < weights.size(); ++w) {
    CAPTURE(w);
    Tensor value = weights[w].value();  // the leaf's own memory
    const Tensor gradient = weights[w].grad().contiguous();
    double largest = 0;
    for (std::int64_t i = 0; i < value.numel(); ++i) {
      CAPTURE(i);
      double& element = value.mutable_data<double>()[i];
      const double original = element;
      element = original + step;
      const double above = penalty_at(images, weights);
      element = original - step;
      const double below = penalty_at(images, weights);
      element = original;
      const double numeric = (above - below) / (2 * step);
      const double got = gradient.data<double>()[i];
      CHECK(std::abs(got - numeric) <= 1e-7 * std::max(1.0, std::abs(numeric)));
      largest = std::max(largest, std::abs(got));
    }
    if (w != 1) CHECK(largest > 1e-3);  // the first bias has no influence: the normalisation takes it out
  }
  CHECK_FALSE(weights.back().grad().defined());  // the last bias does not change a slope
}
