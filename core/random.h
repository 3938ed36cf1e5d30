#pragma once

#include <array>
#include <cstdint>
#include <reel/core/tensor.h>

namespace reel {

/// Philox4x32-10 (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011): four random words for a key
/// and a counter, with no state, so any part of a stream can be computed anywhere.
[[nodiscard]] std::array<std::uint32_t, 4> philox(std::uint64_t key, std::uint64_t stream, std::uint64_t counter);

/// A place in a stream of random numbers. It is two numbers, copied and saved like any other value. A tensor filled
/// from it depends on them alone, not on the number of threads.
class Generator {
 public:
  /// The stream of a seed, from its beginning or from where `offset` fills were taken.
  explicit Generator(std::uint64_t seed = 0, std::uint64_t offset = 0) : seed_(seed), offset_(offset) {}

  /// As it was given.
  [[nodiscard]] std::uint64_t seed() const { return seed_; }
  /// How many fills were taken so far: `Generator(g.seed(), g.offset())` goes on where g stands.
  [[nodiscard]] std::uint64_t offset() const { return offset_; }
  /// A new stream of words, `philox(seed, stream, 0...)`; each call gives another one.
  [[nodiscard]] std::uint64_t next_stream() { return offset_++; }
  /// An independent generator, the same for the same `index`: for an epoch, a worker or an image.
  [[nodiscard]] Generator fork(std::uint64_t index) const;

 private:
  std::uint64_t seed_;
  std::uint64_t offset_;
};

/// This thread's generator, which layers and random functions use where none is given. As in PyTorch, it is the one
/// piece of state outside of objects that shapes results.
[[nodiscard]] Generator& default_generator();
/// Starts this thread's default generator anew.
void manual_seed(std::uint64_t seed);

/// Uniform on [low, high). float32 and float64. Throws ValueError unless low <= high, both finite.
[[nodiscard]] Tensor uniform(const Shape& shape, double low = 0, double high = 1, DType dtype = float32,
                             Generator& generator = default_generator());
/// Normal with the given mean and standard deviation (Box-Muller). float32 and float64. Throws ValueError unless the
/// deviation is finite and not negative.
[[nodiscard]] Tensor normal(const Shape& shape, double mean = 0, double deviation = 1, DType dtype = float32,
                            Generator& generator = default_generator());
/// 1 with `probability`, else 0. Any dtype. Throws ValueError for a probability outside [0, 1].
[[nodiscard]] Tensor bernoulli(const Shape& shape, double probability, DType dtype = float32,
                               Generator& generator = default_generator());
/// Integers on [low, high). Throws ValueError for an empty range.
[[nodiscard]] Tensor randint(std::int64_t low, std::int64_t high, const Shape& shape,
                             Generator& generator = default_generator());
/// The numbers 0..n-1 in random order, int64 [n] (Fisher-Yates).
[[nodiscard]] Tensor permutation(std::int64_t n, Generator& generator = default_generator());

}  // namespace reel
