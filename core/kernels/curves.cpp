#include <cmath>
#include <numbers>
#include <reel/core/kernels/curves.h>
#include <reel/core/kernels/loops.h>
#include <reel/core/kernels/simd.h>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "reel/core/kernels/curves.cpp"
#include <hwy/foreach_target.h>

#include <reel/core/kernels/math-inl.h>

HWY_BEFORE_NAMESPACE();
namespace reel::kernels::HWY_NAMESPACE {

// The functions that curves are made of, for vectors of either dtype. Those of float64 go number by number: they are
// for checks.

using Doubles = hn::ScalableTag<double>;
using Vec64 = hn::Vec<Doubles>;

template <class F>
HWY_INLINE Vec64 number_by_number(Vec64 x, const F& f) {
  HWY_ALIGN double numbers[hn::MaxLanes(Doubles())];
  hn::Store(x, Doubles(), numbers);
  for (double& number : numbers) number = f(number);
  return hn::Load(Doubles(), numbers);
}
HWY_INLINE Vec64 exp(Vec64 x) {
  return number_by_number(x, [](double v) { return std::exp(v); });
}
HWY_INLINE Vec64 tanh(Vec64 x) {
  return number_by_number(x, [](double v) { return std::tanh(v); });
}
HWY_INLINE Vec64 erf(Vec64 x) {
  return number_by_number(x, [](double v) { return std::erf(v); });
}
HWY_INLINE Vec64 sigmoid(Vec64 x) {
  return number_by_number(x, [](double v) { return v < 0 ? std::exp(v) / (1 + std::exp(v)) : 1 / (1 + std::exp(-v)); });
}
HWY_INLINE Vec64 expm1(Vec64 x) {
  return number_by_number(x, [](double v) { return std::expm1(v); });
}

namespace {

template <class D>
HWY_INLINE hn::Vec<D> number(D d, double value) {
  return hn::Set(d, static_cast<hn::TFromD<D>>(value));
}

// Each curve as value(d, x) and slope(d, x).

struct Gelu {
  template <class D, class V>
  static HWY_INLINE V below(D d, V x) {
    const V half = number(d, 0.5);
    return hn::MulAdd(half, erf(hn::Mul(x, number(d, std::numbers::sqrt2 / 2))), half);
  }
  template <class D, class V>
  static HWY_INLINE V value(D d, V x) {
    const V half = hn::Mul(x, number(d, 0.5));
    return hn::MulAdd(half, erf(hn::Mul(x, number(d, std::numbers::sqrt2 / 2))), half);
  }
  template <class D, class V>
  static HWY_INLINE V slope(D d, V x) {
    const V density = exp(hn::Mul(hn::Mul(x, x), number(d, -0.5)));
    return hn::MulAdd(hn::Mul(x, number(d, std::numbers::inv_sqrtpi / std::numbers::sqrt2)), density, below(d, x));
  }
};

struct GeluTanh {
  static constexpr double factor = std::numbers::inv_sqrtpi * std::numbers::sqrt2;  // sqrt(2 / pi)
  static constexpr double cubic = 0.044715;

  template <class D, class V>
  static HWY_INLINE V bend(D d, V x) {
    const V square = hn::Mul(x, x);
    return tanh(hn::Mul(hn::Mul(x, number(d, factor)), hn::MulAdd(square, number(d, cubic), number(d, 1))));
  }
  template <class D, class V>
  static HWY_INLINE V value(D d, V x) {
    const V half = hn::Mul(x, number(d, 0.5));
    return hn::MulAdd(half, bend(d, x), half);
  }
  template <class D, class V>
  static HWY_INLINE V slope(D d, V x) {
    const V t = bend(d, x);
    const V inner = hn::MulAdd(hn::Mul(x, x), number(d, 3 * cubic * factor), number(d, factor));
    const V along = hn::Mul(hn::Mul(x, inner), hn::NegMulAdd(t, t, number(d, 1)));
    return hn::Mul(number(d, 0.5), hn::Add(hn::Add(number(d, 1), t), along));
  }
};

struct Silu {
  template <class D, class V>
  static HWY_INLINE V value(D, V x) {
    return hn::Mul(x, sigmoid(x));
  }
  template <class D, class V>
  static HWY_INLINE V slope(D d, V x) {
    const V s = sigmoid(x);
    return hn::Mul(s, hn::MulAdd(x, hn::Sub(number(d, 1), s), number(d, 1)));
  }
};

struct Hardswish {
  template <class D, class V>
  static HWY_INLINE V value(D d, V x) {
    const V gate = hn::Mul(hn::Add(x, number(d, 3)), number(d, 1.0 / 6));
    return hn::Mul(x, hn::Min(hn::Max(gate, hn::Zero(d)), number(d, 1)));
  }
  template <class D, class V>
  static HWY_INLINE V slope(D d, V x) {
    const V between = hn::MulAdd(x, number(d, 1.0 / 3), number(d, 0.5));
    const V above = hn::IfThenElse(hn::Ge(x, number(d, 3)), number(d, 1), between);
    return hn::IfThenZeroElse(hn::Le(x, number(d, -3)), above);
  }
};

struct Elu {
  template <class D, class V>
  static HWY_INLINE V value(D d, V x) {
    const V below = hn::Min(x, hn::Zero(d));
    return hn::IfThenElse(hn::Lt(x, hn::Zero(d)), expm1(below), x);
  }
  template <class D, class V>
  static HWY_INLINE V slope(D d, V x) {
    const V below = hn::Min(x, hn::Zero(d));
    return hn::IfThenElse(hn::Gt(x, hn::Zero(d)), number(d, 1), exp(below));
  }
};

/// Calls `f(d, i, count)` for vectors of n numbers from i on, of which the last may have fewer.
template <class T, class F>
HWY_INLINE void each(std::int64_t n, const F& f) {
  const hn::ScalableTag<T> d;
  constexpr std::int64_t size = hn::MaxLanes(hn::ScalableTag<T>());
  for (std::int64_t i = 0; i < n; i += size) f(d, i, std::min(size, n - i));
}

template <class D, class T>
HWY_INLINE hn::Vec<D> load_first(D d, const T* from, std::int64_t count) {
  HWY_ALIGN T all[hn::MaxLanes(D())] = {};
  if (count == hn::MaxLanes(D())) return hn::LoadU(d, from);
  std::copy_n(from, count, all);
  return hn::Load(d, all);
}
template <class D, class T>
HWY_INLINE void store_first(hn::Vec<D> v, D d, T* to, std::int64_t count) {
  if (count == hn::MaxLanes(D())) return hn::StoreU(v, d, to);
  HWY_ALIGN T all[hn::MaxLanes(D())];
  hn::Store(v, d, all);
  std::copy_n(all, count, to);
}

/// Runs `f` with the curve.
template <class F>
HWY_INLINE void with_curve(Curve which, const F& f) {
  switch (which) {
    case Curve::gelu: return f(Gelu());
    case Curve::gelu_tanh: return f(GeluTanh());
    case Curve::silu: return f(Silu());
    case Curve::hardswish: return f(Hardswish());
    case Curve::elu: return f(Elu());
  }
}

/// f(x), or grad * f'(x) where there is a grad.
template <class T>
void bend(Curve which, const T* x, const T* grad, T* to, std::int64_t n) {
  with_curve(which, [&]<class C>(C) HWY_ATTR {
    each<T>(n, [&](auto d, std::int64_t i, std::int64_t count) HWY_ATTR {
      const auto v = load_first(d, x + i, count);
      if (grad == nullptr) store_first(C::value(d, v), d, to + i, count);
      else store_first(hn::Mul(load_first(d, grad + i, count), C::slope(d, v)), d, to + i, count);
    });
  });
}

void Bend32(Curve which, const float* x, const float* grad, float* to, std::int64_t n) { bend(which, x, grad, to, n); }
void Bend64(Curve which, const double* x, const double* grad, double* to, std::int64_t n) {
  bend(which, x, grad, to, n);
}

}  // namespace
}  // namespace reel::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace reel::kernels {

HWY_EXPORT(Bend32);
HWY_EXPORT(Bend64);

namespace {

void bend(Curve which, const float* x, const float* grad, float* to, std::int64_t n) {
  HWY_DYNAMIC_DISPATCH(Bend32)(which, x, grad, to, n);
}
void bend(Curve which, const double* x, const double* grad, double* to, std::int64_t n) {
  HWY_DYNAMIC_DISPATCH(Bend64)(which, x, grad, to, n);
}

Tensor bend(std::string_view op, const Tensor& x, const Tensor& grad, Curve which) {
  static_cast<void>(has_fast_vectors());  // REEL_VECTORS is read
  Tensor out = Tensor::empty(x.shape(), x.dtype());
  visit_floats(op, x.dtype(), [&]<class T>(T) {
    const T* from = x.data<T>();
    const T* upstream = grad.defined() ? grad.data<T>() : nullptr;
    T* to = out.mutable_data<T>();
    parallel_for(x.numel(), loop_chunk, [&](std::int64_t begin, std::int64_t end) {
      bend(which, from + begin, upstream == nullptr ? nullptr : upstream + begin, to + begin, end - begin);
    });
  });
  return out;
}

}  // namespace

Tensor curve(std::string_view op, const Tensor& x, Curve which) {
  require_defined(op, x);
  return bend(op, x.contiguous(), {}, which);
}

Tensor curve_grad(const Tensor& grad, const Tensor& x, Curve which) {
  return bend("curve", x.contiguous(), grad.contiguous(), which);
}

}  // namespace reel::kernels
#endif
