#include <atomic>
#include <bit>
#include <cstdlib>
#include <reel/core/kernels/conv.h>
#include <reel/core/kernels/conv_depthwise.h>
#include <reel/core/kernels/conv_direct.h>
#include <reel/core/kernels/conv_pointwise.h>
#include <reel/core/kernels/conv_winograd.h>
#include <reel/core/kernels/elementwise.h>
#include <reel/core/kernels/simd.h>
#include <reel/core/parallel.h>
#include <string_view>

// The one place that decides how a convolution is computed.

namespace reel::kernels {
namespace {

ConvAlgorithm from_environment() {
  const char* variable = std::getenv("REEL_CONV");
  const std::string_view wish = variable == nullptr ? "" : variable;
  if (wish == "im2col") return ConvAlgorithm::im2col;
  if (wish == "direct") return ConvAlgorithm::direct;
  if (wish == "winograd") return ConvAlgorithm::winograd;
  if (wish == "depthwise") return ConvAlgorithm::depthwise;
  if (wish == "pointwise") return ConvAlgorithm::pointwise;
  require<ValueError>(wish.empty(), "conv2d",
                      "REEL_CONV may be im2col, direct, winograd, depthwise, pointwise or unset, is ", wish);
  return ConvAlgorithm::automatic;
}

std::atomic<ConvAlgorithm>& wanted() {
  static std::atomic<ConvAlgorithm> algorithm{from_environment()};
  return algorithm;
}

/// Few tiles don't pay for the transformed weight, which has 16 numbers for each 9, and few channels don't pay for the
/// transforms of the pixels.
bool is_worth_winograd(const Conv2dGeometry& g) {
  return g.in_channels >= 16 && g.out_channels >= 16 && g.batch * g.out_h * g.out_w >= 128;
}

ConvAlgorithm choose(const Conv2dGeometry& g, DType dtype) {
  const ConvAlgorithm wish = wanted();
  if (dtype != float32 || !has_fast_vectors() || numel(g.input_shape()) == 0 || numel(g.output_shape()) == 0) {
    return ConvAlgorithm::im2col;
  }
  const bool can_winograd = winograd::suits(g);
  const bool can_depthwise = depthwise::suits(g);
  const bool can_pointwise = pointwise::suits(g);
  switch (wish) {
    case ConvAlgorithm::im2col: return wish;
    case ConvAlgorithm::winograd: return can_winograd ? wish : ConvAlgorithm::im2col;
    case ConvAlgorithm::depthwise: return can_depthwise ? wish : ConvAlgorithm::im2col;
    case ConvAlgorithm::pointwise: return can_pointwise ? wish : ConvAlgorithm::im2col;
    case ConvAlgorithm::direct: break;
    case ConvAlgorithm::automatic:
      if (can_winograd && is_worth_winograd(g)) return ConvAlgorithm::winograd;
      if (can_depthwise) return ConvAlgorithm::depthwise;
      if (can_pointwise) return ConvAlgorithm::pointwise;
  }
  return direct::suits(g) ? ConvAlgorithm::direct : ConvAlgorithm::im2col;
}

/// The three kernels of an algorithm that reads and writes contiguous float32.
struct Kernels {
  decltype(&direct::forward) forward;
  decltype(&direct::input_grad) input_grad;
  decltype(&direct::weight_grad) weight_grad;
};

Kernels kernels_of(ConvAlgorithm algorithm) {
  if (algorithm == ConvAlgorithm::winograd) return {winograd::forward, winograd::input_grad, winograd::weight_grad};
  if (algorithm == ConvAlgorithm::depthwise) return {depthwise::forward, depthwise::input_grad, depthwise::weight_grad};
  if (algorithm == ConvAlgorithm::pointwise) return {pointwise::forward, pointwise::input_grad, pointwise::weight_grad};
  return {direct::forward, direct::input_grad, direct::weight_grad};
}

Tensor forward(ConvAlgorithm algorithm, const Tensor& x, const Tensor& w, const Tensor& b, const Conv2dGeometry& g,
               Activation activation) {
  if (algorithm == ConvAlgorithm::im2col) {
    const Tensor y = im2col_blas::conv2d_forward(x, w, b, g);
    return activation == Activation::relu ? relu(y) : y;
  }
  Tensor y = Tensor::empty(g.output_shape());
  kernels_of(algorithm).forward(x.data<float>(), w.data<float>(), b.defined() ? b.data<float>() : nullptr, activation,
                                y.mutable_data<float>(), g);
  return y;
}

Tensor contiguous(const Tensor& t) { return t.defined() ? t.contiguous() : t; }

/// How many images are convolved together before they are pooled. Their outputs are to stay in a second-level cache,
/// but few pixels would not pay for what an algorithm makes of the weight first. Where that leaves little to share out,
/// the threads share each image instead.
std::int64_t images_together(const Conv2dGeometry& g) {
  constexpr std::uint64_t least_pixels = 512;
  constexpr std::uint64_t least_work = 1 << 19;  // multiply-adds
  constexpr std::int64_t least_parts = 8;
  const auto pixels = static_cast<std::uint64_t>(g.out_h * g.out_w);
  const auto work = pixels * static_cast<std::uint64_t>(g.out_channels * g.depth());
  const auto images = static_cast<std::int64_t>(std::bit_ceil(
      std::max(least_pixels / std::max<std::uint64_t>(1, pixels), least_work / std::max<std::uint64_t>(1, work)) + 1));
  return g.batch < least_parts * images ? std::max<std::int64_t>(1, g.batch) : images;
}

}  // namespace

void set_conv_algorithm(ConvAlgorithm algorithm) { wanted() = algorithm; }

Tensor conv2d_forward(const Tensor& input, const Tensor& weight, const Tensor& bias, const Conv2dGeometry& geometry,
                      Activation activation) {
  return forward(choose(geometry, input.dtype()), input.contiguous(), weight.contiguous(), contiguous(bias), geometry,
                 activation);
}

Pooled conv2d_pooled_forward(const Tensor& input, const Tensor& weight, const Tensor& bias,
                             const Conv2dGeometry& geometry, Activation activation) {
  const ConvAlgorithm algorithm = choose(geometry, input.dtype());
  const Tensor x = input.contiguous();
  const Tensor w = weight.contiguous();
  const Tensor b = contiguous(bias);
  Pooled out = Pooled::empty(geometry.output_shape(), input.dtype());
  parallel_for(geometry.batch, images_together(geometry), [&](std::int64_t begin, std::int64_t end) {
    Conv2dGeometry some = geometry;
    some.batch = end - begin;
    const Tensor y = forward(algorithm, x.narrow(0, begin, some.batch), w, b, some, Activation::none);
    pool_choosing(y, activation, out, begin);
  });
  return out;
}

Tensor conv2d_input_grad(const Tensor& grad, const Tensor& weight, const Conv2dGeometry& geometry) {
  const ConvAlgorithm algorithm = choose(geometry, grad.dtype());
  if (algorithm == ConvAlgorithm::im2col) return im2col_blas::conv2d_input_grad(grad, weight, geometry);
  const Tensor dy = grad.contiguous();
  const Tensor w = weight.contiguous();
  Tensor dx = Tensor::empty(geometry.input_shape());
  kernels_of(algorithm).input_grad(dy.data<float>(), w.data<float>(), dx.mutable_data<float>(), geometry);
  return dx;
}

Tensor conv2d_weight_grad(const Tensor& input, const Tensor& grad, const Conv2dGeometry& geometry) {
  const ConvAlgorithm algorithm = choose(geometry, input.dtype());
  if (algorithm == ConvAlgorithm::im2col) return im2col_blas::conv2d_weight_grad(input, grad, geometry);
  const Tensor x = input.contiguous();
  const Tensor dy = grad.contiguous();
  Tensor dw = Tensor::empty(geometry.weight_shape());
  kernels_of(algorithm).weight_grad(x.data<float>(), dy.data<float>(), dw.mutable_data<float>(), geometry);
  return dw;
}

}  // namespace reel::kernels
