#include <reel/core/kernels/conv_depthwise.h>
#include <reel/core/kernels/scratch.h>
#include <reel/core/parallel.h>
#include <vector>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "reel/core/kernels/conv_depthwise.cpp"
#include <hwy/foreach_target.h>

#include <hwy/cache_control.h>

#include <reel/core/kernels/epilogue-inl.h>

HWY_BEFORE_NAMESPACE();
namespace reel::kernels::HWY_NAMESPACE {
namespace {

/// A plane with its padding: rows of the output, each followed by what the taps reach beyond it.
struct PaddedPlane {
  std::int64_t height, width, top, left;

  explicit PaddedPlane(const Conv2dGeometry& g)
      : height(g.out_h + (g.kernel_h - 1) * g.dilation_h),
        width(std::max(g.out_w, lanes) + (g.kernel_w - 1) * g.dilation_w),  // a whole vector, however narrow the output
        top(g.pad_top),
        left(g.pad_left) {}

  [[nodiscard]] std::int64_t size() const { return height * width; }

  void copy(const float* plane, const Conv2dGeometry& g, float* to) const {
    const std::int64_t first = std::clamp<std::int64_t>(left, 0, width);
    const std::int64_t last = std::clamp<std::int64_t>(left + g.in_w, first, width);
    for (std::int64_t i = 0; i < height; ++i, to += width) {
      const std::int64_t h = i - top;
      if (h < 0 || h >= g.in_h) {
        std::fill(to, to + width, 0.0F);
        continue;
      }
      const float* from = plane + h * g.in_w - left;
      for (std::int64_t j = 0; j < first; ++j) to[j] = 0.0F;
      for (std::int64_t j = first; j < last; ++j) to[j] = from[j];
      for (std::int64_t j = last; j < width; ++j) to[j] = 0.0F;
    }
  }
};

constexpr int rows_together = 4;  // of outputs, where they share what they read

/// Where each tap is read in a padded plane.
std::vector<std::int64_t> tap_offsets(const Conv2dGeometry& g, const PaddedPlane& padded) {
  std::vector<std::int64_t> offsets;
  for (std::int64_t kh = 0; kh < g.kernel_h; ++kh) {
    for (std::int64_t kw = 0; kw < g.kernel_w; ++kw) {
      offsets.push_back(kh * g.dilation_h * padded.width + kw * g.dilation_w);
    }
  }
  return offsets;
}

/// to[j] = finish(sum over k of w[k] * from[offset[k] + j]) for j < Vectors * lanes
template <int Vectors, class Finish>
HWY_INLINE void sum_taps(const float* from, const std::vector<std::int64_t>& offset, const float* w,
                         const Finish& finish, float* to) {
  Vec sum[Vectors];
  for (int v = 0; v < Vectors; ++v) sum[v] = hn::Zero(Floats());
  for (std::size_t k = 0; k < offset.size(); ++k) {
    const Vec factor = fill(w[k]);
    for (int v = 0; v < Vectors; ++v) sum[v] = hn::MulAdd(factor, load(from + offset[k] + v * lanes), sum[v]);
  }
  for (int v = 0; v < Vectors; ++v) store(finish(sum[v]), to + v * lanes);
}

/// One row of outputs. The last vector goes back over some that are done; a narrow row goes by way of `spare`.
template <class Finish>
HWY_INLINE void sum_row(const float* from, const std::vector<std::int64_t>& offset, const float* w, std::int64_t n,
                        const Finish& finish, float* to) {
  if (n < lanes) {
    HWY_ALIGN float spare[lanes];
    sum_taps<1>(from, offset, w, finish, spare);
    std::copy_n(spare, n, to);
    return;
  }
  std::int64_t j = 0;
  for (; j + 4 * lanes <= n; j += 4 * lanes) sum_taps<4>(from + j, offset, w, finish, to + j);
  for (; j < n; j += lanes) {
    const std::int64_t at = std::min(j, n - lanes);
    sum_taps<1>(from + at, offset, w, finish, to + at);
  }
}

/// Whether rows of outputs can be summed together, so that a vector of pixels is read once for three of them.
bool shares_rows(const Conv2dGeometry& g) {
  return g.kernel_h == 3 && g.kernel_w == 3 && g.dilation_h == 1 && g.out_h >= rows_together && g.out_w >= lanes;
}

/// A vector of each of rows_together rows of outputs of 3 x 3 taps. Column taps lie `step` apart.
template <class Finish>
HWY_INLINE void sum_rows(const float* from, std::int64_t width, std::int64_t step, const Vec (&w)[9],
                         const Finish& finish, float* to, std::int64_t to_row) {
  Vec sum[rows_together];
  for (Vec& v : sum) v = hn::Zero(Floats());
  HWY_UNROLL(6)
  for (int i = 0; i < rows_together + 2; ++i) {
    const float* row = from + i * width;
    const Vec pixels[3] = {load(row), load(row + step), load(row + 2 * step)};
    HWY_UNROLL(3)
    for (int kh = 0; kh < 3; ++kh) {
      if (i < kh || i - kh >= rows_together) continue;
      HWY_UNROLL(3)
      for (int kw = 0; kw < 3; ++kw) sum[i - kh] = hn::MulAdd(w[3 * kh + kw], pixels[kw], sum[i - kh]);
    }
  }
  HWY_UNROLL(4)
  for (int i = 0; i < rows_together; ++i) store(finish(sum[i]), to + i * to_row);
}

/// Has the processor fetch a plane from memory row by row, while it works on another one.
class Ahead {
 public:
  Ahead(const float* plane, std::int64_t height, std::int64_t width)
      : at_(plane), end_(plane + height * width), width_(width) {}

  HWY_INLINE void fetch(std::int64_t rows) {
    const float* const stop = at_ + std::min(rows * width_, end_ - at_);
    for (; at_ < stop; at_ += line) hwy::Prefetch(at_);
  }

 private:
  static constexpr std::int64_t line = 16;  // of the cache, in floats

  const float *at_, *end_;
  std::int64_t width_;
};

/// One plane of outputs of 3 x 3 taps. The last rows and columns go back over some that are done.
template <class Finish>
HWY_INLINE void sum_plane(const float* plane, const PaddedPlane& padded, const float* taps, const Conv2dGeometry& g,
                          const Finish& finish, float* to, Ahead next) {
  Vec w[9];
  for (int k = 0; k < 9; ++k) w[k] = fill(taps[k]);
  for (std::int64_t i = 0; i < g.out_h; i += rows_together) {
    const std::int64_t oh = std::min(i, g.out_h - rows_together);
    next.fetch(rows_together);
    for (std::int64_t j = 0; j < g.out_w; j += lanes) {
      const std::int64_t ow = std::min(j, g.out_w - lanes);
      sum_rows(plane + oh * padded.width + ow, padded.width, g.dilation_w, w, finish, to + oh * g.out_w + ow, g.out_w);
    }
  }
}

std::int64_t planes_in_task(const Conv2dGeometry& g) {
  return ceil_div(1 << 17, g.out_h * g.out_w * g.kernel_h * g.kernel_w + 1);
}

void Forward(const float* x, const float* w, const ChannelEnds& ends, float* y, const Conv2dGeometry& g) {
  const PaddedPlane padded(g);
  const std::vector<std::int64_t> offsets = tap_offsets(g, padded);
  parallel_for(g.batch * g.groups, planes_in_task(g), [&](std::int64_t begin, std::int64_t end) HWY_ATTR {
    Scratch<float> plane(padded.size());
    for (std::int64_t i = begin; i < end; ++i) {
      const std::int64_t c = i % g.groups;
      const ChannelEnd finish = first_end(ends.from(c));
      const float* taps = w + c * g.depth();
      float* to = y + i * g.out_h * g.out_w;
      padded.copy(x + i * g.in_h * g.in_w, g, plane.data());
      if (shares_rows(g)) {
        const float* next = x + std::min(i + 1, end - 1) * g.in_h * g.in_w;
        sum_plane(plane.data(), padded, taps, g, finish, to, {next, g.in_h, g.in_w});
        continue;
      }
      for (std::int64_t oh = 0; oh < g.out_h; ++oh) {
        sum_row(plane.data() + oh * padded.width, offsets, taps, g.out_w, finish, to + oh * g.out_w);
      }
    }
  });
}

/// A convolution of the output's gradient, with the taps turned round.
void InputGrad(const float* grad, const float* w, float* dx, const Conv2dGeometry& g) {
  Conv2dGeometry turned = g;
  std::swap(turned.in_h, turned.out_h);
  std::swap(turned.in_w, turned.out_w);
  turned.pad_top = (g.kernel_h - 1) * g.dilation_h - g.pad_top;
  turned.pad_left = (g.kernel_w - 1) * g.dilation_w - g.pad_left;
  Scratch<float> weight(g.groups * g.depth());
  for (std::int64_t c = 0; c < g.groups; ++c) {
    std::reverse_copy(w + c * g.depth(), w + (c + 1) * g.depth(), weight.data() + c * g.depth());
  }
  Forward(grad, weight.data(), plain_ends, dx, turned);
}

constexpr std::int64_t taps_together = 9;
constexpr std::int64_t most_tasks = 16;

/// sums[k] += sum over a plane's outputs of dy * plane, shifted by tap k, for `count` <= taps_together taps.
void add_plane(const float* plane, const PaddedPlane& padded, const std::int64_t* offset, std::int64_t count,
               const float* dy, const Conv2dGeometry& g, float* sums) {
  Vec sum[taps_together];
  std::int64_t at[taps_together];  // beyond the last tap, that one again
  for (std::int64_t k = 0; k < taps_together; ++k) {
    sum[k] = hn::Zero(Floats());
    at[k] = offset[std::min(k, count - 1)];
  }
  const auto add = [&](const float* from, Vec factor) HWY_ATTR {
    HWY_UNROLL(9)
    for (std::int64_t k = 0; k < taps_together; ++k) sum[k] = hn::MulAdd(factor, load(from + at[k]), sum[k]);
  };
  HWY_ALIGN float tail[lanes] = {};
  const std::int64_t whole = g.out_w / lanes * lanes;
  for (std::int64_t oh = 0; oh < g.out_h; ++oh, dy += g.out_w) {
    const float* from = plane + oh * padded.width;
    for (std::int64_t j = 0; j < whole; j += lanes) add(from + j, load(dy + j));
    if (whole == g.out_w) continue;
    std::copy(dy + whole, dy + g.out_w, tail);
    add(from + whole, load(tail));
  }
  for (std::int64_t k = 0; k < count; ++k) sums[k] += hn::GetLane(hn::SumOfLanes(Floats(), sum[k]));
}

/// sum[k] += `Rows` rows of dy * plane, shifted by tap k, for 3 x 3 taps and a vector of each row. The first `skipped`
/// lanes count as zero.
template <int Rows>
HWY_INLINE void add_rows(const float* from, std::int64_t width, std::int64_t step, const float* dy, std::int64_t dy_row,
                         std::int64_t skipped, Vec (&sum)[9]) {
  const auto is_skipped = hn::FirstN(Floats(), static_cast<std::size_t>(skipped));
  Vec factor[Rows];
  HWY_UNROLL(4)
  for (int i = 0; i < Rows; ++i) factor[i] = hn::IfThenZeroElse(is_skipped, load(dy + i * dy_row));
  HWY_UNROLL(6)
  for (int i = 0; i < Rows + 2; ++i) {
    const float* row = from + i * width;
    const Vec pixels[3] = {load(row), load(row + step), load(row + 2 * step)};
    HWY_UNROLL(3)
    for (int kh = 0; kh < 3; ++kh) {
      if (i < kh || i - kh >= Rows) continue;
      HWY_UNROLL(3)
      for (int kw = 0; kw < 3; ++kw) sum[3 * kh + kw] = hn::MulAdd(factor[i - kh], pixels[kw], sum[3 * kh + kw]);
    }
  }
}

/// sums[k] += a plane of dy * plane, shifted by tap k, for 3 x 3 taps. The last vector of a row goes back over some
/// that are done, and skips them.
void add_plane_of_three(const float* plane, const PaddedPlane& padded, const float* dy, const Conv2dGeometry& g,
                        float* sums, Ahead next_x, Ahead next_dy) {
  Vec sum[9];
  HWY_UNROLL(9)
  for (Vec& v : sum) v = hn::Zero(Floats());
  const auto add = [&]<int Rows>(std::int64_t oh) HWY_ATTR {
    next_x.fetch(Rows);
    next_dy.fetch(Rows);
    for (std::int64_t j = 0; j < g.out_w; j += lanes) {
      const std::int64_t ow = std::min(j, g.out_w - lanes);
      add_rows<Rows>(plane + oh * padded.width + ow, padded.width, g.dilation_w, dy + oh * g.out_w + ow, g.out_w,
                     j - ow, sum);
    }
  };
  std::int64_t oh = 0;
  for (; oh + rows_together <= g.out_h; oh += rows_together) add.template operator()<rows_together>(oh);
  for (; oh < g.out_h; ++oh) add.template operator()<1>(oh);
  HWY_UNROLL(9)
  for (int k = 0; k < 9; ++k) sums[k] += hn::GetLane(hn::SumOfLanes(Floats(), sum[k]));
}

/// The images of a channel are added up in their order, by one task. It takes several channels, so that what it reads
/// of an image lies together.
void WeightGrad(const float* x, const float* grad, float* dw, const Conv2dGeometry& g) {
  const PaddedPlane padded(g);
  const std::vector<std::int64_t> offsets = tap_offsets(g, padded);
  const auto taps = static_cast<std::int64_t>(offsets.size());
  const std::int64_t channels = std::max(ceil_div(planes_in_task(g), g.batch), ceil_div(g.groups, most_tasks));
  parallel_for(g.groups, channels, [&](std::int64_t begin, std::int64_t end) HWY_ATTR {
    Scratch<float> plane(padded.size() + lanes);
    std::fill_n(plane.data() + padded.size(), lanes, 0.0F);  // the last tail reads them, and they meet zeros
    std::fill(dw + begin * taps, dw + end * taps, 0.0F);
    for (std::int64_t n = 0; n < g.batch; ++n) {
      for (std::int64_t i = begin; i < end; ++i) {
        const std::int64_t at = n * g.groups + i;
        padded.copy(x + at * g.in_h * g.in_w, g, plane.data());
        if (shares_rows(g)) {
          const std::int64_t next = i + 1 < end ? at + 1 : std::min(n + 1, g.batch - 1) * g.groups + begin;
          add_plane_of_three(plane.data(), padded, grad + at * g.out_h * g.out_w, g, dw + i * taps,
                             {x + next * g.in_h * g.in_w, g.in_h, g.in_w},
                             {grad + next * g.out_h * g.out_w, g.out_h, g.out_w});
          continue;
        }
        for (std::int64_t k = 0; k < taps; k += taps_together) {
          add_plane(plane.data(), padded, offsets.data() + k, std::min(taps_together, taps - k),
                    grad + at * g.out_h * g.out_w, g, dw + i * taps + k);
        }
      }
    }
  });
}

ConvKernels Kernels() { return {Forward, InputGrad, WeightGrad}; }

}  // namespace
}  // namespace reel::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace reel::kernels::depthwise {

HWY_EXPORT(Kernels);

bool suits(const Conv2dGeometry& g) {
  return g.groups == g.in_channels && g.groups == g.out_channels && g.stride_h == 1 && g.stride_w == 1;
}

ConvKernels kernels() { return HWY_DYNAMIC_DISPATCH(Kernels)(); }

}  // namespace reel::kernels::depthwise
#endif
