#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <reel/core/kernels/conv.h>
#include <reel/core/kernels/conv_depthwise.h>
#include <reel/core/kernels/conv_direct.h>
#include <reel/core/kernels/conv_images.h>
#include <reel/core/kernels/conv_pointwise.h>
#include <reel/core/kernels/conv_winograd.h>
#include <reel/core/kernels/elementwise.h>
#include <reel/core/kernels/norm.h>
#include <reel/core/kernels/simd.h>
#include <reel/core/parallel.h>
#include <span>
#include <string>
#include <string_view>

// The one place that decides how a convolution is computed.

namespace reel::kernels {
namespace {

/// An algorithm: its name for REEL_CONV, the convolutions that it can do, and its kernels.
struct Way {
  ConvAlgorithm algorithm;
  std::string_view name;
  bool (*suits)(const Conv2dGeometry& g);
  ConvKernels kernels;  // of im2col: none, since it isn't for contiguous float32 alone
};

std::span<const Way> ways() {
  static_cast<void>(has_fast_vectors());  // REEL_VECTORS is heard before kernels are picked
  static const Way list[] = {
      {ConvAlgorithm::im2col, "im2col", [](const Conv2dGeometry&) { return true; }, {}},
      {ConvAlgorithm::direct, "direct", direct::suits, direct::kernels()},
      {ConvAlgorithm::winograd, "winograd", winograd::suits, winograd::kernels(winograd::Tiles::small)},
      {ConvAlgorithm::winograd4, "winograd4", winograd::suits, winograd::kernels(winograd::Tiles::large)},
      {ConvAlgorithm::depthwise, "depthwise", depthwise::suits, depthwise::kernels()},
      {ConvAlgorithm::pointwise, "pointwise", pointwise::suits, pointwise::kernels()},
      {ConvAlgorithm::images, "images", images::suits, images::kernels()},
  };
  return list;
}

const Way& way(ConvAlgorithm algorithm) {
  return *std::find_if(ways().begin(), ways().end(), [&](const Way& w) { return w.algorithm == algorithm; });
}

ConvAlgorithm from_environment() {
  const char* variable = std::getenv("REEL_CONV");
  const std::string_view wish = variable == nullptr ? "" : variable;
  if (wish.empty()) return ConvAlgorithm::automatic;
  std::string names;
  for (const Way& w : ways()) {
    if (w.name == wish) return w.algorithm;
    names += concat(w.name, ", ");
  }
  throw ValueError("conv2d", "REEL_CONV may be ", names, "or unset, is ", wish);
}

std::atomic<ConvAlgorithm>& wanted() {
  static std::atomic<ConvAlgorithm> algorithm{from_environment()};
  return algorithm;
}

/// Few tiles don't pay for the transformed weight, which has 16 numbers for each 9, and few channels don't pay for the
/// transforms of the pixels.
bool is_worth_winograd(const Conv2dGeometry& g) {
  return g.in_channels >= 16 && g.out_channels >= 16 && g.batch * g.out_h * g.out_w >= 40;
}

/// Some channels, but not enough to fill vectors along them, in the output or in its gradient for the input; and enough
/// taps for each pixel to pay for its way into another layout and out.
bool is_worth_images(const Conv2dGeometry& g) {
  const auto half_fill = [](std::int64_t channels) { return channels >= 4 && channels <= images::together / 2; };
  const std::int64_t idle = images::together - 1 - (g.batch - 1) % images::together;
  return (half_fill(g.in_channels) || half_fill(g.out_channels)) && g.in_channels <= images::together &&
         g.out_channels <= images::together && g.depth() >= 16 && 8 * idle <= g.batch;
}

ConvAlgorithm fastest(const Conv2dGeometry& g) {
  if (winograd::suits(g) && is_worth_winograd(g)) {
    return winograd::is_worth_large(g) ? ConvAlgorithm::winograd4 : ConvAlgorithm::winograd;
  }
  if (depthwise::suits(g)) return ConvAlgorithm::depthwise;
  if (pointwise::suits(g)) return ConvAlgorithm::pointwise;
  return images::suits(g) && is_worth_images(g) ? ConvAlgorithm::images : ConvAlgorithm::direct;
}

ConvAlgorithm choose(const Conv2dGeometry& g, DType dtype) {
  const ConvAlgorithm wish = wanted();
  if (dtype != float32 || !has_fast_vectors() || numel(g.input_shape()) == 0 || numel(g.output_shape()) == 0) {
    return ConvAlgorithm::im2col;
  }
  const ConvAlgorithm chosen = wish == ConvAlgorithm::automatic ? fastest(g) : wish;
  return way(chosen).suits(g) ? chosen : ConvAlgorithm::im2col;
}

Tensor contiguous(const Tensor& t) { return t.defined() ? t.contiguous() : t; }

/// The operands of a forward pass, contiguous.
struct Operands {
  Tensor x, w, scale, bias;

  Operands(const Tensor& input, const Tensor& weight, const ConvEnd& end)
      : x(input.contiguous()), w(weight.contiguous()), scale(contiguous(end.scale)), bias(contiguous(end.bias)) {}
};

Tensor forward_im2col(const Tensor& x, const Operands& all, const Conv2dGeometry& g, Activation activation) {
  if (all.scale.defined()) {
    const Tensor shift = all.bias.defined() ? all.bias : Tensor::zeros({g.out_channels}, x.dtype());
    return channel_affine(im2col_blas::conv2d_forward(x, all.w, {}, g), all.scale, shift, activation);
  }
  const Tensor y = im2col_blas::conv2d_forward(x, all.w, all.bias, g);
  return activation == Activation::relu ? relu(y) : y;
}

/// Of the images x, which are all or some of the operands'.
Tensor forward(ConvAlgorithm algorithm, const Tensor& x, const Operands& all, const Conv2dGeometry& g,
               Activation activation) {
  if (algorithm == ConvAlgorithm::im2col) return forward_im2col(x, all, g, activation);
  const auto data = [](const Tensor& t) { return t.defined() ? t.data<float>() : nullptr; };
  Tensor y = Tensor::empty(g.output_shape());
  way(algorithm).kernels.forward(x.data<float>(), all.w.data<float>(), {data(all.scale), data(all.bias), activation},
                                 y.mutable_data<float>(), g);
  return y;
}

/// How many images are convolved together before they are pooled. Their outputs are to stay in a second-level cache,
/// but few pixels would not pay for what an algorithm makes of the weight first. Where that leaves little to share out,
/// the threads share each image instead.
std::int64_t images_together(ConvAlgorithm algorithm, const Conv2dGeometry& g) {
  if (algorithm == ConvAlgorithm::images) return images::together;
  constexpr std::int64_t least_pixels = 2048;
  constexpr std::int64_t least_work = 1 << 19;  // multiply-adds
  constexpr std::int64_t least_parts = 8;
  const std::int64_t pixels = std::max<std::int64_t>(1, g.out_h * g.out_w);
  const std::int64_t work = std::max<std::int64_t>(1, pixels * g.out_channels * g.depth());
  const std::int64_t images = std::max(least_pixels / pixels, least_work / work) + 1;
  return g.batch < least_parts * images ? std::max<std::int64_t>(1, g.batch) : images;
}

Tensor plain_input_grad(const Tensor& grad, const Tensor& weight, const Conv2dGeometry& geometry) {
  const ConvAlgorithm algorithm = choose(geometry, grad.dtype());
  if (algorithm == ConvAlgorithm::im2col) return im2col_blas::conv2d_input_grad(grad, weight, geometry);
  const Tensor dy = grad.contiguous();
  const Tensor w = weight.contiguous();
  Tensor dx = Tensor::empty(geometry.input_shape());
  way(algorithm).kernels.input_grad(dy.data<float>(), w.data<float>(), dx.mutable_data<float>(), geometry);
  return dx;
}

}  // namespace

void set_conv_algorithm(ConvAlgorithm algorithm) { wanted() = algorithm; }

Tensor conv2d_forward(const Tensor& input, const Tensor& weight, const ConvEnd& end, const Conv2dGeometry& geometry) {
  const Operands all(input, weight, end);
  return forward(choose(geometry, input.dtype()), all.x, all, geometry, end.activation);
}

Pooled conv2d_pooled_forward(const Tensor& input, const Tensor& weight, const ConvEnd& end,
                             const Conv2dGeometry& geometry) {
  const ConvAlgorithm algorithm = choose(geometry, input.dtype());
  const Operands all(input, weight, end);
  const Pool2dGeometry windows = pool2d_geometry("max_pool2d", geometry.output_shape(), {.kernel_size = 2});
  Pooled out = Pooled::empty(geometry.output_shape(), input.dtype(), windows);
  parallel_for(geometry.batch, images_together(algorithm, geometry), [&](std::int64_t first, std::int64_t last) {
    Conv2dGeometry some = geometry;
    some.batch = last - first;
    const Tensor y = forward(algorithm, all.x.narrow(0, first, some.batch), all, some, Activation::none);
    pool_choosing(y, windows, end.activation, out, first);
  });
  return out;
}

Tensor conv2d_input_grad(const Tensor& grad, const Tensor& weight, const Conv2dGeometry& geometry, const Tensor& bias,
                         Activation activation) {
  const Tensor sums = plain_input_grad(grad, weight, geometry);
  const Tensor dx = bias.defined() ? sums + bias.reshape({-1, 1, 1}) : sums;
  return activation == Activation::relu ? relu(dx) : dx;
}

Tensor conv2d_weight_grad(const Tensor& input, const Tensor& grad, const Conv2dGeometry& geometry) {
  const ConvAlgorithm algorithm = choose(geometry, input.dtype());
  if (algorithm == ConvAlgorithm::im2col) return im2col_blas::conv2d_weight_grad(input, grad, geometry);
  const Tensor x = input.contiguous();
  const Tensor dy = grad.contiguous();
  Tensor dw = Tensor::empty(geometry.weight_shape());
  way(algorithm).kernels.weight_grad(x.data<float>(), dy.data<float>(), dw.mutable_data<float>(), geometry);
  return dw;
}

}  // namespace reel::kernels
