// Reverse-mode autograd twice: a net of two layers whose gradients are written out by hand, by the chain rule, and the
// same net on a tape. They agree to the last digits; then central differences are asked, too.
//
//     z1 = x w1 + b1      h = tanh(z1)      z2 = h w2 + b2      p = softmax(z2)      loss = mean of -log p[label]

#include <array>
#include <cstdio>
#include <iostream>
#include <reel/reel.h>

#include "no_options.h"
#include "output.h"

namespace {

using namespace reel;

constexpr std::int64_t N = 8, inputs = 5, hidden = 6, classes = 3;

/// w1 [inputs, hidden], b1 [hidden], w2 [hidden, classes], b2 [classes]
using Parameters = std::array<Tensor, 4>;
constexpr std::array<const char*, 4> names{"w1", "b1", "w2", "b2"};

struct Result {
  double loss;
  Parameters gradients;
};

/// Every line of the backward is one of the forward, from the last to the first.
Result by_hand(const Tensor& x, const Tensor& labels, const Parameters& parameters) {
  const auto& [w1, b1, w2, b2] = parameters;
  const Tensor h = tanh(matmul(x, w1) + b1);
  const Tensor p = softmax(matmul(h, w2) + b2, 1);
  const Tensor target = one_hot(labels, classes, float64);
  const double loss = -mean(sum(target * log(p), {1})).item();

  const Tensor dz2 = (p - target) / static_cast<double>(N);  // of softmax and cross-entropy together
  const Tensor dw2 = matmul(h.transpose(0, 1), dz2);         // a product's gradient: times the other factor, transposed
  const Tensor db2 = sum(dz2, {0});                          // b2 was stretched over the batch: sum over it
  const Tensor dh = matmul(dz2, w2.transpose(0, 1));
  const Tensor dz1 = dh * (1.0 - h * h);  // tanh' = 1 - tanh^2: the output is enough, z1 is not kept
  const Tensor dw1 = matmul(x.transpose(0, 1), dz1);
  const Tensor db1 = sum(dz1, {0});
  return {loss, {dw1, db1, dw2, db2}};
}

Variable loss_of(const Tensor& x, const Tensor& labels, const std::vector<Variable>& p) {
  const Variable h = tanh(matmul(x, p[0]) + p[1]);
  return cross_entropy(matmul(h, p[2]) + p[3], labels);
}

/// The forward is all that there is to write. Every op puts itself on the tape, with the function that takes the
/// gradient of its output to those of its inputs; backward() calls these from the last to the first.
Result by_tape(const Tensor& x, const Tensor& labels, const Parameters& parameters) {
  std::vector<Variable> leaves;
  for (std::size_t i = 0; i < parameters.size(); ++i) leaves.push_back(Variable::leaf(parameters[i], names[i]));
  Tape tape;
  const Variable loss = loss_of(x, labels, leaves);
  std::cout << tape.to_text() << '\n';
  tape.backward(loss);
  Result result{loss.item(), {}};
  for (std::size_t i = 0; i < leaves.size(); ++i) result.gradients[i] = leaves[i].grad();
  return result;
}

void compare() {
  manual_seed(1);
  const Tensor x = normal({N, inputs}, 0, 1, float64);
  const Tensor labels = Tensor::of({0, 1, 2, 0, 1, 2, 0, 1}, int64);
  const Parameters parameters{normal({inputs, hidden}, 0, 0.5, float64), normal({hidden}, 0, 0.1, float64),
                              normal({hidden, classes}, 0, 0.5, float64), normal({classes}, 0, 0.1, float64)};
  std::cout << "what the tape holds after the forward:\n";
  const Result tape = by_tape(x, labels, parameters);
  const Result hand = by_hand(x, labels, parameters);
  std::printf("loss by hand %.15f\n     by tape %.15f\n\n", hand.loss, tape.loss);
  for (std::size_t i = 0; i < names.size(); ++i) {
    const double off = max(abs(hand.gradients[i] - tape.gradients[i])).item();
    std::printf("gradient of %s: %2lld numbers, largest difference %.1e\n", names[i],
                static_cast<long long>(hand.gradients[i].numel()), off);
    require<Error>(off < 1e-14, "autograd", "the gradient of ", names[i], " is off by ", off);
  }
  const auto loss = [&](const std::vector<Variable>& p) { return loss_of(x, labels, p); };
  gradcheck(loss, {parameters.begin(), parameters.end()});  // throws where it differs
  std::cout << "\ncentral differences agree, too (gradcheck)\n";

  // The gradient is differentiable in turn: a Hessian times a vector costs two backwards, and no Hessian.
  const auto of_b2 = [&](const Variable& b2) {
    return loss_of(x, labels, {parameters[0], parameters[1], parameters[2], b2});
  };
  const Tensor v = Tensor::ones({classes}, float64);
  std::cout << "the Hessian of b2\n"
            << hessian(of_b2, parameters[3])
            << "\ntimes (1, 1, 1), which softmax doesn't see: " << max(abs(hvp(of_b2, parameters[3], v).product)).item()
            << '\n';
}

}  // namespace

int main(int argc, char** argv) {
  if (const auto code = examples::refuse_options(argc, argv, "Gradients by hand and by tape.")) return *code;
  try {
    compare();
    examples::require_written();
    return 0;
  } catch (const std::exception& error) {
    std::cout.flush();
    std::cerr << "autograd: " << error.what() << '\n';
    return 1;
  }
}
