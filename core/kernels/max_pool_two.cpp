#include <algorithm>
#include <reel/core/kernels/max_pool_choice.h>
#include <reel/core/kernels/max_pool_two.h>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "reel/core/kernels/max_pool_two.cpp"
#include <hwy/foreach_target.h>

#include <reel/core/kernels/lanes-inl.h>

HWY_BEFORE_NAMESPACE();
namespace reel::kernels::HWY_NAMESPACE {
namespace {

/// One row of windows: its pixels lie in two rows, of the plane and of its gradient.
struct PoolRow {
  const float* top;
  const float* bottom;
  std::int64_t count;
};

void pool_row(const PoolRow& row, float* out) {
  for_each_vector(row.count, [&](auto d, std::int64_t i) HWY_ATTR {
    hn::Vec<decltype(d)> a, b, c, e;
    hn::LoadInterleaved2(d, row.top + 2 * i, a, b);
    hn::LoadInterleaved2(d, row.bottom + 2 * i, c, e);
    hn::StoreU(larger(larger(a, b), larger(c, e)), d, out + i);
  });
}

void spread_row(const PoolRow& row, const float* grad, const float* output, float* to_top, float* to_bottom) {
  for_each_vector(row.count, [&](auto d, std::int64_t i) HWY_ATTR {
    hn::Vec<decltype(d)> a, b, c, e;
    hn::LoadInterleaved2(d, row.top + 2 * i, a, b);
    hn::LoadInterleaved2(d, row.bottom + 2 * i, c, e);
    const auto y = hn::LoadU(d, output + i);
    const auto g = hn::LoadU(d, grad + i);
    const auto chosen = [&](auto pixel) HWY_ATTR { return hn::Or(hn::Eq(pixel, y), hn::IsNaN(pixel)); };
    // What is left of the gradient after each pixel, in row-major order.
    const auto after_a = hn::IfThenZeroElse(chosen(a), g);
    const auto after_b = hn::IfThenZeroElse(chosen(b), after_a);
    const auto after_c = hn::IfThenZeroElse(chosen(c), after_b);
    hn::StoreInterleaved2(hn::IfThenElseZero(chosen(a), g), hn::IfThenElseZero(chosen(b), after_a), d, to_top + 2 * i);
    hn::StoreInterleaved2(hn::IfThenElseZero(chosen(c), after_b), after_c, d, to_bottom + 2 * i);
  });
}

/// Whether b wins against a, which comes before it: it is larger, or the first NaN.
template <class V>
HWY_INLINE auto wins(V b, V a) {
  return hn::AndNot(hn::Le(b, a), hn::Eq(a, a));
}

void choose_row(const PoolRow& row, bool is_relu, float* out, std::uint8_t* choice) {
  for_each_vector(row.count, [&](auto d, std::int64_t i) HWY_ATTR {
    const hn::RebindToSigned<decltype(d)> places;
    hn::Vec<decltype(d)> a, b, c, e;
    hn::LoadInterleaved2(d, row.top + 2 * i, a, b);
    hn::LoadInterleaved2(d, row.bottom + 2 * i, c, e);
    const auto pick = [&](auto which, int yes, int no) HWY_ATTR {
      return hn::IfThenElse(hn::RebindMask(places, which), hn::Set(places, yes), hn::Set(places, no));
    };
    const auto is_b = wins(b, a);
    const auto is_e = wins(e, c);
    const auto top = hn::IfThenElse(is_b, b, a);
    const auto bottom = hn::IfThenElse(is_e, e, c);
    const auto is_below = wins(bottom, top);
    auto y = hn::IfThenElse(is_below, bottom, top);
    auto place = hn::IfThenElse(hn::RebindMask(places, is_below), pick(is_e, 3, 2), pick(is_b, 1, 0));
    if (is_relu) {
      place = hn::IfThenElse(hn::RebindMask(places, hn::Le(y, hn::Zero(d))), hn::Set(places, no_choice), place);
      y = hn::IfThenZeroElse(hn::Lt(y, hn::Zero(d)), y);
    }
    const hn::Rebind<std::uint8_t, decltype(d)> bytes;
    hn::StoreU(y, d, out + i);
    hn::StoreU(hn::DemoteTo(bytes, place), bytes, choice + i);
  });
}

void spread_row_to_choice(const float* grad, const std::uint8_t* choice, std::int64_t count, float* to_top,
                          float* to_bottom) {
  for_each_vector(count, [&](auto d, std::int64_t i) HWY_ATTR {
    const hn::RebindToSigned<decltype(d)> places;
    const auto place = hn::PromoteTo(places, hn::LoadU(hn::Rebind<std::uint8_t, decltype(d)>(), choice + i));
    const auto g = hn::LoadU(d, grad + i);
    const auto at = [&](int k) HWY_ATTR {
      return hn::IfThenElseZero(hn::RebindMask(d, hn::Eq(place, hn::Set(places, k))), g);
    };
    hn::StoreInterleaved2(at(0), at(1), d, to_top + 2 * i);
    hn::StoreInterleaved2(at(2), at(3), d, to_bottom + 2 * i);
  });
}

PoolRow row_of(const float* plane, std::int64_t oh, const Pool2dGeometry& g) {
  const float* top = plane + 2 * oh * g.in_w;
  return {top, top + g.in_w, g.out_w};
}

void Pool(const float* plane, float* out, const Pool2dGeometry& g) {
  for (std::int64_t oh = 0; oh < g.out_h; ++oh) pool_row(row_of(plane, oh, g), out + oh * g.out_w);
}

void Spread(const float* grad, const float* plane, const float* output, float* to, const Pool2dGeometry& g) {
  for (std::int64_t oh = 0; oh < g.out_h; ++oh) {
    float* top = to + 2 * oh * g.in_w;
    spread_row(row_of(plane, oh, g), grad + oh * g.out_w, output + oh * g.out_w, top, top + g.in_w);
    if (g.in_w % 2 == 1) top[g.in_w - 1] = top[2 * g.in_w - 1] = 0.0F;  // no window sees these
  }
  std::fill(to + 2 * g.out_h * g.in_w, to + g.in_h * g.in_w, 0.0F);
}

void PoolChoosing(const float* plane, Activation activation, float* out, std::uint8_t* choice, std::int64_t in_h,
                  std::int64_t in_w) {
  const std::int64_t out_w = in_w / 2;
  for (std::int64_t oh = 0; oh < in_h / 2; ++oh, plane += 2 * in_w, out += out_w, choice += out_w) {
    choose_row({plane, plane + in_w, out_w}, activation == Activation::relu, out, choice);
  }
}

void SpreadToChoice(const float* grad, const std::uint8_t* choice, float* to, std::int64_t in_h, std::int64_t in_w) {
  const std::int64_t out_w = in_w / 2;
  for (std::int64_t oh = 0; oh < in_h / 2; ++oh, grad += out_w, choice += out_w, to += 2 * in_w) {
    spread_row_to_choice(grad, choice, out_w, to, to + in_w);
    if (in_w % 2 == 1) to[in_w - 1] = to[2 * in_w - 1] = 0.0F;  // no window sees these
  }
  std::fill_n(to, in_h % 2 * in_w, 0.0F);
}

}  // namespace
}  // namespace reel::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace reel::kernels::two_by_two {

HWY_EXPORT(Pool);
HWY_EXPORT(Spread);
HWY_EXPORT(PoolChoosing);
HWY_EXPORT(SpreadToChoice);

void pool(const float* plane, float* out, const Pool2dGeometry& g) { HWY_DYNAMIC_DISPATCH(Pool)(plane, out, g); }
void spread(const float* grad, const float* plane, const float* output, float* to, const Pool2dGeometry& g) {
  HWY_DYNAMIC_DISPATCH(Spread)(grad, plane, output, to, g);
}
void pool_choosing(const float* plane, Activation activation, float* out, std::uint8_t* choice, std::int64_t in_h,
                   std::int64_t in_w) {
  HWY_DYNAMIC_DISPATCH(PoolChoosing)(plane, activation, out, choice, in_h, in_w);
}
void spread_to_choice(const float* grad, const std::uint8_t* choice, float* to, std::int64_t in_h, std::int64_t in_w) {
  HWY_DYNAMIC_DISPATCH(SpreadToChoice)(grad, choice, to, in_h, in_w);
}

}  // namespace reel::kernels::two_by_two
#endif
