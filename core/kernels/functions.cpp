#include <algorithm>
#include <reel/core/kernels/functions.h>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "reel/core/kernels/functions.cpp"
#include <hwy/foreach_target.h>

#include <reel/core/kernels/math-inl.h>

HWY_BEFORE_NAMESPACE();
namespace reel::kernels::HWY_NAMESPACE {
namespace {

template <class F>
HWY_INLINE void each(const float* from, float* to, std::int64_t n, const F& f) {
  for (std::int64_t i = 0; i < n; i += lanes) {
    const std::int64_t count = std::min(lanes, n - i);
    store_some(f(load_some(from + i, count)), to + i, count);
  }
}

void Exp(const float* from, float* to, std::int64_t n) {
  each(from, to, n, [](Vec x) HWY_ATTR { return exp(x); });
}
void Log(const float* from, float* to, std::int64_t n) {
  each(from, to, n, [](Vec x) HWY_ATTR { return log(x); });
}
void Tanh(const float* from, float* to, std::int64_t n) {
  each(from, to, n, [](Vec x) HWY_ATTR { return tanh(x); });
}
void Sigmoid(const float* from, float* to, std::int64_t n) {
  each(from, to, n, [](Vec x) HWY_ATTR { return sigmoid(x); });
}
void Softplus(const float* from, float* to, std::int64_t n) {
  each(from, to, n, [](Vec x) HWY_ATTR { return softplus(x); });
}
void Erf(const float* from, float* to, std::int64_t n) {
  each(from, to, n, [](Vec x) HWY_ATTR { return erf(x); });
}

}  // namespace
}  // namespace reel::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace reel::kernels::functions {

HWY_EXPORT(Exp);
HWY_EXPORT(Log);
HWY_EXPORT(Tanh);
HWY_EXPORT(Sigmoid);
HWY_EXPORT(Softplus);
HWY_EXPORT(Erf);

void exp(const float* from, float* to, std::int64_t n) { HWY_DYNAMIC_DISPATCH(Exp)(from, to, n); }
void log(const float* from, float* to, std::int64_t n) { HWY_DYNAMIC_DISPATCH(Log)(from, to, n); }
void tanh(const float* from, float* to, std::int64_t n) { HWY_DYNAMIC_DISPATCH(Tanh)(from, to, n); }
void sigmoid(const float* from, float* to, std::int64_t n) { HWY_DYNAMIC_DISPATCH(Sigmoid)(from, to, n); }
void softplus(const float* from, float* to, std::int64_t n) { HWY_DYNAMIC_DISPATCH(Softplus)(from, to, n); }
void erf(const float* from, float* to, std::int64_t n) { HWY_DYNAMIC_DISPATCH(Erf)(from, to, n); }

}  // namespace reel::kernels::functions
#endif
