#include <cmath>
#include <reel/core/kernels/elementwise.h>
#include <reel/core/parallel.h>
#include <reel/core/simd.h>

#include "rows.h"

// What the machine can do at most, as the roof that docs/performance.md holds the kernels against.

namespace bench {

using namespace reel;

namespace {

constexpr std::int64_t accumulators = 256;  // 16 vectors of AVX-512: enough to fill the pipeline
constexpr std::int64_t rounds = 1 << 18;

/// rounds * accumulators multiply-adds on numbers that stay in registers.
REEL_SIMD void multiply_add(float* out, float factor) {
  float sums[accumulators] = {};
  for (std::int64_t i = 0; i < rounds; ++i) {
    for (float& sum : sums) sum = std::fma(sum, factor, 1.0F);
  }
  for (std::int64_t k = 0; k < accumulators; ++k) out[k] = sums[k];
}

void time_multiply_add(benchmark::State& state) {
  const std::int64_t tasks = state.range(0);
  std::vector<float> out(static_cast<std::size_t>(tasks * accumulators));
  time_calls(state, [&] {
    parallel_for(tasks, 1, [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t i = begin; i < end; ++i) multiply_add(out.data() + i * accumulators, 0.5F);
    });
  });
  count_flops(state, 2.0 * static_cast<double>(tasks * rounds * accumulators));
}

/// a += b, of arrays that no cache holds: two are read and one is written.
void time_stream(benchmark::State& state) {
  Tensor a = Tensor::zeros({1 << 25});
  const Tensor b = Tensor::ones({1 << 25});
  time_calls(state, [&] { add_scaled(a, b); });
  const double bytes = 3.0 * static_cast<double>(a.nbytes()) * static_cast<double>(state.iterations());
  state.counters["GB/s"] = benchmark::Counter(bytes * 1e-9, benchmark::Counter::kIsRate);
}

}  // namespace

void add_machine_rows(const Plan& plan) {
  add_row(plan, "machine/multiply-add", time_multiply_add);
  add_row(plan, "machine/stream", time_stream);
}

}  // namespace bench
