#include <algorithm>
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

/// The larger, where a comes before b: the first of equals, and a NaN before all.
template <class V>
HWY_INLINE V larger(V a, V b) {
  return hn::IfThenElse(hn::Or(hn::Gt(b, a), hn::IsNaN(b)), b, a);
}

/// Calls `f(d, i)` for vectors of windows from i on. Short rows take shorter vectors, and the last vector goes back
/// over some that are done.
template <class F>
HWY_INLINE void for_each_vector(std::int64_t count, const F& f) {
  const auto run = [&](auto d) HWY_ATTR {
    const auto n = static_cast<std::int64_t>(hn::Lanes(d));
    for (std::int64_t i = 0; i < count; i += n) f(d, std::min(i, count - n));
  };
  if (count >= lanes) return run(Floats());
  if (count >= 8) return run(hn::CappedTag<float, 8>());
  if (count >= 4) return run(hn::CappedTag<float, 4>());
  if (count >= 2) return run(hn::CappedTag<float, 2>());
  run(hn::CappedTag<float, 1>());
}

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

}  // namespace
}  // namespace reel::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace reel::kernels::two_by_two {

HWY_EXPORT(Pool);
HWY_EXPORT(Spread);

void pool(const float* plane, float* out, const Pool2dGeometry& g) { HWY_DYNAMIC_DISPATCH(Pool)(plane, out, g); }
void spread(const float* grad, const float* plane, const float* output, float* to, const Pool2dGeometry& g) {
  HWY_DYNAMIC_DISPATCH(Spread)(grad, plane, output, to, g);
}

}  // namespace reel::kernels::two_by_two
#endif
