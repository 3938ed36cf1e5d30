#include <cmath>
#include <numbers>
#include <reel/optim/schedule.h>

namespace reel::optim {
namespace {

/// From `start` (at share 0) to `end` (at share 1) along half a cosine.
double cosine(double start, double end, double share) {
  return end + (start - end) / 2 * (1 + std::cos(std::numbers::pi * share));
}

}  // namespace

void Schedule::step() {
  apply(count_ + 1);
  ++count_;
}

StepLR::StepLR(Optimizer& optimizer, std::int64_t step_size, double gamma)
    : Schedule(optimizer), step_size_(step_size), gamma_(gamma) {
  require<ValueError>(step_size >= 1, "StepLR", "step_size must be at least 1, got ", step_size);
}

void StepLR::apply(std::int64_t count) {
  optimizer().set_lr(base_lr() * std::pow(gamma_, static_cast<double>(count / step_size_)));
}

CosineAnnealingLR::CosineAnnealingLR(Optimizer& optimizer, std::int64_t t_max, double eta_min)
    : Schedule(optimizer), t_max_(t_max), eta_min_(eta_min) {
  require<ValueError>(t_max >= 1, "CosineAnnealingLR", "t_max must be at least 1, got ", t_max);
}

void CosineAnnealingLR::apply(std::int64_t count) {
  optimizer().set_lr(cosine(base_lr(), eta_min_, static_cast<double>(count) / static_cast<double>(t_max_)));
}

OneCycleLR::OneCycleLR(Optimizer& optimizer, const OneCycleOptions& options) : Schedule(optimizer), options_(options) {
  require<ValueError>(options.total_steps >= 1 && options.max_lr > 0, "OneCycleLR",
                      "total_steps and max_lr must be given and positive, got ", options.total_steps, " and ",
                      options.max_lr);
  require<ValueError>(options.pct_start >= 0 && options.pct_start <= 1, "OneCycleLR",
                      "pct_start must be in [0, 1], got ", options.pct_start);
  OneCycleLR::apply(0);
}

void OneCycleLR::apply(std::int64_t count) {
  const OneCycleOptions& o = options_;
  require<ValueError>(count <= o.total_steps, "OneCycleLR", "step ", count, " is beyond total_steps = ", o.total_steps);
  const double initial = o.max_lr / o.div_factor;
  const double last = static_cast<double>(o.total_steps) - 1;
  const double peak = o.pct_start * static_cast<double>(o.total_steps) - 1;
  const auto t = static_cast<double>(count);
  const bool rising = t <= peak;
  const double length = rising ? peak : last - peak;  // 0 where one half has no steps: its end is its beginning
  const double share = length == 0 ? 1 : (rising ? t : t - peak) / length;
  optimizer().set_lr(rising ? cosine(initial, o.max_lr, share) : cosine(o.max_lr, initial / o.final_div_factor, share));
  if (!o.cycle_momentum) return;
  optimizer().set_momentum(rising ? cosine(o.max_momentum, o.base_momentum, share)
                                  : cosine(o.base_momentum, o.max_momentum, share));
}

}  // namespace reel::optim
