#pragma once

#include <reel/core/state_dict.h>
#include <reel/optim/plateau.h>

namespace reel::training {

/// Whether a metric is better where it is lower (min) or higher (max).
using Mode = optim::PlateauMode;

/// The best value of a metric so far.
class Best {
 public:
  /// `min_delta`: by how much a value must beat the best.
  explicit Best(Mode mode, double min_delta = 0);

  /// Takes a value in where it beats the best by more than min_delta, and tells whether it did. A NaN never does.
  bool offer(double metric);
  /// An infinity before the first.
  [[nodiscard]] double value() const { return value_; }
  /// For a state that is loaded.
  void set(double value) { value_ = value; }

 private:
  Mode mode_;
  double min_delta_;
  double value_;
};

/// When EarlyStopping stops.
struct EarlyStoppingOptions {
  std::int64_t patience = 10;  ///< steps without a better value that end it
  double min_delta = 0;        ///< by how much a value must beat the best
  Mode mode = Mode::min;       ///< which values are better
};

/// Says when to give up: once a metric was no better than its best, by more than min_delta, for `patience` steps in a
/// row.
///
///     training::EarlyStopping stopping({.patience = 5});
///     while (!stopping.step(validation_loss())) ...
class EarlyStopping {
 public:
  /// Throws ValueError for a patience below 1 and a min_delta that is negative or no number.
  explicit EarlyStopping(const EarlyStoppingOptions& options = {});

  /// Takes the next value of the metric, as a rule after an epoch, and tells whether to stop. A NaN is no better than
  /// any.
  bool step(double metric);
  /// What the last step() told.
  [[nodiscard]] bool should_stop() const { return bad_ >= patience_; }
  /// The best value so far; an infinity before the first.
  [[nodiscard]] double best() const { return best_.value(); }

  /// `best` and `num_bad_epochs`.
  [[nodiscard]] StateDict state_dict() const;
  /// Throws StateError.
  void load_state_dict(const StateDict& state);

 private:
  std::int64_t patience_;
  Best best_;
  std::int64_t bad_ = 0;  // steps in a row without a better value
};

}  // namespace reel::training
