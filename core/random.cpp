#include <cmath>
#include <numbers>
#include <reel/core/parallel.h>
#include <reel/core/random.h>

namespace reel {
namespace {

constexpr std::int64_t chunk = 1 << 14;

/// [0, 1) with 24 bits, exact in float32.
double unit(std::uint32_t word) { return (word >> 8) * 0x1p-24; }
/// [0, 1) with 53 bits.
double unit(std::uint32_t high, std::uint32_t low) {
  return static_cast<double>((std::uint64_t{high} << 21) | (low >> 11)) * 0x1p-53;
}

/// Fills `out` with `f(words)` of a stream: element i gets the words of counter i.
template <class T, class F>
void fill_from_stream(Tensor& out, Generator& generator, const F& f) {
  const std::uint64_t seed = generator.seed();
  const std::uint64_t stream = generator.next_stream();
  T* values = out.mutable_data<T>();
  parallel_for(out.numel(), chunk, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i) {
      values[i] = static_cast<T>(f(philox(seed, stream, static_cast<std::uint64_t>(i))));
    }
  });
}

std::uint64_t mix(std::uint64_t x) {  // the finaliser of SplitMix64
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
  return x ^ (x >> 31);
}

/// Uniform on [0, range) by multiplication; the bias is below range / 2^64.
std::uint64_t bounded(std::uint32_t high, std::uint32_t low, std::uint64_t range) {
  const std::uint64_t word = (std::uint64_t{high} << 32) | low;
  __extension__ using Product = unsigned __int128;
  return static_cast<std::uint64_t>((Product{word} * range) >> 64);
}

}  // namespace

std::array<std::uint32_t, 4> philox(std::uint64_t key, std::uint64_t stream, std::uint64_t counter) {
  auto k0 = static_cast<std::uint32_t>(key);
  auto k1 = static_cast<std::uint32_t>(key >> 32);
  std::array<std::uint32_t, 4> x = {static_cast<std::uint32_t>(counter), static_cast<std::uint32_t>(counter >> 32),
                                    static_cast<std::uint32_t>(stream), static_cast<std::uint32_t>(stream >> 32)};
  for (int round = 0; round < 10; ++round) {
    const std::uint64_t a = std::uint64_t{0xD2511F53} * x[0];
    const std::uint64_t b = std::uint64_t{0xCD9E8D57} * x[2];
    x = {static_cast<std::uint32_t>(b >> 32) ^ x[1] ^ k0, static_cast<std::uint32_t>(b),
         static_cast<std::uint32_t>(a >> 32) ^ x[3] ^ k1, static_cast<std::uint32_t>(a)};
    k0 += 0x9E3779B9;
    k1 += 0xBB67AE85;
  }
  return x;
}

Generator Generator::fork(std::uint64_t index) const {
  return Generator(mix(seed_ + 0x9e3779b97f4a7c15ULL * (index + 1)));
}

Generator& default_generator() {
  thread_local Generator generator;
  return generator;
}

void manual_seed(std::uint64_t seed) { default_generator() = Generator(seed); }

Tensor uniform(const Shape& shape, double low, double high, DType dtype, Generator& generator) {
  require<ValueError>(low <= high && std::isfinite(high - low), "uniform", "wants finite low <= high, got ", low,
                      " and ", high);
  Tensor out = Tensor::empty(shape, dtype);
  visit_floats("uniform", dtype, [&]<class T>(T) {
    // Rounding to T may lift a value to `high`, which is not in the range.
    const double last = std::nextafter(static_cast<T>(high), static_cast<T>(low));
    fill_from_stream<T>(out, generator, [&](const auto& words) {
      const double value = low + (high - low) * (sizeof(T) == 4 ? unit(words[0]) : unit(words[0], words[1]));
      return static_cast<T>(value) == static_cast<T>(high) ? last : value;
    });
  });
  return out;
}

Tensor normal(const Shape& shape, double mean, double deviation, DType dtype, Generator& generator) {
  require<ValueError>(std::isfinite(deviation) && deviation >= 0, "normal", "the deviation must be a number >= 0, got ",
                      deviation);
  Tensor out = Tensor::empty(shape, dtype);
  visit_floats("normal", dtype, [&]<class T>(T) {
    fill_from_stream<T>(out, generator, [&](const auto& words) {
      const double radius = std::sqrt(-2 * std::log(1 - unit(words[0], words[1])));
      return mean + deviation * radius * std::cos(2 * std::numbers::pi * unit(words[2], words[3]));
    });
  });
  return out;
}

Tensor bernoulli(const Shape& shape, double probability, DType dtype, Generator& generator) {
  require<ValueError>(probability >= 0 && probability <= 1, "bernoulli", "wants a probability in [0, 1], got ",
                      probability);
  Tensor out = Tensor::empty(shape, dtype);
  visit_all(dtype, [&]<class T>(T) {
    fill_from_stream<T>(out, generator, [&](const auto& words) { return unit(words[0], words[1]) < probability; });
  });
  return out;
}

Tensor randint(std::int64_t low, std::int64_t high, const Shape& shape, Generator& generator) {
  require<ValueError>(low < high, "randint", "the range [", low, ", ", high, ") is empty");
  Tensor out = Tensor::empty(shape, int64);
  const std::uint64_t range = static_cast<std::uint64_t>(high) - static_cast<std::uint64_t>(low);
  fill_from_stream<std::int64_t>(out, generator, [&](const auto& words) {
    return static_cast<std::int64_t>(static_cast<std::uint64_t>(low) + bounded(words[0], words[1], range));
  });
  return out;
}

Tensor permutation(std::int64_t n, Generator& generator) {
  require<ValueError>(n >= 0, "permutation", "wants n >= 0, got ", n);
  Tensor out = Tensor::arange(0, static_cast<double>(n), 1, int64);
  auto* values = out.mutable_data<std::int64_t>();
  const std::uint64_t stream = generator.next_stream();
  for (std::int64_t i = n - 1; i > 0; --i) {
    const auto words = philox(generator.seed(), stream, static_cast<std::uint64_t>(i));
    std::swap(values[i], values[bounded(words[0], words[1], static_cast<std::uint64_t>(i) + 1)]);
  }
  return out;
}

}  // namespace reel
