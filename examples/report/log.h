#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace report {

/// A point of a curve. What was no finite number is none, and leaves a gap.
struct Point {
  double step = 0;
  std::optional<double> seconds;  // since the run began
  std::optional<double> value;
};

/// What a training wrote down.
struct Run {
  std::string path;
  std::string name;                                                // of the file, without folder and extension
  std::string axis = "step";                                       // what the points' steps are: step, epoch or line
  std::vector<std::pair<std::string, std::string>> settings;       // of the line that has no step, as texts
  std::vector<std::pair<std::string, std::vector<Point>>> curves;  // by name, in the order of the file
  bool is_cut_off = false;  // it ends in the middle of a line, as a run's that goes on

  /// A setting, or an empty text.
  [[nodiscard]] std::string setting(const std::string& name) const;
};

/// Reads a log: JSON Lines, as mnist --log and training::JsonLogger write it, or comma-separated values with a line of
/// names, as training::CsvLogger does. A record's place is its "epoch", else its "step", else its line; its time its
/// "seconds", else the sum of "train_seconds". All other numbers are curves, by their names. Of JSON, a line without a
/// place that stands before or among others is the settings'. What else there is in a record is passed over, and so is
/// a last line that was cut off.
///
/// Throws reel::IoError for a file that can't be read, has more than 256 MiB or no line at all, and, with the line, for
/// what is neither.
[[nodiscard]] Run read_log(const std::string& path);

}  // namespace report
