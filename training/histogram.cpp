#include <algorithm>
#include <cmath>
#include <reel/training/histogram.h>

namespace reel::training {

Histogram histogram(const Tensor& values, std::int64_t bins) {
  require_defined("histogram", values);
  require<ValueError>(bins >= 1, "histogram", "wants at least one bin, got ", bins);
  const Tensor all = values.to(float64).contiguous();
  std::vector<double> finite;
  for (const double v : all.span<double>()) {
    if (std::isfinite(v)) finite.push_back(v);
  }
  if (finite.empty()) return {};
  const auto [low, high] = std::minmax_element(finite.begin(), finite.end());
  Histogram out{.count = static_cast<std::int64_t>(finite.size()), .min = *low, .max = *high};
  if (out.min == out.max) bins = 1;
  for (std::int64_t i = 1; i < bins; ++i) {
    out.limits.push_back(std::lerp(out.min, out.max, static_cast<double>(i) / static_cast<double>(bins)));
  }
  out.limits.push_back(out.max);
  out.counts.assign(out.limits.size(), 0);
  for (const double v : finite) {
    const auto bin = std::upper_bound(out.limits.begin(), out.limits.end() - 1, v) - out.limits.begin();
    ++out.counts[static_cast<std::size_t>(bin)];
    out.sum += v;
    out.sum_of_squares += v * v;
  }
  return out;
}

}  // namespace reel::training
