#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <reel/core/random.h>
#include <reel/training/logger.h>
#include <tests/autograd/errors.h>
#include <tests/core/io/files.h>

using namespace reel;
using namespace reel::testing;
using namespace reel::training;

namespace {

constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();
constexpr double infinity = std::numeric_limits<double>::infinity();

}  // namespace

TEST_CASE("histograms: bins of equal width, and what is in them") {
  const Histogram h = histogram(Tensor::of({0, 1, 1, 4, not_a_number, 2, infinity}, {7}), 4);
  CHECK(h.count == 5);
  CHECK(h.min == 0);
  CHECK(h.max == 4);
  CHECK(h.sum == 8);
  CHECK(h.sum_of_squares == 22);
  CHECK(h.limits == std::vector<double>{1, 2, 3, 4});
  CHECK(h.counts == std::vector<std::int64_t>{1, 2, 1, 1});
  const Histogram same = histogram(Tensor::full({2, 3}, 7, int64));
  CHECK(same.limits == std::vector<double>{7});
  CHECK(same.counts == std::vector<std::int64_t>{6});
  CHECK(histogram(Tensor::of({not_a_number})).count == 0);
  CHECK(histogram(Tensor::zeros({0})).limits.empty());
  const Histogram wide = histogram(Tensor::of({-0x1p1023, 0x1p1023}, float64), 4);
  CHECK(wide.limits == std::vector<double>{-0x1p1022, 0, 0x1p1022, 0x1p1023});
  CHECK(wide.counts == std::vector<std::int64_t>{1, 0, 0, 1});
  check_error([] { static_cast<void>(histogram(Tensor::ones({1}), 0)); }, {"ValueError: histogram: ", "got 0"});
}

TEST_CASE("histograms: every value is between its bin's limits") {
  manual_seed(5);
  const Tensor values = normal({1000}, 0, 1, float64);
  const Histogram h = histogram(values);
  REQUIRE(h.limits.size() == 30);
  double from = h.min;
  for (std::size_t bin = 0; bin < 30; ++bin) {
    const bool is_last = bin == 29;
    std::int64_t count = 0;
    for (const double v : values.span<double>()) count += v >= from && (v < h.limits[bin] || is_last) ? 1 : 0;
    CHECK(h.counts[bin] == count);
    from = h.limits[bin];
  }
}

TEST_CASE("loggers: JSON Lines, readable after each call") {
  const test::TemporaryFolder folder;
  const std::string path = folder / "log.jsonl";
  test::spill(path, "old");
  JsonLogger log(path);
  CHECK(test::slurp(path) == "old");
  log.scalars({{"loss", 0.25}, {"a \"b\"", 1e-7}}, 1);
  const std::string first = "{\"step\": 1, \"loss\": 0.25, \"a \\\"b\\\"\": 1e-07}\n";
  CHECK(test::slurp(path) == first);
  log.scalar("loss", not_a_number, 2);
  log.image("picture", Tensor::zeros({2, 2}, uint8), 2);
  log.histogram("w", Tensor::of({0, 2}), 3);
  const std::string content = test::slurp(path);
  CHECK(content.starts_with(first +
                            "{\"step\": 2, \"loss\": null}\n"
                            "{\"step\": 3, \"histogram\": \"w\", \"count\": 2, \"min\": 0, \"max\": 2, \"mean\": 1, "
                            "\"limits\": [0.0666666667, 0.133333333, "));
  CHECK(
      content.ends_with(", 2], \"counts\": [1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, "
                        "0, 0, 0, 0, 0, 1]}\n"));
}

TEST_CASE("loggers: CSV, with the columns of its first line") {
  const test::TemporaryFolder folder;
  const std::string path = folder / "log.csv";
  CsvLogger log(path);
  CHECK(folder.file_count() == 0);
  log.scalars({{"loss", 0.5}, {"top 1, \"test\"", 0.75}}, 1);
  log.scalar("top 1, \"test\"", not_a_number, 2);
  check_error([&] { log.scalar("other", 1, 3); }, {"ValueError: CsvLogger: ", "other"});
  log.scalars({{"top 1, \"test\"", 1}, {"loss", -infinity}}, 4);
  log.histogram("w", Tensor::of({0, 2}), 4);
  CHECK(test::slurp(path) == "step,loss,\"top 1, \"\"test\"\"\"\n1,0.5,0.75\n2,,nan\n4,-inf,1\n");
}

TEST_CASE("loggers: what they refuse") {
  const test::TemporaryFolder folder;
  JsonLogger log(folder / "log");
  check_errors({
      {[&] { log.scalar("", 1, 1); }, {"ValueError: Logger: ", "\"\""}},
      {[&] { log.scalar("\xff", 1, 1); }, {"ValueError: Logger: ", "UTF-8", "\"?\""}},
      {[&] { log.scalar("step", 1, 1); }, {"ValueError: Logger: ", "step"}},
      {[&] {
         log.scalars({{"a", 1}, {"a", 2}}, 1);
       },
       {"ValueError: Logger: ", "a twice"}},
      {[&] { log.histogram("w", {}, 1); }, {"ValueError: histogram: ", "undefined"}},
  });
  CHECK(folder.file_count() == 0);
  CHECK(test::fails_with(folder / "none/log", "can't be written", [&] { JsonLogger(folder / "none/log"); }));
  JsonLogger full("/dev/full");
  CHECK(test::fails_with("/dev/full", "No space left", [&] { full.scalar("a", 1, 1); }));
}
