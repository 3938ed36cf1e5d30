#pragma once

#include <cmath>
#include <cstdlib>
#include <random>
#include <reel/core/tensor.h>
#include <vector>

/// What sweeps over random tensors are made of.
namespace reel::testing {

/// How many configurations a sweep has: `daily`, and 10,000 with REEL_FULL_SWEEP in the environment.
inline int sweep_size(int daily) { return std::getenv("REEL_FULL_SWEEP") != nullptr ? 10'000 : daily; }

/// Random numbers that are the same on every platform.
class Dice {
 public:
  explicit Dice(std::uint64_t seed) : random_(seed) {}

  std::int64_t pick(std::int64_t low, std::int64_t high) {  // both inclusive
    return low + static_cast<std::int64_t>(random_() % static_cast<std::uint64_t>(high - low + 1));
  }
  bool one_in(std::int64_t n) { return pick(1, n) == 1; }
  DType dtype() { return static_cast<DType>(pick(0, 4)); }
  /// Up to five axes of up to five, now and then an empty one.
  Shape shape() {
    Shape out;
    for (std::int64_t rank = pick(0, 5); rank > 0; --rank) out.push_back(one_in(40) ? 0 : pick(1, 5));
    return out;
  }
  /// Quarters from -2 to 2, with what is `odd` among floats, or what other dtypes have of them. Never 0 for `nonzero`.
  Tensor numbers(const Shape& shape, DType dtype, bool nonzero = false, bool odd = true) {
    constexpr double odd_ones[] = {-0.0, INFINITY, -INFINITY, NAN};
    odd = odd && is_floating(dtype) && one_in(2);
    Tensor out = Tensor::empty(shape, float64);
    auto* to = out.mutable_data<double>();
    for (std::int64_t i = 0; i < out.numel(); ++i) {
      const auto steps = static_cast<double>(pick(-8, 8));
      const double x = is_floating(dtype) ? steps / 4 : dtype == int64 ? steps : std::abs(steps);
      to[i] = odd && one_in(30) ? odd_ones[pick(0, 3)] : nonzero && x == 0 ? 1 : x;
    }
    return laid_out(out.to(dtype));
  }

 private:
  /// The same numbers, however they lie in memory.
  Tensor laid_out(const Tensor& a) {
    if (a.rank() == 0 || one_in(3)) return a;
    const std::int64_t axis = pick(0, a.rank() - 1);
    const std::int64_t other = pick(0, a.rank() - 1);
    if (one_in(2)) return a.transpose(axis, other).clone().transpose(axis, other);
    Shape larger = a.shape();
    larger[static_cast<int>(axis)] = 2 * a.size(axis) + 1;
    Tensor view = Tensor::ones(larger, a.dtype()).slice(axis, 1, larger[static_cast<int>(axis)], 2);
    view.copy_from(a);
    return view;
  }

  std::mt19937_64 random_;
};

/// Element i, in row-major order, of `t` expanded to `shape`, found by its strides.
inline double element(const Tensor& t, const Shape& shape, std::int64_t i) {
  std::int64_t place = 0;
  for (int axis = shape.rank() - 1; axis >= 0; --axis) {
    const int own = axis - (shape.rank() - t.rank());
    if (own >= 0 && t.shape()[own] != 1) place += i % shape[axis] * t.strides()[own];
    i /= shape[axis];
  }
  return visit_all(t.dtype(), [&]<class T>(T) { return static_cast<double>(t.data<T>()[place]); });
}

/// Whether `got`, of a dtype, is `expected` but for some rounding; a NaN is a NaN.
inline bool is_close(double got, double expected, DType dtype, double units = 4) {
  if (std::isnan(expected) || std::isnan(got)) return std::isnan(expected) && std::isnan(got);
  if (std::isinf(expected) || !is_floating(dtype)) return got == expected;
  const double unit = dtype == float32 ? 0x1p-23 : 0x1p-52;
  return std::abs(got - expected) <= units * unit * std::max(1.0, std::abs(expected));
}

}  // namespace reel::testing
