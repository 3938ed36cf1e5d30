#pragma once

#include <reel/core/random.h>
#include <reel/data/transforms.h>

namespace reel::data {

/// Mixes each example of a batch with another one of it (Zhang et al., "mixup: beyond empirical risk minimization",
/// 2018): images become l x + (1 - l) x', and labels float32 [B, classes], l for the one's class and 1 - l more for the
/// other's, which cross_entropy takes as they are. l is drawn for each batch from Beta(alpha, alpha). Throws ValueError
/// for an alpha that is not above 0 and less than one class, and, when it runs, IndexError for a label that is no
/// class.
///
///     data::DataLoader loader(dataset, {.batch_transform = data::mixup(0.2, 10)});
[[nodiscard]] BatchTransform mixup(double alpha, std::int64_t classes);

/// A number from Beta(a, b), by two gamma variates (Marsaglia and Tsang, "A simple method for generating gamma
/// variables", 2000). Throws ValueError unless a and b are above 0.
[[nodiscard]] double draw_beta(double a, double b, Generator& generator);

}  // namespace reel::data
