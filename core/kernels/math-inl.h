// Functions of vectors of float32, and some of float64 too, each within a few units in the last place of the exact
// value. Highway's are used where they are defined, and NaN, infinities and zeros are taken care of here. Read once for
// each instruction set, as lanes-inl.h is.
#if defined(REEL_CORE_KERNELS_MATH_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef REEL_CORE_KERNELS_MATH_INL_H
#undef REEL_CORE_KERNELS_MATH_INL_H
#else
#define REEL_CORE_KERNELS_MATH_INL_H
#endif

#include <hwy/contrib/math/math-inl.h>

#include <cmath>
#include <limits>
#include <numbers>
#include <reel/core/kernels/lanes-inl.h>

HWY_BEFORE_NAMESPACE();
namespace reel::kernels::HWY_NAMESPACE {

/// Infinity from 88.7 on; Highway's is wrong beyond 104.
HWY_INLINE Vec exp(Vec x) { return hn::IfThenElse(hn::IsNaN(x), x, hn::Exp(Floats(), hn::Min(x, fill(104.0F)))); }

/// -infinity of 0, NaN below.
HWY_INLINE Vec log(Vec x) {
  const Vec infinity = fill(std::numeric_limits<float>::infinity());
  const auto is_usual = hn::And(hn::Gt(x, hn::Zero(Floats())), hn::Lt(x, infinity));
  const Vec of_negative = hn::IfThenElse(hn::Lt(x, hn::Zero(Floats())), hn::NaN(Floats()), x);  // x: infinity and NaN
  const Vec unusual = hn::IfThenElse(hn::Eq(x, hn::Zero(Floats())), hn::Neg(infinity), of_negative);
  return hn::IfThenElse(is_usual, hn::Log(Floats(), x), unusual);
}

/// near(x) for numbers in [low, high], where Highway's functions are defined; the others, which are rare, are left to
/// `far` one by one. So are NaN and infinities.
template <class Near>
HWY_INLINE Vec within(float low, float high, Vec x, float (*far)(float), const Near& near) {
  const auto is_near = hn::And(hn::Ge(x, fill(low)), hn::Le(x, fill(high)));
  const Vec y = near(Floats(), x);
  if (hn::AllTrue(Floats(), is_near)) [[likely]]
    return y;
  HWY_ALIGN float numbers[lanes];
  store(x, numbers);
  for (float& number : numbers) number = far(number);
  return hn::IfThenElse(is_near, y, load(numbers));
}

constexpr float largest = std::numeric_limits<float>::max();
constexpr float below_one = 1 - std::numeric_limits<float>::epsilon() / 2;

/// By the whole numbers, which are exact, and what is left.
HWY_INLINE Vec exp2(Vec x) {
  const auto near = [](auto d, Vec v) HWY_ATTR {
    const hn::RebindToSigned<decltype(d)> whole;
    const Vec nearest = hn::Round(v);
    const auto power = hn::ShiftLeft<23>(hn::Add(hn::ConvertTo(whole, nearest), hn::Set(whole, 127)));
    return hn::Mul(hn::Exp(d, hn::Mul(hn::Sub(v, nearest), fill(std::numbers::ln2_v<float>))), hn::BitCast(d, power));
  };
  return within(-126, 127, x, std::exp2, near);
}
HWY_INLINE Vec expm1(Vec x) {
  return within(-100, 88, x, std::expm1, [](auto d, Vec v) HWY_ATTR { return hn::Expm1(d, v); });
}
/// The exponent, which is exact, and the logarithm of what is left, in [1 / sqrt(2), sqrt(2)).
HWY_INLINE Vec log2(Vec x) {
  const auto near = [](auto d, Vec v) HWY_ATTR {
    const hn::RebindToSigned<decltype(d)> whole;
    const auto bits = hn::BitCast(whole, v);
    const auto root = hn::BitCast(whole, fill(std::numbers::sqrt2_v<float> / 2));
    const auto exponent = hn::ShiftRight<23>(hn::Sub(bits, root));
    const Vec rest = hn::BitCast(d, hn::Sub(bits, hn::ShiftLeft<23>(exponent)));
    return hn::MulAdd(hn::Log(d, rest), fill(std::numbers::log2e_v<float>), hn::ConvertTo(d, exponent));
  };
  return within(std::numeric_limits<float>::min(), largest, x, std::log2, near);
}
HWY_INLINE Vec log10(Vec x) { return hn::Mul(log(x), fill(1 / std::numbers::ln10_v<float>)); }
HWY_INLINE Vec log1p(Vec x) {
  return within(-below_one, largest, x, std::log1p, [](auto d, Vec v) HWY_ATTR { return hn::Log1p(d, v); });
}
HWY_INLINE Vec sin(Vec x) {
  return within(-39000, 39000, x, std::sin, [](auto d, Vec v) HWY_ATTR { return hn::Sin(d, v); });
}
HWY_INLINE Vec cos(Vec x) {
  return within(-39000, 39000, x, std::cos, [](auto d, Vec v) HWY_ATTR { return hn::Cos(d, v); });
}
HWY_INLINE Vec tan(Vec x) {
  const auto near = [](auto d, Vec v) HWY_ATTR { return hn::Div(hn::Sin(d, v), hn::Cos(d, v)); };
  return within(-39000, 39000, x, std::tan, near);
}
HWY_INLINE Vec asin(Vec x) {
  return within(-1, 1, x, std::asin, [](auto d, Vec v) HWY_ATTR { return hn::Asin(d, v); });
}
HWY_INLINE Vec acos(Vec x) {
  return within(-1, 1, x, std::acos, [](auto d, Vec v) HWY_ATTR { return hn::Acos(d, v); });
}
HWY_INLINE Vec atan(Vec x) {
  return within(-largest, largest, x, std::atan, [](auto d, Vec v) HWY_ATTR { return hn::Atan(d, v); });
}
HWY_INLINE Vec sinh(Vec x) {
  return within(-88, 88, x, std::sinh, [](auto d, Vec v) HWY_ATTR { return hn::Sinh(d, v); });
}
HWY_INLINE Vec cosh(Vec x) {
  const auto near = [](auto d, Vec v) HWY_ATTR {
    const Vec e = hn::Exp(d, v);
    return hn::MulAdd(fill(0.5F), e, hn::Div(fill(0.5F), e));
  };
  return within(-88, 88, x, std::cosh, near);
}
HWY_INLINE Vec asinh(Vec x) {
  return within(-largest, largest, x, std::asinh, [](auto d, Vec v) HWY_ATTR { return hn::Asinh(d, v); });
}
HWY_INLINE Vec acosh(Vec x) {
  return within(1, largest, x, std::acosh, [](auto d, Vec v) HWY_ATTR { return hn::Acosh(d, v); });
}
HWY_INLINE Vec atanh(Vec x) {
  return within(-below_one, below_one, x, std::atanh, [](auto d, Vec v) HWY_ATTR { return hn::Atanh(d, v); });
}

template <class D, class V = hn::Vec<D>>
HWY_INLINE V tanh(D d, V x) {
  return hn::Tanh(d, x);
}
HWY_INLINE Vec tanh(Vec x) { return tanh(Floats(), x); }

/// 1 / (1 + exp(-x))
template <class D, class V = hn::Vec<D>>
HWY_INLINE V sigmoid(D d, V x) {
  const V one = hn::Set(d, 1);
  const V e = hn::IfThenElse(hn::IsNaN(x), x, hn::Exp(d, hn::Neg(hn::Abs(x))));
  return hn::Div(hn::IfThenElse(hn::Lt(x, hn::Zero(d)), e, one), hn::Add(one, e));
}
HWY_INLINE Vec sigmoid(Vec x) { return sigmoid(Floats(), x); }

/// log(1 + exp(x))
HWY_INLINE Vec softplus(Vec x) {
  const Vec rest = hn::Log1p(Floats(), exp(hn::Neg(hn::Abs(x))));
  return hn::Add(relu(x), rest);
}

/// c[0] + c[1] x + c[2] x^2 + ...
template <std::size_t N>
HWY_INLINE Vec polynomial(Vec x, const float (&c)[N]) {
  Vec sum = fill(c[N - 1]);
  for (std::size_t i = N - 1; i-- > 0;) sum = hn::MulAdd(sum, x, fill(c[i]));
  return sum;
}

/// x + x p(x^2) near 0, and 1 - exp(t q(t) - t) for t = |x| beyond, where p and q are fitted to the least relative
/// error of the whole: 1.2 units in the last place.
HWY_INLINE Vec erf(Vec x) {
  constexpr float p[] = {0.12837915F, -0.37612486F, 0.11281721F, -0.026763124F, 0.004988004F, -0.00059642526F};
  constexpr float q[] = {-0.1286529F,   -0.63513345F,   -0.10626643F,  0.023787493F,
                         -0.003654471F, 0.00032575533F, -1.152593e-05F};
  const Vec t = hn::Min(hn::Abs(x), fill(4.0F));  // from where float32 has only 1
  const Vec outer = hn::Sub(fill(1.0F), hn::Exp(Floats(), hn::MulSub(t, polynomial(t, q), t)));
  const Vec inner = hn::MulAdd(x, polynomial(hn::Mul(x, x), p), x);
  return hn::IfThenElse(hn::Gt(hn::Abs(x), fill(0.9277F)), hn::CopySign(outer, x), inner);
}

}  // namespace reel::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
