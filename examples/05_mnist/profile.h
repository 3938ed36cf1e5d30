#pragma once

#include <optional>
#include <reel/core/profiler.h>
#include <string>

namespace mnist {

/// Profiles a hundred steps of an epoch, or as many as it has, from the fourth of the training on: the first ones fetch
/// memory.
class StepProfile {
 public:
  /// With an empty path it does nothing.
  explicit StepProfile(std::string path) : path_(std::move(path)) {}

  /// To be called when a step has ended.
  void after_step();
  /// To be called when an epoch has: no profile goes on after it.
  void after_epoch();
  /// Prints what took how long, by op and by layer, and writes the trace. Throws reel::IoError.
  void report();

 private:
  std::string path_;
  std::int64_t steps_ = 0;
  std::int64_t last_ = 0;  // the last step that was profiled
  std::optional<reel::Profiler> profiler_;
};

}  // namespace mnist
