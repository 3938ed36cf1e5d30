#pragma once

#include <reel/core/random.h>

/// Initial values for weights [O, I, ...]: a fan is I (fan_in) or O (fan_out) times the number of taps.
namespace reel::nn::init {

/// How many numbers of the input an output depends on, and the other way round.
struct Fans {
  std::int64_t in;   ///< I times the taps
  std::int64_t out;  ///< O times the taps
};
/// Throws ShapeError for a weight with fewer than two axes.
[[nodiscard]] Fans fans(const Shape& shape);

/// Which fan the kaiming initialisations keep the variance for: fan_in in the forward, fan_out in the backward.
enum class FanMode { fan_in, fan_out };

/// Uniform in +-sqrt(6 / ((1 + slope^2) fan)), for a (leaky) ReLU behind it (He et al., 2015).
[[nodiscard]] Tensor kaiming_uniform(const Shape& shape, double slope = 0, FanMode mode = FanMode::fan_in,
                                     Generator& generator = default_generator());
/// Normal with deviation sqrt(2 / ((1 + slope^2) fan)).
[[nodiscard]] Tensor kaiming_normal(const Shape& shape, double slope = 0, FanMode mode = FanMode::fan_in,
                                    Generator& generator = default_generator());
/// Uniform in +-gain sqrt(6 / (fan_in + fan_out)) (Glorot and Bengio, 2010).
[[nodiscard]] Tensor xavier_uniform(const Shape& shape, double gain = 1, Generator& generator = default_generator());
/// Normal with deviation gain sqrt(2 / (fan_in + fan_out)).
[[nodiscard]] Tensor xavier_normal(const Shape& shape, double gain = 1, Generator& generator = default_generator());

/// What Linear and the convolutions start with, as in PyTorch: uniform in +-1 / sqrt(fan_in), with the weight's fan_in
/// for the bias [O], too. A transposed convolution's weight [I, O, ...] counts as if it were [O, I, ...]:
[[nodiscard]] Tensor default_weight(const Shape& shape, Generator& generator = default_generator());
[[nodiscard]] Tensor default_bias(std::int64_t size, const Shape& weight_shape,
                                  Generator& generator = default_generator());

}  // namespace reel::nn::init
