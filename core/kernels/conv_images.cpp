#include <reel/core/kernels/conv_images.h>
#include <reel/core/kernels/scratch.h>
#include <reel/core/parallel.h>
#include <vector>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "reel/core/kernels/conv_images.cpp"
#include <hwy/foreach_target.h>

#include <reel/core/kernels/epilogue-inl.h>

// A block of as many images as a vector has lanes is laid out [channel][pixel][image]. Then a sum over taps is one over
// whole vectors, whatever the pixel's neighbours are, so that only those taps are visited that meet a pixel.

HWY_BEFORE_NAMESPACE();
namespace reel::kernels::HWY_NAMESPACE {
namespace {

constexpr std::int64_t most_channels = 8;  // that are summed together

/// A tap that a result meets along one axis, and the element that it reads there.
struct Meeting {
  std::int64_t tap, place;
};
/// For each result along an axis, its meetings.
using Meetings = std::vector<std::vector<Meeting>>;

/// Of outputs with the inputs, times `tap_step` and `place_step`.
Meetings meet_inputs(std::int64_t in, std::int64_t out, std::int64_t kernel, std::int64_t stride, std::int64_t dilation,
                     std::int64_t pad, std::int64_t tap_step, std::int64_t place_step) {
  Meetings met(static_cast<std::size_t>(out));
  for (std::int64_t i = 0; i < out; ++i) {
    for (std::int64_t k = 0; k < kernel; ++k) {
      const std::int64_t at = i * stride + k * dilation - pad;
      if (at >= 0 && at < in) met[static_cast<std::size_t>(i)].push_back({k * tap_step, at * place_step});
    }
  }
  return met;
}

/// The same pairs, seen from the inputs.
Meetings turned(const Meetings& of_outputs, std::int64_t in, std::int64_t in_step, std::int64_t out_step) {
  Meetings met(static_cast<std::size_t>(in));
  for (std::size_t i = 0; i < of_outputs.size(); ++i) {
    for (const Meeting& m : of_outputs[i]) {
      met[static_cast<std::size_t>(m.place / in_step)].push_back({m.tap, static_cast<std::int64_t>(i) * out_step});
    }
  }
  return met;
}

/// Planes of one side of a convolution.
struct Planes {
  std::int64_t channels, height, width;
  [[nodiscard]] std::int64_t area() const { return height * width; }
  [[nodiscard]] std::int64_t size() const { return channels * area(); }
};

/// to[o][p] = sum over c, and the taps that p meets, of weight[o][c][tap] * from[c][place], through the ends: the
/// forward pass, and with the parts exchanged the gradient of the input.
struct Correlation {
  Planes from, to;
  Meetings rows, columns;
  std::int64_t taps;    // of a channel
  const float* weight;  // [o][c][tap]
  ChannelEnds ends;
};

/// One pixel of `Count` channels from `o` on, of a block of images; they are written `to_step` apart.
template <int Count>
HWY_INLINE void sum_pixel(const Correlation& job, const float* data, std::int64_t o, const std::vector<Meeting>& rows,
                          const std::vector<Meeting>& columns, float* to, std::int64_t to_step) {
  const std::int64_t depth = job.from.channels * job.taps;
  constexpr int chains = Count <= 6 ? 2 : 1;  // sums for each channel: a step waits for the last one of its sum
  Vec sum[chains][Count];
  for (auto& chain : sum) {
    for (Vec& v : chain) v = hn::Zero(Floats());
  }
  const auto add = [&](const float* weight, const float* from, const Meeting& m, Vec* to_sum) HWY_ATTR {
    const Vec pixel = load(from + m.place);
    HWY_UNROLL(8)
    for (int i = 0; i < Count; ++i) to_sum[i] = hn::MulAdd(fill(weight[i * depth + m.tap]), pixel, to_sum[i]);
  };
  const Meeting* const last = columns.data() + columns.size();
  for (std::int64_t c = 0; c < job.from.channels; ++c) {
    for (const Meeting& row : rows) {
      const float* weight = job.weight + o * depth + c * job.taps + row.tap;
      const float* from = data + (c * job.from.area() + row.place) * lanes;
      const Meeting* m = columns.data();
      for (; last - m >= chains; m += chains) {
        for (int k = 0; k < chains; ++k) add(weight, from, m[k], sum[k]);
      }
      for (; m < last; ++m) add(weight, from, *m, sum[0]);
    }
  }
  HWY_UNROLL(8)  // else the sums are in memory all along, to be counted through here
  for (int i = 0; i < Count; ++i) {
    const Vec total = chains == 1 ? sum[0][i] : hn::Add(sum[0][i], sum[chains - 1][i]);
    store(first_end(job.ends.from(o + i))(total), to + i * to_step);
  }
}

/// A row of pixels of some channels.
void sum_row(const Correlation& job, const float* data, std::int64_t o, std::int64_t count, std::int64_t row, float* to,
             std::int64_t to_step) {
  const auto& rows = job.rows[static_cast<std::size_t>(row)];
  const auto run = [&]<int Count>() HWY_ATTR {
    float* at = to;
    for (const auto& columns : job.columns) {
      sum_pixel<Count>(job, data, o, rows, columns, at, to_step);
      at += lanes;
    }
  };
  switch (count) {
    case 8: return run.template operator()<8>();
    case 7: return run.template operator()<7>();
    case 6: return run.template operator()<6>();
    case 5: return run.template operator()<5>();
    case 4: return run.template operator()<4>();
    case 3: return run.template operator()<3>();
    case 2: return run.template operator()<2>();
    default: return run.template operator()<1>();
  }
}

struct Range {
  std::int64_t begin, end;
};

/// Runs `f(block, strips)` over blocks of images and, where these are few, parts of their strips.
template <class F>
void for_each_part(std::int64_t blocks, std::int64_t strips, const F& f) {
  const std::int64_t parts = std::clamp<std::int64_t>(8 / std::max<std::int64_t>(1, blocks), 1, strips);
  parallel_for(blocks * parts, 1, [&](std::int64_t begin, std::int64_t end) HWY_ATTR {
    for (std::int64_t i = begin; i < end; ++i) {
      f(i / parts, Range{i % parts * strips / parts, (i % parts + 1) * strips / parts});
    }
  });
}

/// The rows [begin, end) of all channels, some channels at a time. `sums` has room for [channel][pixel][image].
void sum_rows(const Correlation& job, const float* data, std::int64_t begin, std::int64_t end, float* sums, float* y,
              std::int64_t images) {
  const std::int64_t width = job.to.width;
  const std::int64_t pixels = (end - begin) * width;
  for_each_tile(job.to.channels, most_channels, [&](std::int64_t o, std::int64_t count) HWY_ATTR {
    for (std::int64_t row = begin; row < end; ++row) {
      sum_row(job, data, o, count, row, sums + (row - begin) * width * lanes, pixels * lanes);
    }
    for (std::int64_t i = 0; i < count; ++i) {
      const float* from = sums + i * pixels * lanes;
      scatter_columns([&](std::int64_t p) HWY_ATTR { return load(from + p * lanes); },
                      y + (o + i) * job.to.area() + begin * width, job.to.size(), images, pixels);
    }
  });
}

void correlate(const Correlation& job, const float* x, float* y, std::int64_t batch) {
  const Planes& from = job.from;
  const Planes& to = job.to;
  const std::int64_t strip = ceil_div(4 * lanes, to.width);  // rows that go through the first-level cache
  for_each_part(ceil_div(batch, lanes), ceil_div(to.height, strip), [&](std::int64_t block, Range strips) HWY_ATTR {
    const std::int64_t image = block * lanes;
    const std::int64_t images = std::min(lanes, batch - image);
    Scratch<float> data(from.size() * lanes);
    Scratch<float> sums(most_channels * strip * to.width * lanes);
    gather_columns(x + image * from.size(), from.size(), images, from.size(),
                   [&](std::int64_t i, Vec v) HWY_ATTR { store(v, data.data() + i * lanes); });
    for (std::int64_t i = strips.begin; i < strips.end; ++i) {
      sum_rows(job, data.data(), i * strip, std::min(to.height, (i + 1) * strip), sums.data(), y + image * to.size(),
               images);
    }
  });
}

Planes input_planes(const Conv2dGeometry& g) { return {g.in_channels, g.in_h, g.in_w}; }
Planes output_planes(const Conv2dGeometry& g) { return {g.out_channels, g.out_h, g.out_w}; }

Meetings met_rows(const Conv2dGeometry& g) {
  return meet_inputs(g.in_h, g.out_h, g.kernel_h, g.stride_h, g.dilation_h, g.pad_top, g.kernel_w, g.in_w);
}
Meetings met_columns(const Conv2dGeometry& g) {
  return meet_inputs(g.in_w, g.out_w, g.kernel_w, g.stride_w, g.dilation_w, g.pad_left, 1, lanes);
}

void Forward(const float* x, const float* w, const ChannelEnds& ends, float* y, const Conv2dGeometry& g) {
  correlate({input_planes(g), output_planes(g), met_rows(g), met_columns(g), g.kernel_h * g.kernel_w, w, ends}, x, y,
            g.batch);
}

void InputGrad(const float* grad, const float* w, float* dx, const Conv2dGeometry& g) {
  const std::int64_t taps = g.kernel_h * g.kernel_w;
  std::vector<float> weight;  // [input channel][output channel][tap]
  weight.reserve(static_cast<std::size_t>(g.out_channels * g.depth()));
  for (std::int64_t c = 0; c < g.in_channels; ++c) {
    for (std::int64_t o = 0; o < g.out_channels; ++o) {
      const float* from = w + o * g.depth() + c * taps;
      weight.insert(weight.end(), from, from + taps);
    }
  }
  correlate({output_planes(g), input_planes(g), turned(met_rows(g), g.in_h, g.in_w, g.out_w),
             turned(met_columns(g), g.in_w, lanes, lanes), taps, weight.data(), plain_ends},
            grad, dx, g.batch);
}

ConvKernels Kernels() { return {Forward, InputGrad, images::weight_grad}; }

}  // namespace
}  // namespace reel::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace reel::kernels::images {

HWY_EXPORT(Kernels);

bool suits(const Conv2dGeometry& g) {
  constexpr std::int64_t most = std::int64_t{1} << 14;  // floats of an image, and of what comes out of it
  return g.groups == 1 && g.in_channels * g.in_h * g.in_w <= most && g.out_channels * g.out_h * g.out_w <= most;
}

ConvKernels kernels() { return HWY_DYNAMIC_DISPATCH(Kernels)(); }

}  // namespace reel::kernels::images
#endif
