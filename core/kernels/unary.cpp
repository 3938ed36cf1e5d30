#include <algorithm>
#include <cmath>
#include <reel/core/kernels/functions.h>
#include <reel/core/kernels/loops.h>
#include <reel/core/kernels/simd.h>
#include <reel/core/kernels/unary.h>

namespace reel {
namespace {

using kernels::Function;
using kernels::map_floats;

template <class F>
Tensor number_op(std::string_view op, const Tensor& a, const F& f) {
  require_defined(op, a);
  return visit_numbers(op, a.dtype(), [&]<class T>(T) { return kernels::map<T, T>(a, f); });
}

/// A function that is made of vectors for float32, and of `f` for the rest.
template <class F>
Tensor float_op(std::string_view op, const Tensor& a, Function vectors, const F& f) {
  require_defined(op, a);
  if (a.dtype() != float32 || !kernels::has_fast_vectors()) return map_floats(op, a, f);
  const Tensor x = a.contiguous();
  Tensor y = Tensor::empty(a.shape());
  const auto* from = x.data<float>();
  auto* to = y.mutable_data<float>();
  parallel_for(x.numel(), kernels::loop_chunk, [&](std::int64_t begin, std::int64_t end) {
    kernels::apply(vectors, from + begin, to + begin, end - begin);
  });
  return y;
}

template <class F>
Tensor float_test(std::string_view op, const Tensor& a, const F& f) {
  require_defined(op, a);
  return visit_floats(op, a.dtype(), [&]<class T>(T) { return kernels::map<bool, T>(a, f); });
}

}  // namespace

Tensor neg(const Tensor& a) {
  return number_op("neg", a, [](auto x) { return -x; });
}
Tensor abs(const Tensor& a) {
  return number_op("abs", a, [](auto x) { return std::abs(x); });
}
Tensor sign(const Tensor& a) {
  return number_op("sign", a, []<class T>(T x) { return static_cast<T>((x > 0) - (x < 0)); });
}
Tensor square(const Tensor& a) {
  return number_op("square", a, [](auto x) { return x * x; });
}

Tensor exp(const Tensor& a) {
  return float_op("exp", a, Function::exp, [](auto x) { return std::exp(x); });
}
Tensor exp2(const Tensor& a) {
  return float_op("exp2", a, Function::exp2, [](auto x) { return std::exp2(x); });
}
Tensor expm1(const Tensor& a) {
  return float_op("expm1", a, Function::expm1, [](auto x) { return std::expm1(x); });
}
Tensor log(const Tensor& a) {
  return float_op("log", a, Function::log, [](auto x) { return std::log(x); });
}
Tensor log2(const Tensor& a) {
  return float_op("log2", a, Function::log2, [](auto x) { return std::log2(x); });
}
Tensor log10(const Tensor& a) {
  return float_op("log10", a, Function::log10, [](auto x) { return std::log10(x); });
}
Tensor log1p(const Tensor& a) {
  return float_op("log1p", a, Function::log1p, [](auto x) { return std::log1p(x); });
}
Tensor sqrt(const Tensor& a) {
  return map_floats("sqrt", a, [](auto x) { return std::sqrt(x); });
}
Tensor rsqrt(const Tensor& a) {
  return map_floats("rsqrt", a, [](auto x) { return 1 / std::sqrt(x); });
}
Tensor reciprocal(const Tensor& a) {
  return map_floats("reciprocal", a, [](auto x) { return 1 / x; });
}
Tensor sin(const Tensor& a) {
  return float_op("sin", a, Function::sin, [](auto x) { return std::sin(x); });
}
Tensor cos(const Tensor& a) {
  return float_op("cos", a, Function::cos, [](auto x) { return std::cos(x); });
}
Tensor tan(const Tensor& a) {
  return float_op("tan", a, Function::tan, [](auto x) { return std::tan(x); });
}
Tensor asin(const Tensor& a) {
  return float_op("asin", a, Function::asin, [](auto x) { return std::asin(x); });
}
Tensor acos(const Tensor& a) {
  return float_op("acos", a, Function::acos, [](auto x) { return std::acos(x); });
}
Tensor atan(const Tensor& a) {
  return float_op("atan", a, Function::atan, [](auto x) { return std::atan(x); });
}
Tensor sinh(const Tensor& a) {
  return float_op("sinh", a, Function::sinh, [](auto x) { return std::sinh(x); });
}
Tensor cosh(const Tensor& a) {
  return float_op("cosh", a, Function::cosh, [](auto x) { return std::cosh(x); });
}
Tensor tanh(const Tensor& a) {
  return float_op("tanh", a, Function::tanh, [](auto x) { return std::tanh(x); });
}
Tensor asinh(const Tensor& a) {
  return float_op("asinh", a, Function::asinh, [](auto x) { return std::asinh(x); });
}
Tensor acosh(const Tensor& a) {
  return float_op("acosh", a, Function::acosh, [](auto x) { return std::acosh(x); });
}
Tensor atanh(const Tensor& a) {
  return float_op("atanh", a, Function::atanh, [](auto x) { return std::atanh(x); });
}
Tensor erf(const Tensor& a) {
  return float_op("erf", a, Function::erf, [](auto x) { return std::erf(x); });
}
Tensor erfc(const Tensor& a) {
  return map_floats("erfc", a, [](auto x) { return std::erfc(x); });
}
Tensor floor(const Tensor& a) {
  return map_floats("floor", a, [](auto x) { return std::floor(x); });
}
Tensor ceil(const Tensor& a) {
  return map_floats("ceil", a, [](auto x) { return std::ceil(x); });
}
Tensor round(const Tensor& a) {
  return map_floats("round", a, [](auto x) { return std::nearbyint(x); });
}
Tensor trunc(const Tensor& a) {
  return map_floats("trunc", a, [](auto x) { return std::trunc(x); });
}
Tensor frac(const Tensor& a) {
  return map_floats("frac", a, [](auto x) { return x - std::trunc(x); });
}
Tensor sigmoid(const Tensor& a) {
  return float_op("sigmoid", a, Function::sigmoid, []<class T>(T x) {
    const T e = std::exp(-std::abs(x));
    return (x >= 0 ? T{1} : e) / (1 + e);
  });
}
Tensor softplus(const Tensor& a) {
  return float_op("softplus", a, Function::softplus,
                  []<class T>(T x) { return std::max(x, T{0}) + std::log1p(std::exp(-std::abs(x))); });
}

Tensor isnan(const Tensor& a) {
  return float_test("isnan", a, [](auto x) { return std::isnan(x); });
}
Tensor isinf(const Tensor& a) {
  return float_test("isinf", a, [](auto x) { return std::isinf(x); });
}
Tensor isfinite(const Tensor& a) {
  return float_test("isfinite", a, [](auto x) { return std::isfinite(x); });
}
Tensor logical_not(const Tensor& a) {
  require_defined("logical_not", a);
  return visit_all(a.dtype(), [&]<class T>(T) { return kernels::map<bool, T>(a, [](T x) { return x == T{}; }); });
}

}  // namespace reel
