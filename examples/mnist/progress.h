#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace mnist {

/// Seconds since it was made.
class Stopwatch {
 public:
  [[nodiscard]] double seconds() const {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
  }

 private:
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

/// Running means of an epoch.
struct Running {
  double loss = 0;     // sum over images
  double correct = 0;  // images
  double images = 0;

  [[nodiscard]] double mean_loss() const { return images > 0 ? loss / images : 0; }
  [[nodiscard]] double accuracy() const { return images > 0 ? correct / images : 0; }
};

/// Shows how an epoch goes: on a terminal a bar that is drawn anew ten times a second; elsewhere nothing until the
/// epoch's line.
class Progress {
 public:
  Progress(std::int64_t epoch, std::int64_t epochs, std::int64_t images);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  void update(const Running& running);

 private:
  void clear() const;

  std::string title_;
  double total_;
  bool on_terminal_;
  Stopwatch watch_;
  double drawn_ = -1;
};

}  // namespace mnist
