#pragma once

#include <optional>
#include <reel/core/io/record_file.h>
#include <reel/core/tensor.h>
#include <reel/training/histogram.h>
#include <string>
#include <utility>
#include <vector>

namespace reel::training {

/// Values of one step, by name.
using Scalars = std::vector<std::pair<std::string, double>>;

/// Writes down what a training comes to, step by step. What is written is with the operating system before a call
/// returns, so a crash leaves a file that can be read. All throw IoError, and ValueError for a name that is empty,
/// comes twice, is no UTF-8 or is "step".
///
///     training::JsonLogger log("run.jsonl");
///     log.scalars({{"loss", loss.mean()}, {"accuracy", accuracy.value()}}, epoch);
///
/// One of one's own has one function, and others for what its file can hold: the rest is left out.
class Logger {
 public:
  virtual ~Logger() = default;

  /// One value, or several by name:
  void scalar(const std::string& name, double value, std::int64_t step) { scalars({{name, value}}, step); }
  void scalars(const Scalars& values, std::int64_t step);
  /// A picture, uint8 [H, W], [1, H, W] (grey) or [3, H, W] (red, green, blue); throws as data::encode_png does.
  void image(const std::string& name, const Tensor& image, std::int64_t step);
  /// How the values of a tensor of any shape are spread, such as a weight's or a gradient's; see histogram().
  void histogram(const std::string& name, const Tensor& values, std::int64_t step);

 protected:
  /// What the functions above call once they have checked their arguments:
  virtual void write_scalars(const Scalars& values, std::int64_t step) = 0;
  virtual void write_image(const std::string&, const Tensor&, std::int64_t) {}
  virtual void write_histogram(const std::string&, const Histogram&, std::int64_t) {}
};

/// JSON Lines: `{"step": 1, "loss": 0.25, "accuracy": 0.9}`, what is not finite as null. A histogram is a line
/// `{"step": 1, "histogram": "fc1.weight", "count": ..., "min": ..., "max": ..., "mean": ..., "limits": [...],
/// "counts": [...]}`. No images.
class JsonLogger : public Logger {
 public:
  /// What becomes of a file that is there.
  using Old = io::RecordFile::Old;

  /// An old file stays until the first line takes its place. Old::keep goes on behind its last whole line instead, for
  /// a run that is resumed.
  explicit JsonLogger(std::string path, Old old = Old::replace) : file_(std::move(path), old) {}

 protected:
  void write_scalars(const Scalars& values, std::int64_t step) override;
  void write_histogram(const std::string& name, const Histogram& histogram, std::int64_t step) override;

 private:
  io::RecordFile file_;
};

/// A table of comma-separated values (RFC 4180), with a line for each call of scalars(). The first call says which
/// columns there are after `step`; others may leave some out, and throw ValueError for a name that is none of them.
/// Scalars alone.
class CsvLogger : public Logger {
 public:
  /// An old file stays until the first line takes its place.
  explicit CsvLogger(std::string path) : file_(std::move(path)) {}

 protected:
  void write_scalars(const Scalars& values, std::int64_t step) override;

 private:
  io::RecordFile file_;
  std::optional<std::vector<std::string>> columns_;  // none before the first call
};

}  // namespace reel::training
