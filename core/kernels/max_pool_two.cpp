#include <algorithm>
#include <reel/core/kernels/max_pool_choice.h>
#include <reel/core/kernels/max_pool_two.h>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "reel/core/kernels/max_pool_two.cpp"
#include <hwy/foreach_target.h>

#include <reel/core/kernels/choice-inl.h>

HWY_BEFORE_NAMESPACE();
namespace reel::kernels::HWY_NAMESPACE {
namespace {

/// One row of windows: its pixels lie in two rows of the plane.
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
      place = hn::IfThenElse(hn::RebindMask(places, hn::Le(y, hn::Zero(d))), hn::Set(places, no_choice<std::uint8_t>),
                             place);
      y = hn::IfThenZeroElse(hn::Lt(y, hn::Zero(d)), y);
    }
    hn::StoreU(y, d, out + i);
    store_choice(place, d, choice + i);
  });
}

void spread_row(const float* grad, const std::uint8_t* choice, std::int64_t count, float* to_top, float* to_bottom) {
  for_each_vector(count, [&](auto d, std::int64_t i) HWY_ATTR {
    const auto chosen = load_choice(d, choice + i);
    const auto g = hn::LoadU(d, grad + i);
    const auto at = [&](int tap) HWY_ATTR { return where_chosen(d, chosen, tap, g); };
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

void Choose(const float* plane, Activation activation, float* out, std::uint8_t* choice, const Pool2dGeometry& g) {
  for (std::int64_t oh = 0; oh < g.out_h; ++oh) {
    const std::int64_t at = oh * g.out_w;
    choose_row(row_of(plane, oh, g), activation == Activation::relu, out + at, choice + at);
  }
}

void Spread(const float* grad, const std::uint8_t* choice, float* to, const Pool2dGeometry& g) {
  for (std::int64_t oh = 0; oh < g.out_h; ++oh) {
    float* top = to + 2 * oh * g.in_w;
    spread_row(grad + oh * g.out_w, choice + oh * g.out_w, g.out_w, top, top + g.in_w);
    if (g.in_w % 2 == 1) top[g.in_w - 1] = top[2 * g.in_w - 1] = 0.0F;  // no window sees these
  }
  std::fill(to + 2 * g.out_h * g.in_w, to + g.in_h * g.in_w, 0.0F);
}

}  // namespace
}  // namespace reel::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace reel::kernels::two_by_two {

HWY_EXPORT(Pool);
HWY_EXPORT(Choose);
HWY_EXPORT(Spread);

void pool(const float* plane, float* out, const Pool2dGeometry& g) { HWY_DYNAMIC_DISPATCH(Pool)(plane, out, g); }
void choose(const float* plane, Activation activation, float* out, std::uint8_t* choice, const Pool2dGeometry& g) {
  HWY_DYNAMIC_DISPATCH(Choose)(plane, activation, out, choice, g);
}
void spread(const float* grad, const std::uint8_t* choice, float* to, const Pool2dGeometry& g) {
  HWY_DYNAMIC_DISPATCH(Spread)(grad, choice, to, g);
}

}  // namespace reel::kernels::two_by_two
#endif
