// What recurrent cells do with the numbers of one unit, in vectors. Read once for each instruction set, as lanes-inl.h
// is.
#if defined(REEL_CORE_KERNELS_RNN_CELLS_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef REEL_CORE_KERNELS_RNN_CELLS_INL_H
#undef REEL_CORE_KERNELS_RNN_CELLS_INL_H
#else
#define REEL_CORE_KERNELS_RNN_CELLS_INL_H
#endif

#include <reel/core/kernels/math-inl.h>

HWY_BEFORE_NAMESPACE();
namespace reel::kernels::HWY_NAMESPACE {

/// The numbers of one sequence at one step. Group g of several begins at g * units.
template <class T>
struct Forward {
  std::int64_t units, product_stride;
  const T *product, *bias, *h, *before;  // the product's groups begin at g * product_stride; before: kept before
  T *gates, *kept, *state;

  /// Group g of what the gates are functions of.
  template <class D>
  HWY_INLINE hn::Vec<D> sum(D d, std::int64_t g, std::int64_t i) const {
    return hn::Add(hn::LoadU(d, gates + g * units + i), hn::LoadU(d, product + g * product_stride + i));
  }
};

template <class T>
struct Backward {
  std::int64_t units;
  const T *grad, *product;  // of the state: from outside, and from the step behind
  const T *state, *h, *gates, *kept, *before;
  T* carry;              // of what reaches the step before past the weights: an LSTM's cell, a GRU's state
  T *dgates, *dproduct;  // of what the input and what the state gives to the gates; one but for a GRU
};

template <class D, class V = hn::Vec<D>>
HWY_INLINE V one_minus(D d, V v) {
  return hn::Sub(hn::Set(d, 1), v);
}
/// The slopes of tanh and sigmoid where they have the value y.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V tanh_slope(D d, V y) {
  return hn::NegMulAdd(y, y, hn::Set(d, 1));
}
template <class D, class V = hn::Vec<D>>
HWY_INLINE V sigmoid_slope(D d, V y) {
  return hn::Mul(y, one_minus(d, y));
}

/// h = tanh(s) or relu(s)
template <bool IsRelu>
struct PlainCell {
  static constexpr std::int64_t groups = 1;

  template <class T, class D>
  static HWY_INLINE void forward(const Forward<T>& at, D d, std::int64_t i) {
    const auto s = at.sum(d, 0, i);
    if constexpr (IsRelu) hn::StoreU(hn::IfThenZeroElse(hn::Lt(s, hn::Zero(d)), s), d, at.state + i);
    else hn::StoreU(tanh(d, s), d, at.state + i);
  }

  template <class T, class D>
  static HWY_INLINE void backward(const Backward<T>& at, D d, std::int64_t i) {
    const auto dh = hn::Add(hn::LoadU(d, at.grad + i), hn::LoadU(d, at.product + i));
    const auto h = hn::LoadU(d, at.state + i);
    if constexpr (IsRelu) hn::StoreU(hn::IfThenZeroElse(hn::Le(h, hn::Zero(d)), dh), d, at.dgates + i);
    else hn::StoreU(hn::Mul(dh, tanh_slope(d, h)), d, at.dgates + i);
  }
};

/// i, f, o = sigmoid(s), g = tanh(s); c = f c + i g, h = o tanh(c)
struct LstmCell {
  static constexpr std::int64_t groups = 4;

  template <class T, class D>
  static HWY_INLINE void forward(const Forward<T>& at, D d, std::int64_t i) {
    const auto in = sigmoid(d, at.sum(d, 0, i));
    const auto forget = sigmoid(d, at.sum(d, 1, i));
    const auto fresh = tanh(d, at.sum(d, 2, i));
    const auto out = sigmoid(d, at.sum(d, 3, i));
    const auto c = hn::MulAdd(forget, hn::LoadU(d, at.before + i), hn::Mul(in, fresh));
    hn::StoreU(in, d, at.gates + i);
    hn::StoreU(forget, d, at.gates + at.units + i);
    hn::StoreU(fresh, d, at.gates + 2 * at.units + i);
    hn::StoreU(out, d, at.gates + 3 * at.units + i);
    hn::StoreU(c, d, at.kept + i);
    hn::StoreU(hn::Mul(out, tanh(d, c)), d, at.state + i);
  }

  template <class T, class D>
  static HWY_INLINE void backward(const Backward<T>& at, D d, std::int64_t i) {
    const auto in = hn::LoadU(d, at.gates + i);
    const auto forget = hn::LoadU(d, at.gates + at.units + i);
    const auto fresh = hn::LoadU(d, at.gates + 2 * at.units + i);
    const auto out = hn::LoadU(d, at.gates + 3 * at.units + i);
    const auto squashed = tanh(d, hn::LoadU(d, at.kept + i));
    const auto dh = hn::Add(hn::LoadU(d, at.grad + i), hn::LoadU(d, at.product + i));
    const auto dc = hn::MulAdd(hn::Mul(dh, out), tanh_slope(d, squashed), hn::LoadU(d, at.carry + i));
    hn::StoreU(hn::Mul(hn::Mul(dc, fresh), sigmoid_slope(d, in)), d, at.dgates + i);
    hn::StoreU(hn::Mul(hn::Mul(dc, hn::LoadU(d, at.before + i)), sigmoid_slope(d, forget)), d,
               at.dgates + at.units + i);
    hn::StoreU(hn::Mul(hn::Mul(dc, in), tanh_slope(d, fresh)), d, at.dgates + 2 * at.units + i);
    hn::StoreU(hn::Mul(hn::Mul(dh, squashed), sigmoid_slope(d, out)), d, at.dgates + 3 * at.units + i);
    hn::StoreU(hn::Mul(dc, forget), d, at.carry + i);
  }
};

/// r, z = sigmoid(s), n = tanh(x + r q) with q what the state gives to n; h = n + z (h - n)
struct GruCell {
  static constexpr std::int64_t groups = 3;

  template <class T, class D>
  static HWY_INLINE void forward(const Forward<T>& at, D d, std::int64_t i) {
    const auto bias = [&](std::int64_t g) HWY_ATTR { return hn::LoadU(d, at.bias + g * at.units + i); };
    const auto reset = sigmoid(d, hn::Add(at.sum(d, 0, i), bias(0)));
    const auto update = sigmoid(d, hn::Add(at.sum(d, 1, i), bias(1)));
    const auto q = hn::Add(hn::LoadU(d, at.product + 2 * at.product_stride + i), bias(2));
    const auto fresh = tanh(d, hn::MulAdd(reset, q, hn::LoadU(d, at.gates + 2 * at.units + i)));
    hn::StoreU(reset, d, at.gates + i);
    hn::StoreU(update, d, at.gates + at.units + i);
    hn::StoreU(fresh, d, at.gates + 2 * at.units + i);
    hn::StoreU(q, d, at.kept + i);
    hn::StoreU(hn::MulAdd(update, hn::Sub(hn::LoadU(d, at.h + i), fresh), fresh), d, at.state + i);
  }

  template <class T, class D>
  static HWY_INLINE void backward(const Backward<T>& at, D d, std::int64_t i) {
    const auto reset = hn::LoadU(d, at.gates + i);
    const auto update = hn::LoadU(d, at.gates + at.units + i);
    const auto fresh = hn::LoadU(d, at.gates + 2 * at.units + i);
    const auto later = hn::Add(hn::LoadU(d, at.product + i), hn::LoadU(d, at.carry + i));
    const auto dh = hn::Add(hn::LoadU(d, at.grad + i), later);
    const auto dfresh = hn::Mul(hn::Mul(dh, one_minus(d, update)), tanh_slope(d, fresh));
    const auto dreset = hn::Mul(hn::Mul(dfresh, hn::LoadU(d, at.kept + i)), sigmoid_slope(d, reset));
    const auto dupdate = hn::Mul(hn::Mul(dh, hn::Sub(hn::LoadU(d, at.h + i), fresh)), sigmoid_slope(d, update));
    for (T* to : {at.dgates, at.dproduct}) {
      hn::StoreU(dreset, d, to + i);
      hn::StoreU(dupdate, d, to + at.units + i);
    }
    hn::StoreU(dfresh, d, at.dgates + 2 * at.units + i);
    hn::StoreU(hn::Mul(dfresh, reset), d, at.dproduct + 2 * at.units + i);
    hn::StoreU(hn::Mul(dh, update), d, at.carry + i);
  }
};

/// Calls `f(d, i)` for vectors of units from i on, each unit once: a step's numbers are changed in place.
template <class T, class F>
HWY_INLINE void for_each_unit(std::int64_t begin, std::int64_t end, const F& f) {
  constexpr std::int64_t wide = hn::MaxLanes(hn::ScalableTag<T>());
  std::int64_t i = begin;
  for (; i + wide <= end; i += wide) f(hn::ScalableTag<T>(), i);
  for (; i < end; ++i) f(hn::CappedTag<T, 1>(), i);
}

}  // namespace reel::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
