#include <algorithm>
#include <reel/core/kernels/linear_few.h>
#include <reel/core/parallel.h>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "reel/core/kernels/linear_few.cpp"
#include <hwy/foreach_target.h>

#include <reel/core/kernels/lanes-inl.h>

HWY_BEFORE_NAMESPACE();
namespace reel::kernels::HWY_NAMESPACE {
namespace {

constexpr std::int64_t task_weights = 1 << 16;  // that make a task worth handing to a thread
constexpr std::int64_t rows_together = 4;

/// y[n][o] = the dot product of x[n] and w[o], for N inputs and the outputs [begin, end).
template <int N>
void dot_rows(const float* x, const float* w, std::int64_t begin, std::int64_t end, std::int64_t outputs,
              std::int64_t inputs, float* y) {
  for (std::int64_t o = begin; o < end; o += rows_together) {
    const float* row[rows_together];  // beyond the last, that one again
    for (std::int64_t i = 0; i < rows_together; ++i) row[i] = w + std::min(o + i, end - 1) * inputs;
    Vec sum[N][rows_together];
    for (int n = 0; n < N; ++n) {
      for (std::int64_t i = 0; i < rows_together; ++i) sum[n][i] = hn::Zero(Floats());
    }
    std::int64_t k = 0;
    for (; k + lanes <= inputs; k += lanes) {
      for (std::int64_t i = 0; i < rows_together; ++i) {
        const Vec weights = load(row[i] + k);
        for (int n = 0; n < N; ++n) sum[n][i] = hn::MulAdd(weights, load(x + n * inputs + k), sum[n][i]);
      }
    }
    for (int n = 0; n < N; ++n) {
      for (std::int64_t i = 0; i < std::min(rows_together, end - o); ++i) {
        float total = hn::GetLane(hn::SumOfLanes(Floats(), sum[n][i]));
        for (std::int64_t rest = k; rest < inputs; ++rest) total += row[i][rest] * x[n * inputs + rest];
        y[n * outputs + o + i] = total;
      }
    }
  }
}

void Forward(const float* x, std::int64_t n, const float* w, std::int64_t outputs, std::int64_t inputs, float* y) {
  constexpr decltype(&dot_rows<1>) dots[] = {dot_rows<1>, dot_rows<2>, dot_rows<3>, dot_rows<4>};
  const std::int64_t chunk = round_up(task_weights / std::max<std::int64_t>(1, inputs) + 1, rows_together);
  parallel_for(outputs, chunk, [&](std::int64_t begin, std::int64_t end) HWY_ATTR {
    dots[n - 1](x, w, begin, end, outputs, inputs, y);
  });
}

}  // namespace
}  // namespace reel::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace reel::kernels::linear_few {

HWY_EXPORT(Forward);

void forward(const float* x, std::int64_t n, const float* w, std::int64_t outputs, std::int64_t inputs, float* y) {
  HWY_DYNAMIC_DISPATCH(Forward)(x, n, w, outputs, inputs, y);
}

}  // namespace reel::kernels::linear_few
#endif
