#include <reel/core/kernels/conv_images.h>
#include <reel/core/kernels/scratch.h>
#include <reel/core/parallel.h>
#include <vector>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "reel/core/kernels/conv_images_weight.cpp"
#include <hwy/foreach_target.h>

#include <reel/core/kernels/lanes-inl.h>

// dw[o][k] = sum over p of dy[o][p] * x[offset[k] + p], in blocks of images that are laid out as in conv_images.cpp.
// The padding is written out here, so that all taps of a tile meet all pixels. The lanes are added up at the end.

HWY_BEFORE_NAMESPACE();
namespace reel::kernels::HWY_NAMESPACE {
namespace {

/// What one block of images gives to the weight gradient: x is laid out with its padding.
struct Dots {
  const Conv2dGeometry& g;
  std::int64_t height, width;         // of the padded image
  std::vector<std::int64_t> offsets;  // of the taps in it

  explicit Dots(const Conv2dGeometry& geometry)
      : g(geometry),
        height(std::max(g.pad_top + g.in_h, (g.out_h - 1) * g.stride_h + (g.kernel_h - 1) * g.dilation_h + 1)),
        width(std::max(g.pad_left + g.in_w, (g.out_w - 1) * g.stride_w + (g.kernel_w - 1) * g.dilation_w + 1)) {
    for (std::int64_t k = 0; k < g.depth(); ++k) {
      const std::int64_t c = k / (g.kernel_h * g.kernel_w);
      const std::int64_t row = k / g.kernel_w % g.kernel_h * g.dilation_h;
      offsets.push_back(((c * height + row) * width + k % g.kernel_w * g.dilation_w) * lanes);
    }
  }
  [[nodiscard]] std::int64_t size() const { return g.in_channels * height * width * lanes; }
  /// Where the pixels of an image lie.
  [[nodiscard]] std::vector<std::int64_t> places() const {
    std::vector<std::int64_t> at;
    at.reserve(static_cast<std::size_t>(g.in_channels * g.in_h * g.in_w));
    for (std::int64_t c = 0; c < g.in_channels; ++c) {
      for (std::int64_t i = 0; i < g.in_h; ++i) {
        const std::int64_t row = (c * height + g.pad_top + i) * width + g.pad_left;
        for (std::int64_t j = 0; j < g.in_w; ++j) at.push_back((row + j) * lanes);
      }
    }
    return at;
  }

  /// sums[o][k] += the dot products of dy and x, for `Count` output channels and `dot_columns` taps.
  template <int Count>
  HWY_NOINLINE void add(const float* const* taps, const float* dy, std::int64_t known, float* sums) const {
    const std::int64_t plane = g.out_h * g.out_w * lanes;
    Vec sum[Count][dot_columns];
    for (int o = 0; o < Count; ++o) {
      for (int k = 0; k < dot_columns; ++k) sum[o][k] = hn::Zero(Floats());
    }
    for (std::int64_t i = 0; i < g.out_h; ++i) {
      const std::int64_t row = i * g.stride_h * width * lanes;
      for (std::int64_t j = 0; j < g.out_w; ++j, dy += lanes) {
        Vec pixel[dot_columns];
        for (int k = 0; k < dot_columns; ++k) pixel[k] = load(taps[k] + row + j * g.stride_w * lanes);
        HWY_UNROLL(4)
        for (int o = 0; o < Count; ++o) {
          const Vec d = load(dy + o * plane);
          for (int k = 0; k < dot_columns; ++k) sum[o][k] = hn::MulAdd(d, pixel[k], sum[o][k]);
        }
      }
    }
    for (int o = 0; o < Count; ++o) {
      for (std::int64_t k = 0; k < known; ++k) {
        sums[o * g.depth() + k] += hn::GetLane(hn::SumOfLanes(Floats(), sum[o][k]));
      }
    }
  }

  /// The same for all output channels and taps.
  void add_all(const float* data, const float* dy, float* sums) const {
    const std::int64_t depth = g.depth();
    for (std::int64_t k = 0; k < depth; k += dot_columns) {
      const float* taps[dot_columns];
      for (std::int64_t i = 0; i < dot_columns; ++i) {
        taps[i] = data + offsets[static_cast<std::size_t>(std::min(k + i, depth - 1))];
      }
      const std::int64_t known = std::min<std::int64_t>(dot_columns, depth - k);
      for_each_tile(g.out_channels, dot_rows, [&](std::int64_t o, std::int64_t some) HWY_ATTR {
        with_rows(some, [&]<int Count>() HWY_ATTR {
          if constexpr (Count <= dot_rows) {
            add<Count>(taps, dy + o * g.out_h * g.out_w * lanes, known, sums + o * depth + k);
          }
        });
      });
    }
  }
};

void WeightGrad(const float* x, const float* grad, float* dw, const Conv2dGeometry& g) {
  const Dots dots(g);
  const std::int64_t in = g.in_channels * g.in_h * g.in_w;
  const std::int64_t out = g.out_channels * g.out_h * g.out_w;
  const std::int64_t blocks = ceil_div(g.batch, lanes);
  const std::int64_t parts = std::min<std::int64_t>(16, blocks);
  const std::int64_t sums = g.out_channels * g.depth();
  Scratch<float> partial(parts * sums);
  std::fill_n(partial.data(), parts * sums, 0.0F);
  const std::vector<std::int64_t> places = dots.places();
  parallel_for(parts, 1, [&](std::int64_t begin, std::int64_t end) HWY_ATTR {
    Scratch<float> data(dots.size());
    Scratch<float> dy(out * lanes);
    std::fill_n(data.data(), dots.size(), 0.0F);
    for (std::int64_t part = begin; part < end; ++part) {
      for (std::int64_t block = part * blocks / parts; block < (part + 1) * blocks / parts; ++block) {
        const std::int64_t image = block * lanes;
        const std::int64_t images = std::min(lanes, g.batch - image);
        gather_columns(x + image * in, in, images, in, [&](std::int64_t i, Vec v) HWY_ATTR {
          store(v, data.data() + places[static_cast<std::size_t>(i)]);
        });
        gather_columns(grad + image * out, out, images, out,
                       [&](std::int64_t i, Vec v) HWY_ATTR { store(v, dy.data() + i * lanes); });
        dots.add_all(data.data(), dy.data(), partial.data() + part * sums);
      }
    }
  });
  std::copy_n(partial.data(), sums, dw);
  for (std::int64_t part = 1; part < parts; ++part) {
    for (std::int64_t i = 0; i < sums; ++i) dw[i] += partial.data()[part * sums + i];
  }
}

}  // namespace
}  // namespace reel::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace reel::kernels::images {

HWY_EXPORT(WeightGrad);

void weight_grad(const float* x, const float* grad, float* dw, const Conv2dGeometry& g) {
  HWY_DYNAMIC_DISPATCH(WeightGrad)(x, grad, dw, g);
}

}  // namespace reel::kernels::images
#endif
