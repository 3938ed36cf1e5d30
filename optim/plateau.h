#pragma once

#include <limits>
#include <reel/optim/optimizer.h>

namespace reel::optim {

/// Whether a metric is better where it is lower, or higher.
enum class PlateauMode { min, max };

/// Whether a threshold is a share of the best value, or a difference.
enum class PlateauThreshold { rel, abs };

/// Names and defaults are PyTorch's.
struct PlateauOptions {
  PlateauMode mode = PlateauMode::min;                      ///< which values are better
  double factor = 0.1;                                      ///< what rates are multiplied by
  std::int64_t patience = 10;                               ///< steps without a better value that are put up with
  double threshold = 1e-4;                                  ///< what a value must beat the best by
  PlateauThreshold threshold_mode = PlateauThreshold::rel;  ///< how that is meant
  std::int64_t cooldown = 0;                                ///< steps after a change that don't count
  double min_lr = 0;                                        ///< rates never fall below it
  double eps = 1e-8;                                        ///< smaller changes are not made
};

/// Multiplies every group's rate by `factor`, down to min_lr, when a metric has been no better than its best for more
/// than `patience` steps; better is what beats the best by more than `threshold`. For `cooldown` steps after that it
/// doesn't count, and a change of a rate by no more than `eps` is not made. The optimizer must outlive it. It goes well
/// with a Schedule, which goes on from the lowered rates.
class ReduceLROnPlateau {
 public:
  /// Throws ValueError for a factor that is not in [0, 1) and for other options that are negative.
  explicit ReduceLROnPlateau(Optimizer& optimizer, const PlateauOptions& options = {});

  /// Takes the next value of the metric, as a rule after an epoch. A NaN is no better than any.
  void step(double metric);
  /// The best value so far; an infinity before the first.
  [[nodiscard]] double best() const { return best_; }

  /// `last_epoch`, `best`, `num_bad_epochs` and `cooldown_counter`, as in PyTorch. The rates are in the optimizer's.
  [[nodiscard]] StateDict state_dict() const;
  /// Throws StateError.
  void load_state_dict(const StateDict& state);

 private:
  [[nodiscard]] bool is_better(double metric) const;
  void reduce();

  Optimizer* optimizer_;
  PlateauOptions options_;
  double best_;
  std::int64_t count_ = 0;
  std::int64_t bad_ = 0;      // steps in a row without a better value
  std::int64_t cooling_ = 0;  // steps that are not to count any more
};

}  // namespace reel::optim
