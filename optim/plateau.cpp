#include <algorithm>
#include <reel/optim/plateau.h>
#include <tuple>

namespace reel::optim {

ReduceLROnPlateau::ReduceLROnPlateau(Optimizer& optimizer, const PlateauOptions& options)
    : optimizer_(&optimizer),
      options_(options),
      best_(options.mode == PlateauMode::min ? std::numeric_limits<double>::infinity()
                                             : -std::numeric_limits<double>::infinity()) {
  require<ValueError>(options.factor >= 0 && options.factor < 1, "ReduceLROnPlateau", "factor must be in [0, 1), got ",
                      options.factor);
  require<ValueError>(options.patience >= 0 && options.cooldown >= 0, "ReduceLROnPlateau",
                      "patience and cooldown must not be negative, got ", options.patience, " and ", options.cooldown);
  require<ValueError>(options.threshold >= 0 && options.min_lr >= 0 && options.eps >= 0, "ReduceLROnPlateau",
                      "threshold, min_lr and eps must be numbers >= 0, got ", options.threshold, ", ", options.min_lr,
                      " and ", options.eps);
}

bool ReduceLROnPlateau::is_better(double metric) const {
  const bool lower = options_.mode == PlateauMode::min;
  const double sign = lower ? -1 : 1;
  const double bar = options_.threshold_mode == PlateauThreshold::rel ? best_ * (1 + sign * options_.threshold)
                                                                      : best_ + sign * options_.threshold;
  return lower ? metric < bar : metric > bar;
}

void ReduceLROnPlateau::step(double metric) {
  ++count_;
  if (is_better(metric)) {
    best_ = metric;
    bad_ = 0;
  } else {
    ++bad_;
  }
  if (cooling_ > 0) {
    --cooling_;
    bad_ = 0;
  }
  if (bad_ <= options_.patience) return;
  reduce();
  cooling_ = options_.cooldown;
  bad_ = 0;
}

void ReduceLROnPlateau::reduce() {
  for (std::size_t group = 0; group < optimizer_->group_count(); ++group) {
    const double before = optimizer_->lr(group);
    const double after = std::max(before * options_.factor, options_.min_lr);
    if (before - after > options_.eps) optimizer_->set_lr(group, after);
  }
}

StateDict ReduceLROnPlateau::state_dict() const {
  const auto integer = [](std::int64_t n) { return Tensor::scalar(static_cast<double>(n), int64); };
  return {{"last_epoch", integer(count_)},
          {"best", Tensor::scalar(best_, float64)},
          {"num_bad_epochs", integer(bad_)},
          {"cooldown_counter", integer(cooling_)}};
}

void ReduceLROnPlateau::load_state_dict(const StateDict& state) {
  StateReader reader(state, "schedule");
  const auto integer = [&](const char* name) { return static_cast<std::int64_t>(reader.number(name, int64)); };
  const double best = reader.number("best");
  const std::int64_t count = integer("last_epoch"), bad = integer("num_bad_epochs"),
                     cooling = integer("cooldown_counter");
  reader.finish();
  std::tie(best_, count_, bad_, cooling_) = std::tuple(best, count, bad, cooling);
}

}  // namespace reel::optim
