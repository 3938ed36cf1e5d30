#pragma once

#include <functional>
#include <map>
#include <optional>
#include <reel/training/early_stopping.h>
#include <string>
#include <utility>
#include <vector>

namespace reel::training {

/// What a checkpoint can save: modules, optimizers, schedules, averages of weights, EarlyStopping ...
template <class Part>
concept HasState = requires(Part& part, const StateDict& state) {
  { std::as_const(part).state_dict() } -> std::convertible_to<StateDict>;
  part.load_state_dict(state);
};

/// Settings by name, as text.
using Config = std::map<std::string, std::string>;

/// What a Checkpointer keeps.
struct CheckpointerOptions {
  std::int64_t keep_last = 3;  ///< files beside the best one
  Mode mode = Mode::min;       ///< of the metric that tells which is the best
  Config config = {};          ///< what a run must not change on its way, such as {{"model", "lenet5"}, {"lr", "0.1"}}
};

/// The configuration that a checkpoint was saved with. Throws IoError.
[[nodiscard]] Config read_config(const std::string& path);

/// Saves all that a run needs to go on to the bit where it was stopped: the parts that it is given, the step, the state
/// of this thread's default generator and the configuration, in one .safetensors file for each step,
/// step-0000001200.safetensors. That of the best metric is kept as best.safetensors as well. A file is there whole or
/// not at all: a run may be killed at any moment.
///
///     training::Checkpointer checkpoints("runs/a");
///     checkpoints.add("model", model);
///     checkpoints.add("optimizer", optimizer);
///     checkpoints.add("schedule", schedule);
///     checkpoints.add("data", loader);                       // the place in the epoch
///     std::int64_t step = checkpoints.resume().value_or(0);  // 0: a new run
///     while (loader.epoch() < 20) {
///       for (const auto& [images, labels] : loader) {
///         ...
///         if (++step % 1000 == 0) checkpoints.save(step);
///       }
///     }
class Checkpointer {
 public:
  /// Makes the folder. Throws IoError where it can't, and ValueError for less than one file to keep.
  explicit Checkpointer(std::string folder, CheckpointerOptions options = {});

  /// Adds a part, which must outlive this, under a name: its tensors are `name.weight` and so on. Throws ValueError for
  /// a name that is empty, taken or has a dot.
  template <HasState Part>
  void add(const std::string& name, Part& part) {
    add_part({name, [&part]() -> StateDict { return part.state_dict(); },
              [&part](const StateDict& state) { part.load_state_dict(state); }});
  }

  /// Saves, and then deletes files of earlier steps but the last few. Throws IoError; then the files that were there
  /// still are. A NaN is never the best.
  void save(std::int64_t step, std::optional<double> metric = {});
  /// Loads the file of the latest step, and tells which that was; nothing where there is none. Throws IoError, and
  /// StateError for a file of another configuration or of other parts; those before the one that does not fit are
  /// loaded then. Two runs must not share a folder: what one is writing looks to the other like the rest of a crash.
  std::optional<std::int64_t> resume();
  /// The same with a file of one's choice, such as best().
  std::int64_t load(const std::string& path);

  /// The files of steps that are there, the earliest first.
  [[nodiscard]] std::vector<std::string> files() const;
  /// The path of best.safetensors, which is there once a metric was saved.
  [[nodiscard]] std::string best() const;
  /// The metric that it had; an infinity before.
  [[nodiscard]] double best_metric() const { return best_.value(); }

 private:
  struct Part {
    std::string name;
    std::function<StateDict()> save;
    std::function<void(const StateDict&)> load;
  };

  void add_part(Part part);
  [[nodiscard]] StateDict state(std::int64_t step, double best) const;
  void prune(std::int64_t step) const;

  std::string folder_;
  std::int64_t keep_last_;
  Config config_;
  Best best_;
  std::vector<Part> parts_;
};

}  // namespace reel::training
