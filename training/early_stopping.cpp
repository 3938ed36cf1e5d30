#include <limits>
#include <reel/training/early_stopping.h>

namespace reel::training {

Best::Best(Mode mode, double min_delta)
    : mode_(mode),
      min_delta_(min_delta),
      value_(mode == Mode::min ? std::numeric_limits<double>::infinity() : -std::numeric_limits<double>::infinity()) {}

bool Best::offer(double metric) {
  const bool is_better = mode_ == Mode::min ? metric < value_ - min_delta_ : metric > value_ + min_delta_;
  if (is_better) value_ = metric;
  return is_better;
}

EarlyStopping::EarlyStopping(const EarlyStoppingOptions& options)
    : patience_(options.patience), best_(options.mode, options.min_delta) {
  require<ValueError>(options.patience >= 1, "EarlyStopping", "patience must be at least 1, got ", options.patience);
  require<ValueError>(options.min_delta >= 0, "EarlyStopping", "min_delta must be a number >= 0, got ",
                      options.min_delta);
}

bool EarlyStopping::step(double metric) {
  bad_ = best_.offer(metric) ? 0 : bad_ + 1;
  return should_stop();
}

StateDict EarlyStopping::state_dict() const {
  return {{"best", Tensor::scalar(best_.value(), float64)},
          {"num_bad_epochs", Tensor::scalar(static_cast<double>(bad_), int64)}};
}

void EarlyStopping::load_state_dict(const StateDict& state) {
  StateReader reader(state, "early stopping");
  const double best = reader.number("best");
  const auto bad = static_cast<std::int64_t>(reader.number("num_bad_epochs", int64));
  reader.finish();
  best_.set(best);
  bad_ = bad;
}

}  // namespace reel::training
