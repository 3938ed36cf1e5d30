#include <reel/core/kernels/conv.h>
#include <reel/core/kernels/elementwise.h>

// y[n, o, oh, ow] = bias[o] + sum over c, kh, kw of w[o, c, kh, kw] * x[n, c, h, w], where
// h = oh * stride + kh * dilation - pad, and likewise w; taps outside the image count as zero.

namespace reel::kernels::naive {
namespace {

/// Calls `f(x, w, y)` with the flat places of every product that the convolution sums up.
template <class F>
void for_each_product(const Conv2dGeometry& g, const F& f) {
  const std::int64_t c_in = g.in_channels / g.groups;
  const std::int64_t c_out = g.out_channels / g.groups;
  std::int64_t y = 0;
  for (std::int64_t n = 0; n < g.batch; ++n) {
    for (std::int64_t o = 0; o < g.out_channels; ++o) {
      for (std::int64_t oh = 0; oh < g.out_h; ++oh) {
        for (std::int64_t ow = 0; ow < g.out_w; ++ow, ++y) {
          std::int64_t tap = o * g.depth();
          for (std::int64_t c = 0; c < c_in; ++c) {
            const std::int64_t plane = n * g.in_channels + o / c_out * c_in + c;
            for (std::int64_t kh = 0; kh < g.kernel_h; ++kh) {
              for (std::int64_t kw = 0; kw < g.kernel_w; ++kw, ++tap) {
                const std::int64_t h = oh * g.stride_h + kh * g.dilation_h - g.pad_top;
                const std::int64_t w = ow * g.stride_w + kw * g.dilation_w - g.pad_left;
                if (h < 0 || h >= g.in_h || w < 0 || w >= g.in_w) continue;
                f((plane * g.in_h + h) * g.in_w + w, tap, y);
              }
            }
          }
        }
      }
    }
  }
}

/// to[place] += a[...] * b[...] over all products, in double.
template <class F>
Tensor accumulate(const Shape& shape, const Tensor& a, const Tensor& b, const Conv2dGeometry& g, const F& places) {
  Tensor total = Tensor::zeros(shape, float64);
  const Tensor left = a.to(float64).contiguous();
  const Tensor right = b.to(float64).contiguous();
  auto* to = total.mutable_data<double>();
  const auto* of_left = left.data<double>();
  const auto* of_right = right.data<double>();
  for_each_product(g, [&](std::int64_t x, std::int64_t w, std::int64_t y) {
    const auto [out, i, j] = places(x, w, y);
    to[out] += of_left[i] * of_right[j];
  });
  return total.to(a.dtype());
}

struct Places {
  std::int64_t out, left, right;
};

}  // namespace

Tensor conv2d_forward(const Tensor& input, const Tensor& weight, const Tensor& bias, const Conv2dGeometry& geometry) {
  Tensor y = accumulate(geometry.output_shape(), input, weight, geometry, [](auto x, auto w, auto out) {
    return Places{out, x, w};
  });
  if (bias.defined()) y = y + bias.reshape({1, geometry.out_channels, 1, 1});
  return y;
}

Tensor conv2d_input_grad(const Tensor& grad, const Tensor& weight, const Conv2dGeometry& geometry) {
  return accumulate(geometry.input_shape(), grad, weight, geometry, [](auto x, auto w, auto y) {
    return Places{x, y, w};
  });
}

Tensor conv2d_weight_grad(const Tensor& input, const Tensor& grad, const Conv2dGeometry& geometry) {
  return accumulate(geometry.weight_shape(), input, grad, geometry, [](auto x, auto w, auto y) {
    return Places{w, x, y};
  });
}

}  // namespace reel::kernels::naive
