#include <cmath>
#include <reel/nn/init.h>

namespace reel::nn::init {
namespace {

Tensor within(const Shape& shape, double bound, Generator& generator) {
  return uniform(shape, -bound, bound, float32, generator);
}

/// (1 + slope^2) fan
double scaled_fan(const Shape& shape, double slope, FanMode mode) {
  const Fans both = fans(shape);
  return (1 + slope * slope) * static_cast<double>(mode == FanMode::fan_in ? both.in : both.out);
}

}  // namespace

Fans fans(const Shape& shape) {
  require<ShapeError>(shape.rank() >= 2, "init", "fans need a weight of two axes or more, got ", shape);
  std::int64_t taps = 1;
  for (int i = 2; i < shape.rank(); ++i) taps *= shape[i];
  return {shape[1] * taps, shape[0] * taps};
}

Tensor kaiming_uniform(const Shape& shape, double slope, FanMode mode, Generator& generator) {
  return within(shape, std::sqrt(6 / scaled_fan(shape, slope, mode)), generator);
}

Tensor kaiming_normal(const Shape& shape, double slope, FanMode mode, Generator& generator) {
  return normal(shape, 0, std::sqrt(2 / scaled_fan(shape, slope, mode)), float32, generator);
}

Tensor xavier_uniform(const Shape& shape, double gain, Generator& generator) {
  return within(shape, gain * std::sqrt(6.0 / static_cast<double>(fans(shape).in + fans(shape).out)), generator);
}

Tensor xavier_normal(const Shape& shape, double gain, Generator& generator) {
  const double deviation = gain * std::sqrt(2.0 / static_cast<double>(fans(shape).in + fans(shape).out));
  return normal(shape, 0, deviation, float32, generator);
}

Tensor default_weight(const Shape& shape, Generator& generator) {
  return kaiming_uniform(shape, std::sqrt(5.0), FanMode::fan_in, generator);  // sqrt(6 / (6 fan_in))
}

Tensor default_bias(std::int64_t size, const Shape& weight_shape, Generator& generator) {
  return within({size}, 1 / std::sqrt(static_cast<double>(fans(weight_shape).in)), generator);
}

}  // namespace reel::nn::init
