#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace reel::training {

/// Seconds since it was made.
class Stopwatch {
 public:
  /// Since it was made.
  [[nodiscard]] double seconds() const {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
  }

 private:
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

/// Shows how far something has come: where the standard output is a terminal, a line that is drawn anew ten times a
/// second at the most, and is gone with the bar; elsewhere nothing, so that logs stay clean.
///
///     training::ProgressBar bar("epoch 1/10", images.size(), "images");
///     bar.update(done, "loss 0.312");  // epoch 1/10 [####....] loss 0.312   12345 images/s     4 s left
class ProgressBar {
 public:
  /// `unit` is what is counted a second. Nothing is drawn before the first update().
  ProgressBar(std::string title, std::int64_t total, std::string unit = "steps");
  ~ProgressBar() { clear(); }
  ProgressBar(const ProgressBar&) = delete;
  ProgressBar& operator=(const ProgressBar&) = delete;

  /// `done` of the total are done.
  void update(std::int64_t done, std::string_view message = {});
  /// The line that update() draws, in `width` columns or less.
  [[nodiscard]] std::string line(std::int64_t done, std::string_view message, double seconds, int width) const;

 private:
  void clear() const;

  std::string title_, unit_;
  double total_;
  bool on_terminal_;
  Stopwatch watch_;
  double drawn_ = -1;  // when
};

}  // namespace reel::training
