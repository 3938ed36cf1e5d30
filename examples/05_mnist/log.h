#pragma once

#include <optional>
#include <reel/core/io/record_file.h>
#include <reel/data/dataset.h>
#include <string>

#include "options.h"

namespace mnist {

/// What an epoch came to.
struct EpochResult {
  std::int64_t epoch = 0;
  double train_loss = 0;
  double train_seconds = 0;
  double lr = 0;  // at the end
  double test_loss = 0;
  double test_accuracy = 0;
  double images_per_second = 0;
  std::int64_t peak_rss_bytes = 0;
};

/// The most memory that the process has held so far.
[[nodiscard]] std::int64_t peak_rss_bytes();

/// A file of JSON Lines: the configuration first, then an object for each epoch. With an empty path it does nothing.
/// All throw reel::IoError where the file can't be written.
class Log {
 public:
  /// Finds out whether the file can be written, and leaves an old one as it is.
  /// A run that goes on keeps its lines.
  Log(const std::string& path, bool goes_on);
  /// The first line of a new run.
  void write(const Options& options, const reel::data::Mnist& data, std::int64_t parameters);
  void write(const EpochResult& result);

 private:
  std::optional<reel::io::RecordFile> file_;
};

}  // namespace mnist
