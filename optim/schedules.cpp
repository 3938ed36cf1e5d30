#include <algorithm>
#include <cmath>
#include <numbers>
#include <reel/optim/schedules.h>

namespace reel::optim {
namespace {

/// From `start` (at share 0) to `end` (at share 1) along half a cosine.
double cosine(double start, double end, double share) {
  return end + (start - end) / 2 * (1 + std::cos(std::numbers::pi * share));
}

double ratio(std::int64_t a, std::int64_t b) { return static_cast<double>(a) / static_cast<double>(b); }

/// The schedule whose function is lr -> f(lr, t).
template <class F>
Schedule::Function moves_rate(F f) {
  return [f](const Pace& base, std::int64_t t) { return Pace{f(base.lr, t), base.momentum}; };
}

template <class F>
Schedule::Function multiplies(F factor) {
  return moves_rate([factor](double lr, std::int64_t t) { return lr * factor(t); });
}

/// The number of milestones up to t.
std::size_t passed(const std::vector<std::int64_t>& milestones, std::int64_t t) {
  return static_cast<std::size_t>(std::upper_bound(milestones.begin(), milestones.end(), t) - milestones.begin());
}

Schedule::Function step_lr(std::int64_t step_size, double gamma) {
  require<ValueError>(step_size >= 1, "StepLR", "step_size must be at least 1, got ", step_size);
  return multiplies([=](std::int64_t t) { return std::pow(gamma, static_cast<double>(t / step_size)); });
}

Schedule::Function multi_step(std::vector<std::int64_t> milestones, double gamma) {
  std::sort(milestones.begin(), milestones.end());
  return multiplies([milestones = std::move(milestones), gamma](std::int64_t t) {
    return std::pow(gamma, static_cast<double>(passed(milestones, t)));
  });
}

Schedule::Function constant(const ConstantLROptions& o) {
  require<ValueError>(o.factor >= 0 && o.factor <= 1, "ConstantLR", "factor must be in [0, 1], got ", o.factor);
  return multiplies([o](std::int64_t t) { return t < o.total_iters ? o.factor : 1; });
}

Schedule::Function linear(const LinearLROptions& o) {
  require<ValueError>(o.start_factor > 0 && o.start_factor <= 1 && o.end_factor >= 0 && o.end_factor <= 1, "LinearLR",
                      "start_factor must be in (0, 1] and end_factor in [0, 1], got ", o.start_factor, " and ",
                      o.end_factor);
  require<ValueError>(o.total_iters >= 1, "LinearLR", "total_iters must be at least 1, got ", o.total_iters);
  return multiplies([o](std::int64_t t) {
    return o.start_factor + (o.end_factor - o.start_factor) * ratio(std::min(t, o.total_iters), o.total_iters);
  });
}

Schedule::Function annealing(std::int64_t t_max, double eta_min) {
  require<ValueError>(t_max >= 1, "CosineAnnealingLR", "t_max must be at least 1, got ", t_max);
  return moves_rate([=](double lr, std::int64_t t) { return cosine(lr, eta_min, ratio(t, t_max)); });
}

Schedule::Function warm_restarts(std::int64_t t_0, std::int64_t t_mult, double eta_min) {
  require<ValueError>(t_0 >= 1 && t_mult >= 1, "CosineAnnealingWarmRestarts", "t_0 and t_mult must be at least 1, got ",
                      t_0, " and ", t_mult);
  return moves_rate([=](double lr, std::int64_t t) {
    std::int64_t length = t_0;
    std::int64_t done = t_mult == 1 ? t % t_0 : t;  // of the part that t lies in
    for (; done >= length; length *= t_mult) done -= length;
    return cosine(lr, eta_min, ratio(done, length));
  });
}

Schedule::Function one_cycle(const Optimizer& optimizer, const OneCycleOptions& o) {
  require<ValueError>(o.total_steps >= 1 && o.max_lr >= 0, "OneCycleLR",
                      "total_steps must be given and positive, and max_lr not negative, got ", o.total_steps, " and ",
                      o.max_lr);
  require<ValueError>(o.pct_start >= 0 && o.pct_start <= 1, "OneCycleLR", "pct_start must be in [0, 1], got ",
                      o.pct_start);
  require<ValueError>(!o.cycle_momentum || optimizer.base_pace(0).momentum.has_value(), "OneCycleLR",
                      "the optimizer has no momentum to move; set cycle_momentum to false");
  return [o](const Pace& base, std::int64_t count) -> Pace {
    require<ValueError>(count <= o.total_steps, "OneCycleLR", "step ", count,
                        " is beyond total_steps = ", o.total_steps);
    const double highest = o.max_lr > 0 ? o.max_lr : base.lr;
    const double initial = highest / o.div_factor;
    const double last = static_cast<double>(o.total_steps) - 1;
    const double peak = o.pct_start * static_cast<double>(o.total_steps) - 1;
    const auto t = static_cast<double>(count);
    const bool rising = t <= peak;
    const double length = rising ? peak : last - peak;  // 0 where one half has no steps: its end is its beginning
    const double share = length == 0 ? 1 : (rising ? t : t - peak) / length;
    const double lr = rising ? cosine(initial, highest, share) : cosine(highest, initial / o.final_div_factor, share);
    if (!o.cycle_momentum) return {lr, base.momentum};
    return {lr,
            rising ? cosine(o.max_momentum, o.base_momentum, share) : cosine(o.base_momentum, o.max_momentum, share)};
  };
}

std::vector<Schedule::Function> functions(const std::vector<Schedule>& schedules) {
  std::vector<Schedule::Function> out;
  for (const Schedule& schedule : schedules) out.push_back(schedule.function());
  return out;
}

Schedule::Function sequence(const std::vector<Schedule>& schedules, std::vector<std::int64_t> milestones) {
  require<ValueError>(schedules.size() == milestones.size() + 1, "SequentialLR",
                      "wants one schedule more than milestones, got ", schedules.size(), " and ", milestones.size());
  require<ValueError>(std::is_sorted(milestones.begin(), milestones.end()), "SequentialLR", "the milestones must rise");
  return [parts = functions(schedules), milestones = std::move(milestones)](const Pace& base, std::int64_t t) {
    const std::size_t part = passed(milestones, t);
    return parts[part](base, part == 0 ? t : t - milestones[part - 1]);
  };
}

Schedule::Function chain(const std::vector<Schedule>& schedules) {
  require<ValueError>(!schedules.empty(), "ChainedScheduler", "got no schedules");
  return [parts = functions(schedules)](const Pace& base, std::int64_t t) {
    Pace pace = base;
    for (const Schedule::Function& part : parts) pace = part(pace, t);
    return pace;
  };
}

}  // namespace

LambdaLR::LambdaLR(Optimizer& optimizer, std::function<double(std::int64_t step)> factor)
    : Schedule(optimizer, multiplies(std::move(factor))) {}

StepLR::StepLR(Optimizer& optimizer, std::int64_t step_size, double gamma)
    : Schedule(optimizer, step_lr(step_size, gamma)) {}

MultiStepLR::MultiStepLR(Optimizer& optimizer, std::vector<std::int64_t> milestones, double gamma)
    : Schedule(optimizer, multi_step(std::move(milestones), gamma)) {}

ExponentialLR::ExponentialLR(Optimizer& optimizer, double gamma)
    : Schedule(optimizer, multiplies([gamma](std::int64_t t) { return std::pow(gamma, static_cast<double>(t)); })) {}

ConstantLR::ConstantLR(Optimizer& optimizer, const ConstantLROptions& options)
    : Schedule(optimizer, constant(options)) {}

LinearLR::LinearLR(Optimizer& optimizer, const LinearLROptions& options) : Schedule(optimizer, linear(options)) {}

CosineAnnealingLR::CosineAnnealingLR(Optimizer& optimizer, std::int64_t t_max, double eta_min)
    : Schedule(optimizer, annealing(t_max, eta_min)) {}

CosineAnnealingWarmRestarts::CosineAnnealingWarmRestarts(Optimizer& optimizer, std::int64_t t_0, std::int64_t t_mult,
                                                         double eta_min)
    : Schedule(optimizer, warm_restarts(t_0, t_mult, eta_min)) {}

OneCycleLR::OneCycleLR(Optimizer& optimizer, const OneCycleOptions& options)
    : Schedule(optimizer, one_cycle(optimizer, options)) {}

SequentialLR::SequentialLR(Optimizer& optimizer, const std::vector<Schedule>& schedules,
                           std::vector<std::int64_t> milestones)
    : Schedule(optimizer, sequence(schedules, std::move(milestones))) {}

ChainedScheduler::ChainedScheduler(Optimizer& optimizer, const std::vector<Schedule>& schedules)
    : Schedule(optimizer, chain(schedules)) {}

}  // namespace reel::optim
