#include <algorithm>
#include <limits>
#include <reel/core/kernels/max_pool_any.h>
#include <reel/core/kernels/pool_loops.h>
#include <reel/core/kernels/scratch.h>
#include <vector>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "reel/core/kernels/max_pool_any.cpp"
#include <hwy/foreach_target.h>

#include <reel/core/kernels/lanes-inl.h>

// A row of pixels is cut into phases: element q of phase r is pixel q * stride + r of the padded row. Tap k of window i
// then is element i + k * dilation / stride of phase k * dilation % stride, and neighbouring windows read neighbouring
// elements.

HWY_BEFORE_NAMESPACE();
namespace reel::kernels::HWY_NAMESPACE {
namespace {

constexpr float lowest = -std::numeric_limits<float>::infinity();

struct PhasedRow {
  std::int64_t stride, pad, in, width;  // width of a phase: whole vectors of windows and what their taps reach

  explicit PhasedRow(const Pool2dGeometry& g)
      : stride(g.stride_w),
        pad(g.pad_left),
        in(g.in_w),
        width(round_up(round_up(g.out_w, lanes) + (g.kernel_w - 1) * g.dilation_w / g.stride_w, lanes)) {}
  [[nodiscard]] std::int64_t size() const { return stride * width; }
  /// Of the padded row, which may hold pixels that no window sees.
  [[nodiscard]] std::int64_t padded_size() const { return std::max(size(), pad + in); }
  [[nodiscard]] std::vector<std::int64_t> taps(const Pool2dGeometry& g) const {
    std::vector<std::int64_t> at;
    for (std::int64_t k = 0; k < g.kernel_w; ++k) {
      at.push_back(k * g.dilation_w % stride * width + k * g.dilation_w / stride);
    }
    return at;
  }

  HWY_INLINE void split(const float* padded, float* phases) const {
    if (stride == 2) {
      for (std::int64_t q = 0; q < width; q += lanes) {
        Vec even, odd;
        hn::LoadInterleaved2(Floats(), padded + 2 * q, even, odd);
        store(even, phases + q);
        store(odd, phases + width + q);
      }
      return;
    }
    for (std::int64_t r = 0; r < stride; ++r) {
      for (std::int64_t q = 0; q < width; ++q) phases[r * width + q] = padded[q * stride + r];
    }
  }
  HWY_INLINE void join(const float* phases, float* padded) const {
    if (stride == 2) {
      for (std::int64_t q = 0; q < width; q += lanes) {
        hn::StoreInterleaved2(load(phases + q), load(phases + width + q), Floats(), padded + 2 * q);
      }
      return;
    }
    for (std::int64_t r = 0; r < stride; ++r) {
      for (std::int64_t q = 0; q < width; ++q) padded[q * stride + r] = phases[r * width + q];
    }
  }
};

/// best = the larger of best and from, for n pixels
HWY_INLINE void take_larger(float* best, const float* from, std::int64_t n) {
  std::int64_t i = 0;
  for (; i + lanes <= n; i += lanes) store(larger(load(best + i), load(from + i)), best + i);
  for (; i < n; ++i) best[i] = from[i] > best[i] || from[i] != from[i] ? from[i] : best[i];
}

/// Calls `f(h)` for the rows of pixels that the windows of output row `oh` see.
template <class F>
HWY_INLINE void for_each_row(const Pool2dGeometry& g, std::int64_t oh, const F& f) {
  for (std::int64_t kh = 0; kh < g.kernel_h; ++kh) {
    const std::int64_t h = oh * g.stride_h + kh * g.dilation_h - g.pad_top;
    if (h >= 0 && h < g.in_h) f(h);
  }
}

/// First the largest of each column of a row of windows, then those of the windows.
void Pool(const float* planes, std::int64_t count, float* out, const Pool2dGeometry& g) {
  const PhasedRow row(g);
  const std::vector<std::int64_t> taps = row.taps(g);
  Scratch<float> columns(row.padded_size());
  Scratch<float> phases(row.size());
  float* padded = columns.data();
  std::fill_n(padded, row.padded_size(), lowest);
  for (std::int64_t p = 0; p < count; ++p, planes += g.in_h * g.in_w) {
    for (std::int64_t oh = 0; oh < g.out_h; ++oh, out += g.out_w) {
      std::fill_n(padded + row.pad, row.in, lowest);
      for_each_row(g, oh, [&](std::int64_t h) HWY_ATTR { take_larger(padded + row.pad, planes + h * g.in_w, g.in_w); });
      row.split(padded, phases.data());
      for (std::int64_t i = 0; i < g.out_w; i += lanes) {
        Vec best = fill(lowest);
        for (const std::int64_t tap : taps) best = larger(best, load(phases.data() + tap + i));
        store_some(best, out + i, std::min(lanes, g.out_w - i));
      }
    }
  }
}

/// The pixels of a plane in phases; padding and what lies behind it is lower than every choice.
void split_plane(const float* plane, const Pool2dGeometry& g, const PhasedRow& row, float* phases) {
  Scratch<float> padded(row.padded_size());
  std::fill_n(padded.data(), row.padded_size(), lowest);
  for (std::int64_t h = 0; h < g.in_h; ++h) {
    std::copy_n(plane + h * g.in_w, g.in_w, padded.data() + row.pad);
    row.split(padded.data(), phases + h * row.size());
  }
}

/// What a row of pixels gets, apart for each tap of a window: what neighbouring windows give to one pixel lies in other
/// rows, so that no vector is read over the edges of some that were just written.
struct Shares {
  std::int64_t front, width;  // zeros before the first window; all of a row

  Shares(const Pool2dGeometry& g, const PhasedRow& row)
      : front((g.kernel_w - 1) * g.dilation_w / g.stride_w), width(front + row.width) {}
};

/// Adds up the shares of each pixel.
void join_plane(const float* shares, const Pool2dGeometry& g, const PhasedRow& row, float* plane) {
  const Shares layout(g, row);
  Scratch<float> phases(row.size());
  Scratch<float> padded(row.padded_size());
  std::fill_n(padded.data(), row.padded_size(), 0.0F);
  std::fill_n(phases.data(), row.size(), 0.0F);  // of those that no tap sees
  for (std::int64_t h = 0; h < g.in_h; ++h, shares += g.kernel_w * layout.width) {
    for (std::int64_t r = 0; r < row.stride; ++r) {
      bool is_first = true;
      for (std::int64_t k = 0; k < g.kernel_w; ++k) {
        if (k * g.dilation_w % row.stride != r) continue;
        float* to = phases.data() + r * row.width;
        const float* from = shares + k * layout.width + layout.front - k * g.dilation_w / row.stride;
        for (std::int64_t q = 0; q < row.width; q += lanes) {
          store(is_first ? load(from + q) : hn::Add(load(to + q), load(from + q)), to + q);
        }
        is_first = false;
      }
    }
    row.join(phases.data(), padded.data());
    std::copy_n(padded.data() + row.pad, g.in_w, plane + h * g.in_w);
  }
}

void Spread(const float* grad, const float* plane, const float* output, float* to, const Pool2dGeometry& g) {
  const PhasedRow row(g);
  const Shares layout(g, row);
  const std::vector<std::int64_t> taps = row.taps(g);
  const std::int64_t row_shares = g.kernel_w * layout.width;
  Scratch<float> pixels(g.in_h * row.size());
  Scratch<float> shares(g.in_h * row_shares);
  split_plane(plane, g, row, pixels.data());
  std::fill_n(shares.data(), g.in_h * row_shares, 0.0F);
  for (std::int64_t oh = 0; oh < g.out_h; ++oh, grad += g.out_w, output += g.out_w) {
    for (std::int64_t i = 0; i < g.out_w; i += lanes) {
      const std::int64_t count = std::min(lanes, g.out_w - i);
      const Vec y = load_some(output + i, count);
      Vec left = load_some(grad + i, count);  // of the gradient, after the pixels so far
      for_each_row(g, oh, [&](std::int64_t h) HWY_ATTR {
        float* share = shares.data() + h * row_shares + layout.front + i;
        for (const std::int64_t tap : taps) {
          const Vec pixel = load(pixels.data() + h * row.size() + tap + i);
          const auto is_chosen = hn::Or(hn::Eq(pixel, y), hn::IsNaN(pixel));
          store(hn::Add(load(share), hn::IfThenElseZero(is_chosen, left)), share);
          left = hn::IfThenZeroElse(is_chosen, left);
          share += layout.width;
        }
      });
    }
  }
  join_plane(shares.data(), g, row, to);
}

}  // namespace
}  // namespace reel::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace reel::kernels::any_window {

HWY_EXPORT(Pool);
HWY_EXPORT(Spread);

void pool(const float* planes, std::int64_t count, float* out, const Pool2dGeometry& g) {
  HWY_DYNAMIC_DISPATCH(Pool)(planes, count, out, g);
}
void spread(const float* grad, const float* plane, const float* output, float* to, const Pool2dGeometry& g) {
  HWY_DYNAMIC_DISPATCH(Spread)(grad, plane, output, to, g);
}

}  // namespace reel::kernels::any_window
#endif
