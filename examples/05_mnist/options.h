#pragma once

#include <cstdint>
#include <optional>
#include <reel/data/mnist.h>
#include <string>

#include "../models/digits.h"
#include "recipes.h"

namespace mnist {

/// What the command line says.
struct Options : DigitSource {
  std::string recipe_name;  // empty: none
  Recipe recipe;            // that of the name, with what other options changed
  std::uint64_t seed = 0;
  int threads = 0;
  std::int64_t train_limit = 0;
  std::string save, load, log, profile;
  std::string checkpoints;  // a folder
  std::int64_t checkpoint_steps = 0;
  std::string mistakes = "mistakes.png";
};

/// Reads the command line. Returns an exit code where the program is to end at once: 0 after --help, 1 for a bad
/// option.
[[nodiscard]] std::optional<int> parse(int argc, char** argv, Options& options);

/// The data sets that the options name: drawn, downloaded or read.
[[nodiscard]] reel::data::Mnist load_data(const Options& options);

}  // namespace mnist
