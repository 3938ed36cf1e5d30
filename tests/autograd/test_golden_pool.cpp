#include <doctest/doctest.h>

#include <reel/autograd/ops/pool.h>
#include <tests/golden_ops.h>

using namespace reel;
using namespace reel::testing;

namespace {

Pair pair(const Attributes& a, const std::string& key) { return a.pair(key); }
std::int64_t number(const Attributes& a, const std::string& key) { return a.dims(key)[0]; }

template <class Size, class Get>
PoolOptions<Size> max_options(const GoldenCase& c, const Get& get) {
  const Attributes& a = c.attributes;
  return {.kernel_size = get(a, "kernel_size"),
          .stride = get(a, "stride"),
          .padding = get(a, "padding"),
          .dilation = a.has("dilation") ? get(a, "dilation") : Size(1),
          .ceil_mode = a.flag("ceil_mode")};
}

template <class Size, class Get>
AvgPoolOptions<Size> avg_options(const GoldenCase& c, const Get& get) {
  const Attributes& a = c.attributes;
  return {.kernel_size = get(a, "kernel_size"),
          .stride = get(a, "stride"),
          .padding = get(a, "padding"),
          .ceil_mode = a.flag("ceil_mode"),
          .count_include_pad = a.word_or("count_include_pad", "1") == "1"};
}

/// The values, whose places are compared on the way.
Variable checked(const MaxPooled& pooled, const GoldenCase& c) {
  CHECK(relative_error(pooled.indices, c["indices"]) == 0);
  return pooled.values;
}

const GoldenCalls calls{
    {"max_pool1d",
     [](const In& v, const GoldenCase& c) {
       const auto options = max_options<std::int64_t>(c, number);
       const Variable values = max_pool1d(v[0], options);
       CHECK(relative_error(checked(max_pool1d_with_indices(v[0], options), c).value(), values.value()) == 0);
       return values;
     }},
    {"max_pool2d",
     [](const In& v, const GoldenCase& c) {
       const auto options = max_options<Pair>(c, pair);
       const Variable values = max_pool2d(v[0], options);
       CHECK(relative_error(checked(max_pool2d_with_indices(v[0], options), c).value(), values.value()) == 0);
       return values;
     }},
    {"avg_pool1d",
     [](const In& v, const GoldenCase& c) { return avg_pool1d(v[0], avg_options<std::int64_t>(c, number)); }},
    {"avg_pool2d", [](const In& v, const GoldenCase& c) { return avg_pool2d(v[0], avg_options<Pair>(c, pair)); }},
    {"adaptive_max_pool1d",
     [](const In& v, const GoldenCase& c) {
       return checked(adaptive_max_pool1d_with_indices(v[0], number(c.attributes, "output_size")), c);
     }},
    {"adaptive_max_pool2d",
     [](const In& v, const GoldenCase& c) {
       return checked(adaptive_max_pool2d_with_indices(v[0], pair(c.attributes, "output_size")), c);
     }},
    {"adaptive_avg_pool1d",
     [](const In& v, const GoldenCase& c) { return adaptive_avg_pool1d(v[0], number(c.attributes, "output_size")); }},
    {"adaptive_avg_pool2d",
     [](const In& v, const GoldenCase& c) { return adaptive_avg_pool2d(v[0], pair(c.attributes, "output_size")); }},
};

}  // namespace

TEST_CASE("pooling agrees with PyTorch") { check_golden("ops_pool", calls, 90); }
