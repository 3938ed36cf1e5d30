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

// A row of pixels is cut into phases: pixel q * stride + r is element front + q of phase r, and what lies around these
// elements is padding. Of neighbouring windows, a tap then sees neighbouring elements of one phase.

HWY_BEFORE_NAMESPACE();
namespace reel::kernels::HWY_NAMESPACE {
namespace {

constexpr float lowest = -std::numeric_limits<float>::infinity();

struct PhasedRow {
  /// What it sees of window i is element i + at of its phase.
  struct Tap {
    std::int64_t phase, at;
  };

  std::int64_t stride, in, front, width;  // width of a phase: whole vectors of pixels, and of windows with their taps
  std::vector<Tap> taps;

  explicit PhasedRow(const Pool2dGeometry& g) : stride(g.stride_w), in(g.in_w), front(ceil_div(g.pad_left, stride)) {
    for (std::int64_t k = 0; k < g.kernel_w; ++k) {
      const std::int64_t place = front * stride - g.pad_left + k * g.dilation_w;
      taps.push_back({place % stride, place / stride});
    }
    width = std::max(front + length(), round_up(g.out_w, lanes) + reach());
  }
  /// Of the pixels of a phase, in whole vectors.
  [[nodiscard]] std::int64_t length() const { return round_up(ceil_div(in, stride), lanes); }
  [[nodiscard]] std::int64_t reach() const { return taps.empty() ? 0 : taps.back().at; }
  [[nodiscard]] std::int64_t size() const { return stride * width; }

  HWY_INLINE void split(const float* row, float* phases) const {
    phases += front;
    if (stride == 1) std::copy_n(row, in, phases);
    else if (stride == 2) split_in_two(row, phases);
    else for_each_pixel([&](std::int64_t pixel, std::int64_t place) { phases[place] = row[pixel]; });
  }
  HWY_INLINE void join(const float* phases, float* row) const {
    phases += front;
    if (stride == 1) std::copy_n(phases, in, row);
    else if (stride == 2) join_two(phases, row);
    else for_each_pixel([&](std::int64_t pixel, std::int64_t place) { row[pixel] = phases[place]; });
  }

 private:
  HWY_INLINE void split_in_two(const float* row, float* phases) const {
    for_each_vector(in / 2, [&](auto d, std::int64_t i) HWY_ATTR {
      hn::Vec<decltype(d)> even, odd;
      hn::LoadInterleaved2(d, row + 2 * i, even, odd);
      hn::StoreU(even, d, phases + i);
      hn::StoreU(odd, d, phases + width + i);
    });
    if (in % 2 == 1) phases[in / 2] = row[in - 1];
  }
  HWY_INLINE void join_two(const float* phases, float* row) const {
    for_each_vector(in / 2, [&](auto d, std::int64_t i) HWY_ATTR {
      hn::StoreInterleaved2(hn::LoadU(d, phases + i), hn::LoadU(d, phases + width + i), d, row + 2 * i);
    });
    if (in % 2 == 1) row[in - 1] = phases[in / 2];
  }
  template <class F>
  HWY_INLINE void for_each_pixel(const F& f) const {
    for (std::int64_t r = 0; r < std::min(stride, in); ++r) {
      for (std::int64_t q = 0; q * stride + r < in; ++q) f(q * stride + r, r * width + q);
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
  Scratch<float> columns(row.in);
  Scratch<float> phases(row.size());
  std::fill_n(phases.data(), row.size(), lowest);
  for (std::int64_t p = 0; p < count; ++p, planes += g.in_h * g.in_w) {
    for (std::int64_t oh = 0; oh < g.out_h; ++oh, out += g.out_w) {
      std::fill_n(columns.data(), row.in, lowest);
      for_each_row(g, oh, [&](std::int64_t h) HWY_ATTR { take_larger(columns.data(), planes + h * g.in_w, g.in_w); });
      row.split(columns.data(), phases.data());
      for (std::int64_t i = 0; i < g.out_w; i += lanes) {
        Vec best = fill(lowest);
        for (const auto& tap : row.taps) best = larger(best, load(phases.data() + tap.phase * row.width + tap.at + i));
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
    Scratch<std::int32_t> first(width);
    Scratch<float> phases(row.size());
    std::fill_n(first.data(), width, 0);
    first_columns(g, first.data());
    std::fill_n(phases.data(), row.size(), lowest);
    for (std::int64_t h = 0; h < g.in_h; ++h) {
      row.split(plane + h * g.in_w, phases.data());
      choose(row, phases.data(), first.data(), h * width);
    }
  }

 private:
  HWY_INLINE void choose(const PhasedRow& row, const float* phases, const std::int32_t* first, std::int64_t to) {
    const Places<Floats> places;
    for (std::int64_t i = 0; i < width; i += lanes) {
      Best<Floats> best{fill(lowest), hn::LoadU(places, first + i)};  // padding never wins against the lowest
      std::int32_t column = 0;
      for (const auto& tap : row.taps) {
        best.take_larger(load(phases + tap.phase * row.width + tap.at + i), hn::Set(places, column++));
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
      : front(row.reach()),
        width(front + std::max(g.out_w, row.front + row.length())),
        grads(g.out_h * width),
        choices(g.out_h * width) {
    std::fill_n(grads.data(), g.out_h * width, 0.0F);
    std::fill_n(choices.data(), g.out_h * width, std::uint8_t{0});
    for (std::int64_t oh = 0; oh < g.out_h; ++oh) {
      std::copy_n(grad + oh * g.out_w, g.out_w, grads.data() + oh * width + front);
      std::copy_n(choice + oh * g.out_w, g.out_w, choices.data() + oh * width + front);
    }
  }

  /// Appends those of row `h` of pixels to the lists of the phases.
  void list_sources(const Pool2dGeometry& g, const PhasedRow& row, std::int64_t h,
                    std::vector<std::vector<Source>>& phases) {
    for (std::int64_t kh = 0; kh < g.kernel_h; ++kh) {
      const std::int64_t below = h + g.pad_top - kh * g.dilation_h;  // the first window
      if (below < 0 || below % g.stride_h != 0 || below / g.stride_h >= g.out_h) continue;
      auto place = static_cast<std::int32_t>(kh * g.kernel_w);
      for (const auto& tap : row.taps) {
        const std::int64_t at = below / g.stride_h * width + front + row.front - tap.at;
        phases[static_cast<std::size_t>(tap.phase)].push_back({grads.data() + at, choices.data() + at, place++});
      }
    }
  }
};

void Spread(const float* grad, const std::uint8_t* choice, float* to, const Pool2dGeometry& g) {
  const Floats d;
  const PhasedRow row(g);
  PaddedWindows windows(grad, choice, g, row);
  std::vector<std::vector<Source>> sources(static_cast<std::size_t>(row.stride));
  Scratch<float> phases(row.size());
  for (std::int64_t h = 0; h < g.in_h; ++h, to += g.in_w) {
    windows.list_sources(g, row, h, sources);
    float* sums = phases.data() + row.front;
    for (std::vector<Source>& some : sources) {
      for (std::int64_t q = 0; q < row.length(); q += lanes) {
        Vec sum = hn::Zero(d);
        for (const Source& from : some) {
          sum = hn::Add(sum, where_chosen(d, load_choice(d, from.choice + q), from.tap, load(from.grad + q)));
        }
        store(sum, sums + q);
      }
      some.clear();
      sums += row.width;
    }
    row.join(phases.data(), to);
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
