#pragma once

#include <cstdint>
#include <cstdlib>
#include <random>
#include <reel/core/tensor.h>
#include <string>

/// What sweeps over random shapes, options and tensors are made of.
namespace reel::testing {

/// How many random configurations a sweep checks: `everyday`, or what the environment's REEL_FULL_SWEEP says, where 1
/// stands for 10,000.
inline int sweep_size(int everyday) {
  const char* wanted = std::getenv("REEL_FULL_SWEEP");
  if (wanted == nullptr) return everyday;
  const int count = std::stoi(wanted);
  return count == 1 ? 10'000 : count;
}

/// Random choices that are the same on every platform.
class Dice {
 public:
  explicit Dice(std::uint64_t seed) : random_(seed) {}

  /// low <= result <= high
  std::int64_t pick(std::int64_t low, std::int64_t high) {
    return low + static_cast<std::int64_t>(random_() % static_cast<std::uint64_t>(high - low + 1));
  }
  bool one_in(std::int64_t n) { return pick(1, n) == 1; }
  /// The same numbers, perhaps as a view with two axes the other way round in memory, or with gaps.
  Tensor any_layout(const Tensor& dense) {
    if (dense.rank() == 0 || one_in(3)) return dense;
    const std::int64_t axis = pick(0, dense.rank() - 1);
    const std::int64_t other = pick(0, dense.rank() - 1);
    if (one_in(2)) return dense.transpose(axis, other).clone().transpose(axis, other);
    Shape larger = dense.shape();
    larger[static_cast<int>(axis)] = 2 * dense.size(axis) + 1;
    Tensor view = Tensor::ones(larger, dense.dtype()).slice(axis, 1, larger[static_cast<int>(axis)], 2);
    view.copy_from(dense);
    return view;
  }

 private:
  std::mt19937_64 random_;
};

}  // namespace reel::testing
