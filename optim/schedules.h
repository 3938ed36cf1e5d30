#pragma once

#include <reel/optim/schedule.h>

/// PyTorch's learning-rate schedules, with its names, defaults and values. Here lr is a group's base rate and t the
/// number of steps.
namespace reel::optim {

/// lr * factor(t): any function of the number of steps.
struct LambdaLR : Schedule {
  /// `factor` of the number of steps; what it throws, step() throws.
  LambdaLR(Optimizer& optimizer, std::function<double(std::int64_t step)> factor);
};

/// lr * gamma^floor(t / step_size)
struct StepLR : Schedule {
  /// Throws ValueError for a step_size below 1.
  StepLR(Optimizer& optimizer, std::int64_t step_size, double gamma = 0.1);
};

/// lr * gamma^(number of milestones up to t). A milestone that stands twice counts twice.
struct MultiStepLR : Schedule {
  /// Milestones in any order.
  MultiStepLR(Optimizer& optimizer, std::vector<std::int64_t> milestones, double gamma = 0.1);
};

/// lr * gamma^t
struct ExponentialLR : Schedule {
  /// `gamma`: what each step multiplies the rate by.
  ExponentialLR(Optimizer& optimizer, double gamma);
};

/// How ConstantLR goes.
struct ConstantLROptions {
  double factor = 1.0 / 3;       ///< of the base rate
  std::int64_t total_iters = 5;  ///< steps until it ends
};

/// lr * factor until step total_iters, and lr from there on.
struct ConstantLR : Schedule {
  /// Throws ValueError for a factor outside [0, 1].
  explicit ConstantLR(Optimizer& optimizer, const ConstantLROptions& options = {});
};

/// How LinearLR goes.
struct LinearLROptions {
  double start_factor = 1.0 / 3;  ///< of the base rate, at step 0
  double end_factor = 1;          ///< of the base rate, at the end
  std::int64_t total_iters = 5;   ///< steps until the end
};

/// From lr * start_factor to lr * end_factor in total_iters even steps, and no further: a warm-up.
struct LinearLR : Schedule {
  /// Throws ValueError for a start_factor outside (0, 1], an end_factor outside [0, 1], and total_iters below 1.
  explicit LinearLR(Optimizer& optimizer, const LinearLROptions& options = {});
};

/// eta_min + (lr - eta_min) (1 + cos(pi t / t_max)) / 2 (Loshchilov and Hutter, 2017, without restarts).
struct CosineAnnealingLR : Schedule {
  /// Throws ValueError for a t_max below 1.
  CosineAnnealingLR(Optimizer& optimizer, std::int64_t t_max, double eta_min = 0);
};

/// The same with restarts: from lr to eta_min in t_0 steps, then again in t_0 * t_mult, and so on.
struct CosineAnnealingWarmRestarts : Schedule {
  /// Throws ValueError for a t_0 or t_mult below 1.
  CosineAnnealingWarmRestarts(Optimizer& optimizer, std::int64_t t_0, std::int64_t t_mult = 1, double eta_min = 0);
};

/// How OneCycleLR goes.
struct OneCycleOptions {
  double max_lr = 0;              ///< 0: each group's base rate
  std::int64_t total_steps = 0;   ///< steps of the whole cycle
  double pct_start = 0.3;         ///< share of the steps that go up
  bool cycle_momentum = true;     ///< move the momentum, too
  double base_momentum = 0.85;    ///< where the rate is highest
  double max_momentum = 0.95;     ///< where it begins and ends
  double div_factor = 25;         ///< the first rate is max_lr / div_factor
  double final_div_factor = 1e4;  ///< the last one is the first / final_div_factor
};

/// Up to max_lr and down again over total_steps steps, by cosines, with the momentum going the other way (Smith, 2018).
struct OneCycleLR : Schedule {
  /// Throws ValueError for total_steps below 1, a negative max_lr, pct_start outside [0, 1], and cycle_momentum with an
  /// optimizer that has none. Its step() throws ValueError beyond total_steps.
  OneCycleLR(Optimizer& optimizer, const OneCycleOptions& options);
};

/// One schedule after another: from milestones[i] on, schedules[i + 1], which counts its steps from there.
///
///     optim::SequentialLR schedule(optimizer, {optim::LinearLR(optimizer), optim::CosineAnnealingLR(optimizer, 95)},
///     {5});
struct SequentialLR : Schedule {
  /// Throws ValueError unless there is one schedule more than milestones, and those rise.
  SequentialLR(Optimizer& optimizer, const std::vector<Schedule>& schedules, std::vector<std::int64_t> milestones);
};

/// All schedules at a time, each from the pace that the one before it made: factors multiply. As in PyTorch, but for a
/// cosine with an eta_min or beyond its t_max, and restarts: PyTorch has them depend on their own last step or on the
/// base rate alone.
struct ChainedScheduler : Schedule {
  /// Throws ValueError for no schedules.
  ChainedScheduler(Optimizer& optimizer, const std::vector<Schedule>& schedules);
};

}  // namespace reel::optim
