#pragma once

#include <reel/optim/optimizer.h>

namespace reel::optim {

struct AdamOptions {
  double lr = 1e-3;
  double beta1 = 0.9;
  double beta2 = 0.999;
  double eps = 1e-8;
  double weight_decay = 0;
};

/// Adam (Kingma and Ba, 2015), as in PyTorch: weight decay enters through the gradient.
class Adam : public Optimizer {
 public:
  /// Throws ValueError for betas outside [0, 1), and for other options that are negative or not finite.
  explicit Adam(std::vector<Variable> params, const AdamOptions& options = {})
      : Adam(std::move(params), options, false) {}

  void step() override;
  [[nodiscard]] double momentum() const override { return options_.beta1; }
  void set_momentum(double momentum) override { options_.beta1 = momentum; }

 protected:
  Adam(std::vector<Variable> params, const AdamOptions& options, bool decoupled);

 private:
  AdamOptions options_;
  bool decoupled_;
  std::vector<Tensor> means_;
  std::vector<Tensor> squares_;
  std::vector<std::int64_t> counts_;  // steps that each parameter took
};

/// PyTorch's defaults for AdamW.
struct AdamWOptions {
  double lr = 1e-3;
  double beta1 = 0.9;
  double beta2 = 0.999;
  double eps = 1e-8;
  double weight_decay = 0.01;
};

/// Adam with decoupled weight decay (Loshchilov and Hutter, 2019): p shrinks by lr * weight_decay before the step.
class AdamW : public Adam {
 public:
  explicit AdamW(std::vector<Variable> params, const AdamWOptions& options = {})
      : Adam(std::move(params), {options.lr, options.beta1, options.beta2, options.eps, options.weight_decay}, true) {}
};

}  // namespace reel::optim
