#pragma once

#include <optional>
#include <reel/training/checkpointer.h>

#include "options.h"

namespace mnist {

/// The checkpoints of a run that has a folder for them; of another, nothing.
class Checkpoints {
 public:
  explicit Checkpoints(const Options& options);

  template <class Part>
  void add(const std::string& name, Part& part) {
    if (files_) files_->add(name, part);
  }
  /// Loads what the folder has. False for a new run.
  [[nodiscard]] bool resume();
  /// Counts a step, and saves where it is time.
  void after_step();
  void save();

 private:
  std::optional<reel::training::Checkpointer> files_;
  std::int64_t every_;  // steps; 0: none
  std::int64_t step_ = 0;
};

}  // namespace mnist
