#pragma once

#include <reel/autograd/ops/activation.h>
#include <reel/autograd/ops/view.h>
#include <reel/core/kernels/activation.h>
#include <reel/nn/module.h>

/// Activations and other layers without parameters; each is its function as a module.
namespace reel::nn {

class ReLU final : public Module {
 public:
  [[nodiscard]] std::string describe() const override { return "ReLU"; }

 protected:
  Variable forward(const Variable& x) override { return relu(x); }
};

/// Takes a ReLU off the front of the layers behind, if it is there: for a layer that does it on its way out.
[[nodiscard]] inline Activation take_relu(LayersBehind& behind) {
  if (behind.empty() || dynamic_cast<const ReLU*>(behind.front()) == nullptr) return Activation::none;
  behind = behind.subspan(1);
  return Activation::relu;
}

class LeakyReLU : public Module {
 public:
  explicit LeakyReLU(double negative_slope = 0.01) : slope_(negative_slope) {}
  [[nodiscard]] std::string describe() const override { return concat("LeakyReLU(", slope_, ')'); }

 protected:
  Variable forward(const Variable& x) override { return leaky_relu(x, slope_); }

 private:
  double slope_;
};

class Sigmoid : public Module {
 public:
  [[nodiscard]] std::string describe() const override { return "Sigmoid"; }

 protected:
  Variable forward(const Variable& x) override { return sigmoid(x); }
};

class Tanh : public Module {
 public:
  [[nodiscard]] std::string describe() const override { return "Tanh"; }

 protected:
  Variable forward(const Variable& x) override { return tanh(x); }
};

class GELU : public Module {
 public:
  [[nodiscard]] std::string describe() const override { return "GELU"; }

 protected:
  Variable forward(const Variable& x) override { return gelu(x); }
};

class Softmax : public Module {
 public:
  explicit Softmax(std::int64_t dim = -1) : dim_(dim) {}
  [[nodiscard]] std::string describe() const override { return concat("Softmax(dim=", dim_, ')'); }

 protected:
  Variable forward(const Variable& x) override { return softmax(x, dim_); }

 private:
  std::int64_t dim_;
};

class LogSoftmax : public Module {
 public:
  explicit LogSoftmax(std::int64_t dim = -1) : dim_(dim) {}
  [[nodiscard]] std::string describe() const override { return concat("LogSoftmax(dim=", dim_, ')'); }

 protected:
  Variable forward(const Variable& x) override { return log_softmax(x, dim_); }

 private:
  std::int64_t dim_;
};

/// In training, sets elements to 0 with probability p; see reel::dropout. It draws from this thread's default
/// generator.
class Dropout : public Module {
 public:
  explicit Dropout(double p = 0.5) : p_(p) {
    require<ValueError>(p >= 0 && p <= 1, "Dropout", "wants a probability in [0, 1], got ", p);
  }
  [[nodiscard]] std::string describe() const override { return concat("Dropout(", p_, ')'); }

 protected:
  Variable forward(const Variable& x) override { return dropout(x, p_, is_training()); }

 private:
  double p_;
};

/// [N, C, H, W] -> [N, C*H*W]
class Flatten : public Module {
 public:
  explicit Flatten(std::int64_t start_dim = 1, std::int64_t end_dim = -1) : start_(start_dim), end_(end_dim) {}
  [[nodiscard]] std::string describe() const override { return "Flatten"; }

 protected:
  Variable forward(const Variable& x) override { return flatten(x, start_, end_); }

 private:
  std::int64_t start_;
  std::int64_t end_;
};

}  // namespace reel::nn
