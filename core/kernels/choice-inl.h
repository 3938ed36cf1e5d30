// Choices of max pooling in vectors; see max_pool_choice.h. Read once for each instruction set, as lanes-inl.h is.
#if defined(REEL_CORE_KERNELS_CHOICE_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef REEL_CORE_KERNELS_CHOICE_INL_H
#undef REEL_CORE_KERNELS_CHOICE_INL_H
#else
#define REEL_CORE_KERNELS_CHOICE_INL_H
#endif

#include <reel/core/kernels/lanes-inl.h>

HWY_BEFORE_NAMESPACE();
namespace reel::kernels::HWY_NAMESPACE {

/// In registers, choices are as wide as the pixels that D describes.
template <class D>
using Places = hn::RebindToSigned<D>;
template <class D>
using Choice = hn::Vec<Places<D>>;

template <class D>
HWY_INLINE Choice<D> load_choice(D, const std::uint8_t* from) {
  return hn::PromoteTo(Places<D>(), hn::LoadU(hn::Rebind<std::uint8_t, D>(), from));
}
template <class D>
HWY_INLINE void store_choice(Choice<D> choice, D, std::uint8_t* to) {
  const hn::Rebind<std::uint8_t, D> bytes;
  hn::StoreU(hn::DemoteTo(bytes, choice), bytes, to);
}
/// The gradients of the windows that chose `tap`, else 0.
template <class D>
HWY_INLINE hn::Vec<D> where_chosen(D d, Choice<D> choice, int tap, hn::Vec<D> grad) {
  return hn::IfThenElseZero(hn::RebindMask(d, hn::Eq(choice, hn::Set(Places<D>(), tap))), grad);
}

/// Whether b wins against a, which comes before it: it is larger, or the first NaN.
template <class V>
HWY_INLINE auto wins(V b, V a) {
  return hn::AndNot(hn::Le(b, a), hn::Eq(a, a));
}

/// The best pixels so far, and where they are.
template <class D>
struct Best {
  hn::Vec<D> pixel;
  Choice<D> choice;

  HWY_INLINE void take_larger(hn::Vec<D> next, Choice<D> its_choice) {
    const auto is_next = wins(next, pixel);
    pixel = hn::IfThenElse(is_next, next, pixel);
    choice = hn::IfThenElse(hn::RebindMask(Places<D>(), is_next), its_choice, choice);
  }
};

}  // namespace reel::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
