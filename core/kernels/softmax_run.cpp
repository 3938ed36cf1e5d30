#include <algorithm>
#include <limits>
#include <reel/core/kernels/softmax_run.h>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "reel/core/kernels/softmax_run.cpp"
#include <hwy/foreach_target.h>

#include <reel/core/kernels/math-inl.h>

HWY_BEFORE_NAMESPACE();
namespace reel::kernels::HWY_NAMESPACE {
namespace {

constexpr float lowest = -std::numeric_limits<float>::infinity();  // exp of it is 0

/// Calls `f(v, i, count)` for the vectors of n numbers; in lanes from `count` on, v holds `lowest`.
template <class F>
HWY_INLINE void for_each_vector(const float* x, std::int64_t n, const F& f) {
  for (std::int64_t i = 0; i < n; i += lanes) {
    const std::int64_t count = std::min(lanes, n - i);
    f(load_some(x + i, count, lowest), i, count);
  }
}

float Largest(const float* x, std::int64_t n) {
  Vec top = fill(lowest);
  for_each_vector(x, n, [&](Vec v, std::int64_t, std::int64_t) HWY_ATTR { top = hn::Max(top, v); });
  return hn::GetLane(hn::MaxOfLanes(Floats(), top));
}

float ExpSum(const float* x, float* y, std::int64_t n, float top) {
  Vec sum = hn::Zero(Floats());
  for_each_vector(x, n, [&](Vec v, std::int64_t i, std::int64_t count) HWY_ATTR {
    const Vec e = exp(hn::Sub(v, fill(top)));
    if (y != nullptr) store_some(e, y + i, count);
    sum = hn::Add(sum, e);
  });
  return hn::GetLane(hn::SumOfLanes(Floats(), sum));
}

void ExpScaled(const float* x, float* y, std::int64_t n, float top, float scale) {
  for_each_vector(x, n, [&](Vec v, std::int64_t i, std::int64_t count) HWY_ATTR {
    store_some(hn::Mul(exp(hn::Sub(v, fill(top))), fill(scale)), y + i, count);
  });
}

}  // namespace
}  // namespace reel::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace reel::kernels::softmax_run {

HWY_EXPORT(Largest);
HWY_EXPORT(ExpSum);
HWY_EXPORT(ExpScaled);

float largest(const float* x, std::int64_t n) { return HWY_DYNAMIC_DISPATCH(Largest)(x, n); }
float exp_sum(const float* x, float* y, std::int64_t n, float top) {
  return HWY_DYNAMIC_DISPATCH(ExpSum)(x, y, n, top);
}
void exp_scaled(const float* x, float* y, std::int64_t n, float top, float scale) {
  HWY_DYNAMIC_DISPATCH(ExpScaled)(x, y, n, top, scale);
}

}  // namespace reel::kernels::softmax_run
#endif
