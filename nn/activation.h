#pragma once

#include <reel/autograd/ops/activation.h>
#include <reel/autograd/ops/view.h>
#include <reel/core/kernels/activation.h>
#include <reel/nn/lambda.h>

/// Activations and other layers that are no more than their function. Names, defaults and what describe() gives are
/// PyTorch's.
namespace reel::nn {

struct ReLU final : Lambda {
  ReLU() : Lambda("ReLU", [](const Variable& x) { return relu(x); }) {}
};

/// Takes a ReLU off the front of the layers behind, if it is there: for a layer that does it on its way out.
[[nodiscard]] inline Activation take_relu(LayersBehind& behind) {
  if (behind.empty() || dynamic_cast<const ReLU*>(behind.front()) == nullptr) return Activation::none;
  behind = behind.subspan(1);
  return Activation::relu;
}

struct ReLU6 : Lambda {
  ReLU6() : Lambda("ReLU6", relu6) {}
};
struct LeakyReLU : Lambda {
  explicit LeakyReLU(double negative_slope = 0.01);
};
struct ELU : Lambda {
  explicit ELU(double alpha = 1);
};
struct GELU : Lambda {
  explicit GELU(Approximate approximate = Approximate::none);
};
struct SiLU : Lambda {
  SiLU() : Lambda("SiLU", silu) {}
};
struct Hardswish : Lambda {
  Hardswish() : Lambda("Hardswish", hardswish) {}
};
struct Hardsigmoid : Lambda {
  Hardsigmoid() : Lambda("Hardsigmoid", hardsigmoid) {}
};
struct Hardtanh : Lambda {
  explicit Hardtanh(double min_val = -1, double max_val = 1);
};
struct Sigmoid : Lambda {
  Sigmoid() : Lambda("Sigmoid", [](const Variable& x) { return sigmoid(x); }) {}
};
struct Tanh : Lambda {
  Tanh() : Lambda("Tanh", [](const Variable& x) { return tanh(x); }) {}
};
struct Softplus : Lambda {
  explicit Softplus(double beta = 1, double threshold = 20);
};
struct Softmax : Lambda {
  explicit Softmax(std::int64_t dim = -1);
};
struct LogSoftmax : Lambda {
  explicit LogSoftmax(std::int64_t dim = -1);
};

/// [N, C, H, W] -> [N, C*H*W]
struct Flatten : Lambda {
  explicit Flatten(std::int64_t start_dim = 1, std::int64_t end_dim = -1);
};

/// See reel::prelu. Parameter: weight [num_parameters], which begins as `init`.
class PReLU : public Module {
 public:
  /// Throws ValueError for less than one parameter.
  explicit PReLU(std::int64_t num_parameters = 1, double init = 0.25);
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
  using Op = Variable (*)(const Variable& x, double probability, bool training, Generator& generator);
  Dropout(const char* name, double p, Op op);
  Variable forward(const Variable& x) override { return op_(x, p_, is_training(), default_generator()); }

 private:
  const char* name_;
  double p_;
  Op op_;
};

/// The same for whole channels; see reel::dropout2d.
struct Dropout2d : Dropout {
  explicit Dropout2d(double p = 0.5) : Dropout("Dropout2d", p, dropout2d) {}
};

}  // namespace reel::nn
