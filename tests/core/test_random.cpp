#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <numeric>
#include <reel/core/kernels/elementwise.h>
#include <reel/core/kernels/reduce.h>
#include <reel/core/parallel.h>
#include <reel/core/random.h>
#include <tests/note.h>
#include <tests/threads.h>
#include <thread>
#include <vector>

using namespace reel;
using reel::testing::same_bits;
using reel::testing::WithThreads;

namespace {}  // namespace

TEST_CASE("philox gives the known answers of its authors") {
  // From kat_vectors in the Random123 distribution: philox4x32 with 10 rounds.
  struct Row {
    std::uint64_t key, stream, counter;
    std::array<std::uint32_t, 4> words;
  };
  const std::uint64_t ones = ~std::uint64_t{0};
  const Row rows[] = {
      {0, 0, 0, {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}},
      {ones, ones, ones, {0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}},
      {0x299f31d0a4093822, 0x0370734413198a2e, 0x85a308d3243f6a88, {0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}}};
  for (const Row& row : rows) CHECK(philox(row.key, row.stream, row.counter) == row.words);
}

TEST_CASE("uniform and normal have the moments that they promise") {
  Generator generator(1);
  const std::int64_t n = 200'000;
  for (const DType dtype : {float32, float64}) {
    const Tensor u = uniform({n}, -1, 3, dtype, generator);
    CHECK(u.dtype() == dtype);
    CHECK(min(u).item() >= -1);
    CHECK(max(u).item() < 3);
    CHECK(std::abs(mean(u).item() - 1) < 0.01);
    CHECK(std::abs(var(u).item() - 16.0 / 12) < 0.01);
    const Tensor z = normal({n}, 2, 3, dtype, generator);
    const Tensor centred = (z.to(float64) - 2.0) / 3.0;
    CHECK(all_finite(z));
    CHECK(std::abs(mean(centred).item()) < 0.01);
    CHECK(std::abs(var(centred).item() - 1) < 0.02);
    CHECK(std::abs(mean(pow(centred, 3)).item()) < 0.03);
    CHECK(std::abs(mean(pow(centred, 4)).item() - 3) < 0.1);
    // Neighbours have nothing to do with each other.
    CHECK(std::abs(mean(centred.narrow(0, 1, n - 1) * centred.narrow(0, 0, n - 1)).item()) < 0.01);
  }
}

TEST_CASE("uniform never gives its upper end, even where rounding would") {
  Generator generator(2);
  CHECK(max(uniform({1000}, 1 << 24, (1 << 24) + 2, float32, generator)).item() == 1 << 24);
  CHECK(max(uniform({1000}, 0x1p53, 0x1p53 + 2, float64, generator)).item() == 0x1p53);
  CHECK(min(uniform({1000}, 5, 5, float32, generator)).item() == 5);
}

TEST_CASE("bernoulli and randint") {
  Generator generator(3);
  for (const DType dtype : {float32, float64, int64, uint8, boolean}) {
    const Tensor coins = bernoulli({100'000}, 0.3, dtype, generator);
    CHECK(coins.dtype() == dtype);
    CHECK(std::abs(mean(coins.to(float64)).item() - 0.3) < 0.01);
    CHECK(sum(bernoulli({1000}, 0, dtype, generator).to(int64)).item() == 0);
    CHECK(sum(bernoulli({1000}, 1, dtype, generator).to(int64)).item() == 1000);
  }
  const Tensor dice = randint(-2, 4, {60'000}, generator);
  for (std::int64_t face = -2; face < 4; ++face) {
    const double count = sum(eq(dice, Tensor::scalar(static_cast<double>(face), int64)).to(int64)).item();
    CHECK(std::abs(count - 10'000) < 500);
  }
  CHECK(sum(randint(7, 8, {100}, generator)).item() == 700);
  using Limits = std::numeric_limits<std::int64_t>;
  const Tensor wide = randint(Limits::min(), Limits::max(), {1000}, generator);
  CHECK(min(wide).item() < -0.9 * 0x1p63);
  CHECK(max(wide).item() > 0.9 * 0x1p63);
}

TEST_CASE("random functions refuse arguments without a meaning") {
  Generator generator;
  CHECK_THROWS_AS(static_cast<void>(bernoulli({2}, -0.1, float32, generator)), ValueError);
  CHECK_THROWS_AS(static_cast<void>(bernoulli({2}, 1.1, float32, generator)), ValueError);
  CHECK_THROWS_AS(static_cast<void>(bernoulli({2}, NAN, float32, generator)), ValueError);
  using Range = std::pair<double, double>;
  for (const auto& [low, high] : {Range{1, 0}, Range{0, NAN}, Range{0, INFINITY}, Range{-1.5e308, 1.5e308}}) {
    const auto noted = note(high);
    CHECK_THROWS_AS(static_cast<void>(uniform({2}, low, high, float64, generator)), ValueError);
  }
  for (const double deviation : std::vector<double>{-1, NAN, INFINITY}) {
    CAPTURE(deviation);
    CHECK_THROWS_AS(static_cast<void>(normal({2}, 0, deviation, float32, generator)), ValueError);
  }
  CHECK_THROWS_AS(static_cast<void>(randint(3, 3, {2}, generator)), ValueError);
  CHECK_THROWS_AS(static_cast<void>(permutation(-1, generator)), ValueError);
  CHECK_THROWS_AS(static_cast<void>(uniform({2}, 0, 1, int64, generator)), TypeError);
  CHECK_THROWS_AS(static_cast<void>(normal({-1}, 0, 1, float32, generator)), ShapeError);
  CHECK(generator.offset() == 0);  // nothing was drawn
  CHECK(uniform({0, 3}, 0, 1, float32, generator).numel() == 0);
  CHECK(sum(uniform({3}, 2, 2, float32, generator)).item() == 6);
  CHECK(sum(normal({3}, 2, 0, float32, generator)).item() == 6);
}

TEST_CASE("a permutation holds every number once") {
  Generator generator(4);
  for (const std::int64_t n : {0, 1, 2, 10, 5000}) {
    const Tensor order = permutation(n, generator);
    std::vector<std::int64_t> sorted(order.span<std::int64_t>().begin(), order.span<std::int64_t>().end());
    if (n == 5000) CHECK(!std::is_sorted(sorted.begin(), sorted.end()));
    std::sort(sorted.begin(), sorted.end());
    std::vector<std::int64_t> expected(static_cast<std::size_t>(n));
    std::iota(expected.begin(), expected.end(), 0);
    CHECK(sorted == expected);
  }
  // Each of the 6 orders of 3 comes up about as often.
  int counts[3][3] = {};
  for (int i = 0; i < 3000; ++i) {
    const Tensor order = permutation(3, generator);
    for (std::int64_t k = 0; k < 3; ++k) ++counts[k][order.data<std::int64_t>()[k]];
  }
  for (const auto& row : counts) {
    for (const int count : row) CHECK(std::abs(count - 1000) < 120);
  }
}

TEST_CASE("a generator goes on where its offset says") {
  Generator first(5);
  static_cast<void>(uniform({10}, 0, 1, float32, first));
  static_cast<void>(permutation(10, first));
  Generator resumed(first.seed(), first.offset());
  CHECK(first.offset() == 2);
  const Tensor a = normal({50}, 0, 1, float32, first);
  CHECK(same_bits(a, normal({50}, 0, 1, float32, resumed)));
  CHECK(!same_bits(a, normal({50}, 0, 1, float32, first)));
  // A longer fill begins as a shorter one does.
  Generator again(5, 2);
  CHECK(same_bits(a, normal({90}, 0, 1, float32, again).narrow(0, 0, 50)));
}

TEST_CASE("forks are independent of one another and of their parent") {
  const Generator parent(6, 11);
  const Tensor drawn[] = {[&] {
                            Generator g = parent;
                            return uniform({50}, 0, 1, float32, g);
                          }(),
                          [&] {
                            Generator g = parent.fork(0);
                            return uniform({50}, 0, 1, float32, g);
                          }(),
                          [&] {
                            Generator g = parent.fork(1);
                            return uniform({50}, 0, 1, float32, g);
                          }(),
                          [&] {
                            Generator g = parent.fork(0).fork(0);
                            return uniform({50}, 0, 1, float32, g);
                          }()};
  for (int i = 0; i < 4; ++i) {
    for (int j = 0; j < i; ++j) CHECK(!same_bits(drawn[i], drawn[j]));
  }
  Generator same = parent.fork(1);
  CHECK(same_bits(uniform({50}, 0, 1, float32, same), drawn[2]));
  CHECK(parent.offset() == 11);
}

TEST_CASE("other threads have default generators of their own") {
  manual_seed(42);
  const Tensor mine = uniform({20});
  Tensor theirs;
  std::thread([&theirs] {
    manual_seed(42);
    theirs = uniform({20});
  }).join();
  CHECK(same_bits(mine, theirs));
  manual_seed(42);
  CHECK(same_bits(uniform({20}), mine));
}

TEST_CASE("random numbers have the same bits for any number of threads") {
  const auto draw = [] {
    Generator generator(9);
    return std::vector<Tensor>{uniform({70'001}, -1, 1, float32, generator), normal({50'003}, 0, 1, float64, generator),
                               bernoulli({40'000}, 0.5, boolean, generator), randint(0, 1000, {33'333}, generator),
                               permutation(20'000, generator)};
  };
  const WithThreads one(1);
  const std::vector<Tensor> expected = draw();
  for (const int threads : {2, 3, 8}) {
    CAPTURE(threads);
    const WithThreads guard(threads);
    const std::vector<Tensor> drawn = draw();
    for (std::size_t i = 0; i < drawn.size(); ++i) CHECK(same_bits(drawn[i], expected[i]));
  }
}
