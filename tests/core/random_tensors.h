#pragma once

#include <cmath>
#include <reel/core/tensor.h>
#include <tests/sweep.h>

/// Random tensors, and their elements one by one.
namespace reel::testing {

/// Draws tensors.
class TensorDice : public Dice {
 public:
  using Dice::Dice;

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
    return any_layout(out.to(dtype));
  }
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
