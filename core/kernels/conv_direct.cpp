#include <algorithm>
#include <cstring>
#include <memory>
#include <reel/core/kernels/conv_direct.h>
#include <reel/core/kernels/wide.h>
#include <reel/core/parallel.h>
#include <reel/core/simd.h>
#include <reel/core/storage.h>
#include <vector>

// All three passes are sums of the form out[j][o] = sum over i of row[j][offset[i]] * panel[i][o], for 32 values of o:
//
//   forward       j: output pixels   i: taps (c, kh, kw)   o: output channels   panel: the weight, transposed
//   weight grad   j: taps            i: output pixels      o: output channels   panel: the gradient, transposed
//
// and the input gradient is the forward pass on the output's gradient, with the weight's taps turned round.
// row[j][offset[i]] is the input that tap and pixel meet at, in an image with its padding written out, so that no edge
// needs a test.

namespace reel::kernels::direct {
namespace {

using wide::add_products;
using wide::block;
using wide::rows;
using wide::transpose;

constexpr std::int64_t weight_grad_parts = 16;  // as in conv_im2col.cpp
constexpr std::int64_t task_work = 1 << 20;     // multiply-adds

std::int64_t blocks_of(std::int64_t channels) { return (channels + block - 1) / block; }

/// Blocks of 32 that are not mostly air.
bool fills_blocks(std::int64_t channels) { return 4 * channels >= 3 * block * blocks_of(channels); }

/// Scratch from the pool.
class Scratch {
 public:
  explicit Scratch(std::int64_t floats)
      : storage_(std::make_unique<Storage>(static_cast<std::size_t>(floats) * sizeof(float))) {}
  [[nodiscard]] float* data() { return reinterpret_cast<float*>(storage_->data()); }

 private:
  std::unique_ptr<Storage> storage_;
};

/// The zero-padded images of a geometry, and where its taps and pixels lie in them.
struct Padded {
  std::int64_t channels, height, width;  // of one group of one image
  std::vector<std::int64_t> taps;        // (c, kh, kw) -> offset
  std::vector<std::int64_t> pixels;      // (oh, ow) -> offset

  explicit Padded(const Conv2dGeometry& g)
      : channels(g.in_channels / g.groups),
        height(std::max((g.out_h - 1) * g.stride_h + (g.kernel_h - 1) * g.dilation_h + 1, g.pad_top + g.in_h)),
        width(std::max((g.out_w - 1) * g.stride_w + (g.kernel_w - 1) * g.dilation_w + 1, g.pad_left + g.in_w)) {
    for (std::int64_t c = 0; c < channels; ++c) {
      for (std::int64_t kh = 0; kh < g.kernel_h; ++kh) {
        for (std::int64_t kw = 0; kw < g.kernel_w; ++kw) {
          taps.push_back((c * height + kh * g.dilation_h) * width + kw * g.dilation_w);
        }
      }
    }
    for (std::int64_t oh = 0; oh < g.out_h; ++oh) {
      for (std::int64_t ow = 0; ow < g.out_w; ++ow) pixels.push_back(oh * g.stride_h * width + ow * g.stride_w);
    }
  }

  [[nodiscard]] std::int64_t floats() const { return channels * height * width; }

  void copy(const float* image, const Conv2dGeometry& g, float* to) const {
    std::fill_n(to, floats(), 0.0F);
    for (std::int64_t c = 0; c < channels; ++c) {
      for (std::int64_t h = 0; h < g.in_h; ++h) {
        std::copy_n(image + (c * g.in_h + h) * g.in_w, g.in_w, to + (c * height + h + g.pad_top) * width + g.pad_left);
      }
    }
  }
};

/// [channels][n] -> blocks of [n][32], `panel_stride` apart, with zeros for the channels that are missing in the last
/// one.
void transpose_to_panels(const float* from, std::int64_t stride, std::int64_t channels, std::int64_t n, float* panels,
                         std::int64_t panel_stride) {
  for (std::int64_t b = 0; b < blocks_of(channels); ++b) {
    const std::int64_t some = std::min(block, channels - b * block);
    float* panel = panels + b * panel_stride;
    if (some < block) std::fill_n(panel, n * block, 0.0F);
    transpose(from + b * block * stride, stride, panel, block, some, n);
  }
}

std::int64_t grain(std::int64_t work) { return std::max<std::int64_t>(1, task_work / std::max<std::int64_t>(1, work)); }

/// One group of one image: y [o][P] from its padded input and the group's weight panels.
void forward_image(const float* image, const Padded& padded, const float* panels, const float* bias,
                   std::int64_t channels, float* y) {
  const auto area = static_cast<std::int64_t>(padded.pixels.size());
  const auto depth = static_cast<std::int64_t>(padded.taps.size());
  constexpr std::int64_t strip = 16 * rows;  // pixels that are transposed together
  float sums[strip * block];
  for (std::int64_t b = 0; b < blocks_of(channels); ++b) {
    const std::int64_t some = std::min(block, channels - b * block);
    float start[block] = {};
    if (bias != nullptr) std::copy_n(bias + b * block, some, start);
    for (std::int64_t p = 0; p < area; p += strip) {
      const std::int64_t n = std::min(strip, area - p);
      for (std::int64_t i = 0; i < strip; ++i) std::copy_n(start, block, sums + i * block);
      for (std::int64_t t = 0; t < n; t += rows) {
        const float* row[rows];  // beyond the last pixel, that one again
        for (int j = 0; j < rows; ++j)
          row[j] = image + padded.pixels[static_cast<std::size_t>(std::min(p + t + j, area - 1))];
        add_products(row, padded.taps.data(), panels + b * depth * block, depth, sums + t * block);
      }
      transpose(sums, block, y + b * block * area + p, area, n, some);
    }
  }
}

/// out[k][o] += the products of some images, for all taps k. panels: blocks of the gradient, [pixels][32]; `pixels`
/// lists where each pixel lies in the padded images.
void weight_grad_images(const float* images, const std::vector<std::int64_t>& taps,
                        const std::vector<std::int64_t>& pixels, std::int64_t count, const float* panels,
                        std::int64_t channels, float* out) {
  const auto depth = static_cast<std::int64_t>(taps.size());
  float sums[rows * block];
  for (std::int64_t b = 0; b < blocks_of(channels); ++b) {
    const float* panel = panels + b * static_cast<std::int64_t>(pixels.size()) * block;
    for (std::int64_t k = 0; k < depth; k += rows) {
      const float* row[rows];
      for (int j = 0; j < rows; ++j) row[j] = images + taps[static_cast<std::size_t>(std::min(k + j, depth - 1))];
      float* total = out + (b * depth + k) * block;
      std::fill_n(sums, rows * block, 0.0F);
      add_products(row, pixels.data(), panel, count, sums);
      for (std::int64_t i = 0; i < std::min<std::int64_t>(rows, depth - k) * block; ++i) total[i] += sums[i];
    }
  }
}

REEL_SIMD void add_to(float* __restrict total, const float* __restrict part, std::int64_t n) {
  for (std::int64_t i = 0; i < n; ++i) total[i] += part[i];
}

/// Adds the parts 1, 2, ... onto part 0, in this order.
void add_parts(float* parts, std::int64_t length, std::int64_t count) {
  parallel_for(length, 1 << 13, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t p = 1; p < count; ++p) add_to(parts + begin, parts + p * length + begin, end - begin);
  });
}

/// Where the pixels of `images` padded images lie, one image behind the other.
std::vector<std::int64_t> pixels_of_images(const Padded& padded, std::int64_t images) {
  std::vector<std::int64_t> pixels;
  for (std::int64_t i = 0; i < images; ++i) {
    for (const std::int64_t at : padded.pixels) pixels.push_back(i * padded.floats() + at);
  }
  return pixels;
}

/// The convolution whose forward pass is the input gradient of `g`: channels change places, and so do input and output.
Conv2dGeometry turned(const Conv2dGeometry& g) {
  Conv2dGeometry t = g;
  std::swap(t.in_channels, t.out_channels);
  std::swap(t.in_h, t.out_h);
  std::swap(t.in_w, t.out_w);
  t.pad_top = (g.kernel_h - 1) * g.dilation_h - g.pad_top;
  t.pad_left = (g.kernel_w - 1) * g.dilation_w - g.pad_left;
  return t;
}

/// w [O, C/G, KH, KW] -> [C, O/G, KH, KW], with the taps in reverse order.
Scratch turned_weight(const float* w, const Conv2dGeometry& g) {
  const std::int64_t c = g.in_channels / g.groups;
  const std::int64_t o = g.out_channels / g.groups;
  const std::int64_t taps = g.kernel_h * g.kernel_w;
  Scratch out(g.out_channels * g.depth());
  for (std::int64_t i = 0; i < g.out_channels * c; ++i) {
    const std::int64_t group = i / c / o;
    const std::int64_t to = (group * c + i % c) * o + i / c % o;
    std::reverse_copy(w + i * taps, w + (i + 1) * taps, out.data() + to * taps);
  }
  return out;
}

}  // namespace

bool suits_forward(const Conv2dGeometry& g, DType dtype) {
  // A task is an image: with only a few of them, im2col's tiles keep more threads busy.
  return dtype == float32 && wide::available() && g.batch * g.groups >= 8 && fills_blocks(g.out_channels / g.groups) &&
         g.depth() >= 8;
}

bool suits_input_grad(const Conv2dGeometry& g, DType dtype) {
  const Conv2dGeometry t = turned(g);
  return g.stride_h == 1 && g.stride_w == 1 && t.pad_top >= 0 && t.pad_left >= 0 && suits_forward(t, dtype);
}

bool suits_weight_grad(const Conv2dGeometry& g, DType dtype) {
  return suits_forward(g, dtype) && g.out_h * g.out_w >= 16;
}

void forward(const float* x, const float* w, const float* bias, float* y, const Conv2dGeometry& g) {
  const Padded padded(g);
  const std::int64_t o = g.out_channels / g.groups;
  const std::int64_t panel = blocks_of(o) * block * g.depth();
  Scratch panels(g.groups * panel);
  for (std::int64_t group = 0; group < g.groups; ++group) {
    transpose_to_panels(w + group * o * g.depth(), g.depth(), o, g.depth(), panels.data() + group * panel,
                        g.depth() * block);
  }
  const std::int64_t area = g.out_h * g.out_w;
  parallel_for(g.batch * g.groups, grain(o * g.depth() * area), [&](std::int64_t begin, std::int64_t end) {
    Scratch image(padded.floats());
    for (std::int64_t i = begin; i < end; ++i) {
      const std::int64_t group = i % g.groups;
      padded.copy(x + i * padded.channels * g.in_h * g.in_w, g, image.data());
      forward_image(image.data(), padded, panels.data() + group * panel, bias == nullptr ? nullptr : bias + group * o,
                    o, y + i * o * area);
    }
  });
}

void input_grad(const float* grad, const float* w, float* dx, const Conv2dGeometry& g) {
  forward(grad, turned_weight(w, g).data(), nullptr, dx, turned(g));
}

void weight_grad(const float* x, const float* grad, float* dw, const Conv2dGeometry& g) {
  const Padded padded(g);
  const std::int64_t c = padded.channels;
  const std::int64_t o = g.out_channels / g.groups;
  const std::int64_t depth = g.depth();
  const std::int64_t area = g.out_h * g.out_w;
  const std::int64_t panel = blocks_of(o) * block * depth;  // of one group's sums
  const std::int64_t in_part =
      std::max((g.batch + weight_grad_parts - 1) / weight_grad_parts, grain(g.out_channels * depth * area));
  const std::int64_t parts = (g.batch + in_part - 1) / in_part;
  // Small images are summed over together, so that starting and ending a sum does not cost more than the sum.
  const std::int64_t together = std::clamp<std::int64_t>(256 / area, 1, in_part);
  const std::vector<std::int64_t> pixels = pixels_of_images(padded, together);
  Scratch partial(parts * g.groups * panel);
  parallel_for(g.batch, in_part, [&](std::int64_t begin, std::int64_t end) {
    Scratch images(together * padded.floats());
    Scratch gradient(blocks_of(o) * block * area * together);
    for (std::int64_t group = 0; group < g.groups; ++group) {
      float* sums = partial.data() + (begin / in_part * g.groups + group) * panel;
      std::fill_n(sums, panel, 0.0F);
      for (std::int64_t i = begin; i < end; i += together) {
        const std::int64_t some = std::min(together, end - i);
        for (std::int64_t k = 0; k < some; ++k) {
          const std::int64_t plane = (i + k) * g.groups + group;
          padded.copy(x + plane * c * g.in_h * g.in_w, g, images.data() + k * padded.floats());
          transpose_to_panels(grad + plane * o * area, area, o, area, gradient.data() + k * area * block,
                              together * area * block);
        }
        weight_grad_images(images.data(), padded.taps, pixels, some * area, gradient.data(), o, sums);
      }
    }
  });
  add_parts(partial.data(), g.groups * panel, parts);
  parallel_for(g.groups * blocks_of(o), grain(block * depth), [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i) {
      const std::int64_t channel = i % blocks_of(o) * block;
      transpose(partial.data() + i * depth * block, block, dw + (i / blocks_of(o) * o + channel) * depth, depth, depth,
                std::min(block, o - channel));
    }
  });
}

}  // namespace reel::kernels::direct
