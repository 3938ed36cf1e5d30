#pragma once

#include <reel/optim/optimizer.h>

namespace reel::optim {

/// Changes an optimizer's learning rate over time. As in PyTorch, making one sets the rate of step 0, and `step()` goes
/// on to the next: once an epoch, or once a batch, as its lengths are meant. The optimizer must outlive it.
class Schedule {
 public:
  virtual ~Schedule() = default;
  void step();
  /// Steps taken so far.
  [[nodiscard]] std::int64_t count() const { return count_; }

 protected:
  explicit Schedule(Optimizer& optimizer) : optimizer_(&optimizer), base_lr_(optimizer.lr()) {}
  /// The optimizer's rate when the schedule was made.
  [[nodiscard]] double base_lr() const { return base_lr_; }
  [[nodiscard]] Optimizer& optimizer() const { return *optimizer_; }
  /// Sets the optimizer to step `count`.
  virtual void apply(std::int64_t count) = 0;

 private:
  Optimizer* optimizer_;
  double base_lr_;
  std::int64_t count_ = 0;
};

/// lr * gamma^floor(t / step_size)
class StepLR : public Schedule {
 public:
  /// Throws ValueError for a step_size below 1.
  StepLR(Optimizer& optimizer, std::int64_t step_size, double gamma = 0.1);

 protected:
  void apply(std::int64_t count) override;

 private:
  std::int64_t step_size_;
  double gamma_;
};

/// eta_min + (lr - eta_min) (1 + cos(pi t / t_max)) / 2 (Loshchilov and Hutter, 2017, without restarts).
class CosineAnnealingLR : public Schedule {
 public:
  /// Throws ValueError for a t_max below 1.
  CosineAnnealingLR(Optimizer& optimizer, std::int64_t t_max, double eta_min = 0);

 protected:
  void apply(std::int64_t count) override;

 private:
  std::int64_t t_max_;
  double eta_min_;
};

struct OneCycleOptions {
  double max_lr = 0;
  std::int64_t total_steps = 0;
  double pct_start = 0.3;
  bool cycle_momentum = true;
  double base_momentum = 0.85;
  double max_momentum = 0.95;
  double div_factor = 25;
  double final_div_factor = 1e4;
};

/// Up to max_lr and down again over total_steps steps, by cosines, with the momentum going the other way (Smith, 2018).
/// Names, defaults and values are those of PyTorch's OneCycleLR.
class OneCycleLR : public Schedule {
 public:
  /// Throws ValueError for total_steps below 1, max_lr not above 0, and pct_start outside [0, 1].
  OneCycleLR(Optimizer& optimizer, const OneCycleOptions& options);

 protected:
  /// Throws ValueError beyond total_steps.
  void apply(std::int64_t count) override;

 private:
  OneCycleOptions options_;
};

}  // namespace reel::optim
