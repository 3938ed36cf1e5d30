#include <cmath>
#include <numbers>
#include <reel/core/kernels/elementwise.h>
#include <reel/core/kernels/index.h>
#include <reel/data/draw.h>
#include <reel/data/mixup.h>

namespace reel::data {
namespace {

double draw_normal(Generator& generator) {
  const double radius = std::sqrt(-2 * std::log(1 - draw_uniform(generator)));
  return radius * std::cos(2 * std::numbers::pi * draw_uniform(generator));
}

/// The logarithm of a number from Gamma(a, 1): for a small a the number itself may be too small for a double.
double draw_log_gamma(double a, Generator& generator) {
  if (a < 1) return draw_log_gamma(a + 1, generator) + std::log(1 - draw_uniform(generator)) / a;
  const double d = a - 1.0 / 3;
  for (;;) {
    const double x = draw_normal(generator);
    const double cube = 1 + x / std::sqrt(9 * d);
    const double v = cube * cube * cube;
    const double u = 1 - draw_uniform(generator);
    if (v > 0 && std::log(u) < 0.5 * x * x + d * (1 - v + std::log(v))) return std::log(d * v);
  }
}

}  // namespace

double draw_beta(double a, double b, Generator& generator) {
  require<ValueError>(a > 0 && b > 0, "draw_beta", "wants numbers above 0, got ", a, " and ", b);
  const double x = draw_log_gamma(a, generator);
  const double y = draw_log_gamma(b, generator);
  return 1 / (1 + std::exp(y - x));
}

BatchTransform mixup(double alpha, std::int64_t classes) {
  require<ValueError>(alpha > 0 && classes >= 1, "mixup", "wants an alpha above 0 and a class at least, got ", alpha,
                      " and ", classes);
  return [=](Batch& batch, Generator& generator) {
    const std::int64_t count = batch.labels.numel();
    const double share = draw_beta(alpha, alpha, generator);
    const Tensor other = permutation(count, generator);
    const Tensor others = index_select(batch.images, 0, other);
    batch.images = share * batch.images + (1 - share) * others;
    Tensor targets = Tensor::zeros({count, classes});
    auto* target = targets.mutable_data<float>();
    const auto labels = batch.labels.span<std::int64_t>();
    const auto add = [&](std::int64_t row, std::int64_t label, double weight) {
      require<IndexError>(label >= 0 && label < classes, "mixup", "label ", label, " is outside [0, ", classes, ")");
      target[row * classes + label] += static_cast<float>(weight);
    };
    for (std::int64_t i = 0; i < count; ++i) {
      add(i, labels[static_cast<std::size_t>(i)], share);
      add(i, labels[static_cast<std::size_t>(other.data<std::int64_t>()[i])], 1 - share);
    }
    batch.labels = targets;
  };
}

}  // namespace reel::data
