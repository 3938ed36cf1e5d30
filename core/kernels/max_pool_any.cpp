#include <algorithm>
#include <limits>
#include <reel/core/kernels/max_pool_any.h>
#include <reel/core/kernels/pool_loops.h>
#include <reel/core/kernels/scratch.h>
#include <vector>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "reel/core/kernels/max_pool_any.cpp"
#include <hwy/foreach_target.h>

#include <reel/core/kernels/choice-inl.h>

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

/// The first column of a window that lies in the plane, for each window of a row.
void first_columns(const Pool2dGeometry& g, std::int32_t* first) {
  for (std::int64_t i = 0; i < g.out_w; ++i) {
    const std::int64_t outside = std::max<std::int64_t>(0, g.pad_left - i * g.stride_w);
    first[i] = static_cast<std::int32_t>(ceil_div(outside, g.dilation_w));
  }
}

/// What is best of the pixels that windows have in each row of a plane: rows of `width` windows.
struct BestOfRows {
  std::int64_t width;
  Scratch<float> pixels;
  Scratch<std::int32_t> columns;

  BestOfRows(const float* plane, const Pool2dGeometry& g)
      : width(round_up(g.out_w, lanes)), pixels(g.in_h * width), columns(g.in_h * width) {
    const PhasedRow row(g);
    const std::vector<std::int64_t> taps = row.taps(g);
    Scratch<std::int32_t> first(width);
    Scratch<float> padded(row.padded_size());
    Scratch<float> phases(row.size());
    std::fill_n(first.data(), width, 0);
    first_columns(g, first.data());
    std::fill_n(padded.data(), row.padded_size(), lowest);
    for (std::int64_t h = 0; h < g.in_h; ++h) {
      std::copy_n(plane + h * g.in_w, g.in_w, padded.data() + row.pad);
      row.split(padded.data(), phases.data());
      choose(phases.data(), taps, first.data(), h * width);
    }
  }

 private:
  HWY_INLINE void choose(const float* phases, const std::vector<std::int64_t>& taps, const std::int32_t* first,
                         std::int64_t to) {
    const Places<Floats> places;
    for (std::int64_t i = 0; i < width; i += lanes) {
      Best<Floats> best{fill(lowest), hn::LoadU(places, first + i)};  // padding never wins against the lowest
      for (std::size_t k = 0; k < taps.size(); ++k) {
        best.take_larger(load(phases + taps[k] + i), hn::Set(places, static_cast<std::int32_t>(k)));
      }
      store(best.pixel, pixels.data() + to + i);
      hn::StoreU(best.choice, places, columns.data() + to + i);
    }
  }
};

/// First the best of each row of a window, then those of the windows.
void Choose(const float* plane, float* out, std::uint8_t* choice, const Pool2dGeometry& g) {
  BestOfRows rows(plane, g);
  for (std::int64_t oh = 0; oh < g.out_h; ++oh, out += g.out_w, choice += g.out_w) {
    const std::int64_t top = oh * g.stride_h - g.pad_top;
    const Inside in = inside(top, g.dilation_h, g.in_h, g.kernel_h);
    for_each_vector(g.out_w, [&]<class D>(D d, std::int64_t i) HWY_ATTR {
      const auto best_of = [&](std::int64_t kh) HWY_ATTR {
        const std::int64_t at = (top + kh * g.dilation_h) * rows.width + i;
        const Places<D> places;
        const auto before = hn::Set(places, static_cast<std::int32_t>(kh * g.kernel_w));
        return Best<D>{hn::LoadU(d, rows.pixels.data() + at),
                       hn::Add(before, hn::LoadU(places, rows.columns.data() + at))};
      };
      Best<D> best = best_of(in.begin);
      for (std::int64_t kh = in.begin + 1; kh < in.end; ++kh) {
        const Best<D> next = best_of(kh);
        best.take_larger(next.pixel, next.choice);
      }
      hn::StoreU(best.pixel, d, out + i);
      store_choice(best.choice, d, choice + i);
    });
  }
}

/// Where pixels that are neighbours in their phase may get gradients from: the windows that chose `tap` of theirs.
struct Source {
  const float* grad;
  const std::uint8_t* choice;
  std::int32_t tap;
};

/// The gradients and choices of a plane's windows, with zeros before and behind each row.
struct PaddedWindows {
  std::int64_t front, width;
  Scratch<float> grads;
  Scratch<std::uint8_t> choices;

  PaddedWindows(const float* grad, const std::uint8_t* choice, const Pool2dGeometry& g, const PhasedRow& row)
      : front((g.kernel_w - 1) * g.dilation_w / g.stride_w),
        width(front + row.width),
        grads(g.out_h * width),
        choices(g.out_h * width) {
    std::fill_n(grads.data(), g.out_h * width, 0.0F);
    std::fill_n(choices.data(), g.out_h * width, std::uint8_t{0});
    for (std::int64_t oh = 0; oh < g.out_h; ++oh) {
      std::copy_n(grad + oh * g.out_w, g.out_w, grads.data() + oh * width + front);
      std::copy_n(choice + oh * g.out_w, g.out_w, choices.data() + oh * width + front);
    }
  }

  /// Those of phase `r` of row `h` of pixels.
  void list_sources(const Pool2dGeometry& g, std::int64_t h, std::int64_t r, std::vector<Source>& sources) {
    sources.clear();
    for (std::int64_t kh = 0; kh < g.kernel_h; ++kh) {
      const std::int64_t below = h + g.pad_top - kh * g.dilation_h;  // the first window
      if (below < 0 || below % g.stride_h != 0 || below / g.stride_h >= g.out_h) continue;
      for (std::int64_t kw = 0; kw < g.kernel_w; ++kw) {
        if (kw * g.dilation_w % g.stride_w != r) continue;
        const std::int64_t at = below / g.stride_h * width + front - kw * g.dilation_w / g.stride_w;
        sources.push_back({grads.data() + at, choices.data() + at, static_cast<std::int32_t>(kh * g.kernel_w + kw)});
      }
    }
  }
};

void Spread(const float* grad, const std::uint8_t* choice, float* to, const Pool2dGeometry& g) {
  const Floats d;
  const PhasedRow row(g);
  PaddedWindows windows(grad, choice, g, row);
  std::vector<Source> sources;
  Scratch<float> phases(row.size());
  Scratch<float> padded(row.padded_size());
  std::fill_n(padded.data(), row.padded_size(), 0.0F);
  for (std::int64_t h = 0; h < g.in_h; ++h, to += g.in_w) {
    for (std::int64_t r = 0; r < row.stride; ++r) {
      windows.list_sources(g, h, r, sources);
      for (std::int64_t q = 0; q < row.width; q += lanes) {
        Vec sum = hn::Zero(d);
        for (const Source& from : sources) {
          sum = hn::Add(sum, where_chosen(d, load_choice(d, from.choice + q), from.tap, load(from.grad + q)));
        }
        store(sum, phases.data() + r * row.width + q);
      }
    }
    row.join(phases.data(), padded.data());
    std::copy_n(padded.data() + row.pad, g.in_w, to);
  }
}

}  // namespace
}  // namespace reel::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace reel::kernels::any_window {

HWY_EXPORT(Pool);
HWY_EXPORT(Choose);
HWY_EXPORT(Spread);

void pool(const float* planes, std::int64_t count, float* out, const Pool2dGeometry& g) {
  HWY_DYNAMIC_DISPATCH(Pool)(planes, count, out, g);
}
void choose(const float* plane, float* out, std::uint8_t* choice, const Pool2dGeometry& g) {
  HWY_DYNAMIC_DISPATCH(Choose)(plane, out, choice, g);
}
void spread(const float* grad, const std::uint8_t* choice, float* to, const Pool2dGeometry& g) {
  HWY_DYNAMIC_DISPATCH(Spread)(grad, choice, to, g);
}

}  // namespace reel::kernels::any_window
#endif
