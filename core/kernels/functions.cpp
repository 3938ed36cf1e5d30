#include <algorithm>
#include <reel/core/kernels/functions.h>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "reel/core/kernels/functions.cpp"
#include <hwy/foreach_target.h>

#include <reel/core/kernels/math-inl.h>

HWY_BEFORE_NAMESPACE();
namespace reel::kernels::HWY_NAMESPACE {
namespace {

void Apply(Function which, const float* from, float* to, std::int64_t n) {
  const auto run = [&](const auto& f) HWY_ATTR {
    for (std::int64_t i = 0; i < n; i += lanes) {
      const std::int64_t count = std::min(lanes, n - i);
      store_some(f(load_some(from + i, count)), to + i, count);
    }
  };
  switch (which) {
    case Function::exp: return run([](Vec x) HWY_ATTR { return exp(x); });
    case Function::exp2: return run([](Vec x) HWY_ATTR { return exp2(x); });
    case Function::expm1: return run([](Vec x) HWY_ATTR { return expm1(x); });
    case Function::log: return run([](Vec x) HWY_ATTR { return log(x); });
    case Function::log2: return run([](Vec x) HWY_ATTR { return log2(x); });
    case Function::log10: return run([](Vec x) HWY_ATTR { return log10(x); });
    case Function::log1p: return run([](Vec x) HWY_ATTR { return log1p(x); });
    case Function::sin: return run([](Vec x) HWY_ATTR { return sin(x); });
    case Function::cos: return run([](Vec x) HWY_ATTR { return cos(x); });
    case Function::tan: return run([](Vec x) HWY_ATTR { return tan(x); });
    case Function::asin: return run([](Vec x) HWY_ATTR { return asin(x); });
    case Function::acos: return run([](Vec x) HWY_ATTR { return acos(x); });
    case Function::atan: return run([](Vec x) HWY_ATTR { return atan(x); });
    case Function::sinh: return run([](Vec x) HWY_ATTR { return sinh(x); });
    case Function::cosh: return run([](Vec x) HWY_ATTR { return cosh(x); });
    case Function::asinh: return run([](Vec x) HWY_ATTR { return asinh(x); });
    case Function::acosh: return run([](Vec x) HWY_ATTR { return acosh(x); });
    case Function::atanh: return run([](Vec x) HWY_ATTR { return atanh(x); });
    case Function::tanh: return run([](Vec x) HWY_ATTR { return tanh(x); });
    case Function::sigmoid: return run([](Vec x) HWY_ATTR { return sigmoid(x); });
    case Function::softplus: return run([](Vec x) HWY_ATTR { return softplus(x); });
    case Function::erf: return run([](Vec x) HWY_ATTR { return erf(x); });
  }
}

}  // namespace
}  // namespace reel::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace reel::kernels {

HWY_EXPORT(Apply);

void apply(Function f, const float* from, float* to, std::int64_t n) { HWY_DYNAMIC_DISPATCH(Apply)(f, from, to, n); }

}  // namespace reel::kernels
#endif
