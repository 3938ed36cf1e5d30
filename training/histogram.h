#pragma once

#include <cstdint>
#include <reel/core/tensor.h>
#include <vector>

namespace reel::training {

/// How numbers are spread. Bin i holds those below limits[i], from limits[i - 1] on, or from min on; the last limit is
/// max, which is in the last bin.
struct Histogram {
  std::int64_t count = 0;                 ///< finite values
  double min = 0;                         ///< of them
  double max = 0;                         ///< of them
  double sum = 0;                         ///< of them
  double sum_of_squares = 0;              ///< of them
  std::vector<double> limits = {};        ///< where bins end
  std::vector<std::int64_t> counts = {};  ///< values of each bin
};

/// The finite values of a tensor of any shape and dtype in bins of equal width; in a single one where all are equal,
/// and in none where there are none. Throws ValueError for less than one bin.
[[nodiscard]] Histogram histogram(const Tensor& values, std::int64_t bins = 30);

}  // namespace reel::training
