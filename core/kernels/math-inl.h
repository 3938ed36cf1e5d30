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

#include <limits>
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
