#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace cifar10 {

/// What the command line says. The settings are those of docs/examples/07_cifar10.md.
struct Options {
  std::string data;
  std::int64_t epochs = 30;
  std::int64_t batch_size = 64;
  double lr = 0.1;
  double momentum = 0.9;
  double weight_decay = 5e-4;
  double label_smoothing = 0;
  std::uint64_t seed = 0;
  int threads = 0;
  int workers = 1;
  bool decode_ahead = false;
  std::int64_t train_limit = 0;
  std::string log, save, checkpoints;
};

/// Reads the command line. Returns an exit code where the program is to end at once.
[[nodiscard]] std::optional<int> parse(int argc, char** argv, Options& options);

}  // namespace cifar10
