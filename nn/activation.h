#pragma once

#include <reel/autograd/ops/activation.h>
#include <reel/autograd/ops/view.h>
#include <reel/core/kernels/activation.h>
#include <reel/nn/lambda.h>

/// Activations and other layers that are no more than their function. Names, defaults and what describe() gives are
/// PyTorch's.
namespace reel::nn {

/// max(x, 0); see reel::relu.
struct ReLU final : Lambda {
  ReLU() : Lambda("ReLU", [](const Variable& x) { return relu(x); }) {}
};

/// Takes a ReLU off the front of the layers behind, if it is there: for a layer that does it on its way out.
[[nodiscard]] inline Activation take_relu(LayersBehind& behind) {
  if (behind.empty() || dynamic_cast<const ReLU*>(behind.front()) == nullptr) return Activation::none;
  behind = behind.subspan(1);
  return Activation::relu;
}

/// min(max(x, 0), 6); see reel::relu6.
struct ReLU6 : Lambda {
  ReLU6() : Lambda("ReLU6", relu6) {}
};
/// x, and negative_slope * x below 0; see reel::leaky_relu.
struct LeakyReLU : Lambda {
  /// `negative_slope`: what numbers below 0 are multiplied by.
  explicit LeakyReLU(double negative_slope = 0.01);
};
/// x, and alpha (exp(x) - 1) below 0; see reel::elu.
struct ELU : Lambda {
  /// `-alpha` is what very negative numbers go to.
  explicit ELU(double alpha = 1);
};
/// x * Phi(x); see reel::gelu.
struct GELU : Lambda {
  /// How Phi is computed.
  explicit GELU(Approximate approximate = Approximate::none);
};
/// x * sigmoid(x); see reel::silu.
struct SiLU : Lambda {
  SiLU() : Lambda("SiLU", silu) {}
};
/// x * hardsigmoid(x); see reel::hardswish.
struct Hardswish : Lambda {
  Hardswish() : Lambda("Hardswish", hardswish) {}
};
/// min(max(x / 6 + 1/2, 0), 1); see reel::hardsigmoid.
struct Hardsigmoid : Lambda {
  Hardsigmoid() : Lambda("Hardsigmoid", hardsigmoid) {}
};
/// min(max(x, min_val), max_val); see reel::hardtanh.
struct Hardtanh : Lambda {
  /// Throws ValueError unless min_val <= max_val.
  explicit Hardtanh(double min_val = -1, double max_val = 1);
};
/// 1 / (1 + exp(-x)); see reel::sigmoid.
struct Sigmoid : Lambda {
  Sigmoid() : Lambda("Sigmoid", [](const Variable& x) { return sigmoid(x); }) {}
};
/// The hyperbolic tangent; see reel::tanh.
struct Tanh : Lambda {
  Tanh() : Lambda("Tanh", [](const Variable& x) { return tanh(x); }) {}
};
/// log(1 + exp(beta x)) / beta; see reel::softplus.
struct Softplus : Lambda {
  /// Where beta x > threshold it is x itself.
  explicit Softplus(double beta = 1, double threshold = 20);
};
/// exp(x) / sum of exp(x) along an axis; see reel::softmax.
struct Softmax : Lambda {
  /// `dim`: the axis; negative ones count from the end.
  explicit Softmax(std::int64_t dim = -1);
};
/// log(softmax(x)) along an axis; see reel::log_softmax.
struct LogSoftmax : Lambda {
  /// `dim`: the axis; negative ones count from the end.
  explicit LogSoftmax(std::int64_t dim = -1);
};

/// [N, C, H, W] -> [N, C*H*W]
struct Flatten : Lambda {
  /// Axes start_dim to end_dim become one.
  explicit Flatten(std::int64_t start_dim = 1, std::int64_t end_dim = -1);
};

/// See reel::prelu. Parameter: weight [num_parameters], which begins as `init`.
class PReLU : public Module {
 public:
  /// Throws ValueError for less than one parameter.
  explicit PReLU(std::int64_t num_parameters = 1, double init = 0.25);
  /// [num_parameters]
  [[nodiscard]] const Variable& weight() const { return *weight_; }
  [[nodiscard]] std::string describe() const override;

 protected:
  Variable forward(const Variable& x) override { return prelu(x, *weight_); }

 private:
  const Variable* weight_ = nullptr;  // owned as a parameter
};

/// In training, sets elements to 0 with probability p; see reel::dropout. It draws from this thread's default
/// generator.
class Dropout : public Module {
 public:
  /// Throws ValueError for a probability outside [0, 1].
  explicit Dropout(double p = 0.5) : Dropout("Dropout", p, dropout) {}
  [[nodiscard]] std::string describe() const override { return concat(name_, '(', p_, ')'); }

 protected:
  /// reel::dropout, or one like it.
  using Op = Variable (*)(const Variable& x, double probability, bool training, Generator& generator);
  /// For layers that drop something else. Throws ValueError for a probability outside [0, 1].
  Dropout(const char* name, double p, Op op);
  Variable forward(const Variable& x) override { return op_(x, p_, is_training(), default_generator()); }

 private:
  const char* name_;
  double p_;
  Op op_;
};

/// The same for whole channels; see reel::dropout2d.
struct Dropout2d : Dropout {
  /// Throws ValueError for a probability outside [0, 1].
  explicit Dropout2d(double p = 0.5) : Dropout("Dropout2d", p, dropout2d) {}
};

}  // namespace reel::nn
