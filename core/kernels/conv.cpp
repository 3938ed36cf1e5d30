#include <cstdlib>
#include <reel/core/kernels/conv.h>
#include <reel/core/kernels/conv_direct.h>
#include <string_view>

// The one place that decides how a convolution is computed.

namespace reel::kernels {
namespace {

/// For study, and as a second opinion: REEL_CONV=im2col, read once.
bool always_im2col() {
  static const bool always = [] {
    const char* wish = std::getenv("REEL_CONV");
    require<ValueError>(wish == nullptr || std::string_view(wish) == "im2col" || *wish == '\0', "conv2d",
                        "REEL_CONV may be im2col or unset, is ", wish == nullptr ? "" : wish);
    return wish != nullptr && *wish != '\0';
  }();
  return always;
}

}  // namespace

Tensor conv2d_forward(const Tensor& input, const Tensor& weight, const Tensor& bias, const Conv2dGeometry& geometry) {
  if (always_im2col() || numel(geometry.output_shape()) == 0 || !direct::suits_forward(geometry, input.dtype())) {
    return im2col_blas::conv2d_forward(input, weight, bias, geometry);
  }
  const Tensor b = bias.defined() ? bias.contiguous() : bias;
  Tensor y = Tensor::empty(geometry.output_shape());
  direct::forward(input.contiguous().data<float>(), weight.contiguous().data<float>(),
                  b.defined() ? b.data<float>() : nullptr, y.mutable_data<float>(), geometry);
  return y;
}

Tensor conv2d_input_grad(const Tensor& grad, const Tensor& weight, const Conv2dGeometry& geometry) {
  if (always_im2col() || grad.numel() == 0 || !direct::suits_input_grad(geometry, grad.dtype())) {
    return im2col_blas::conv2d_input_grad(grad, weight, geometry);
  }
  Tensor dx = Tensor::empty(geometry.input_shape());
  direct::input_grad(grad.contiguous().data<float>(), weight.contiguous().data<float>(), dx.mutable_data<float>(),
                     geometry);
  return dx;
}

Tensor conv2d_weight_grad(const Tensor& input, const Tensor& grad, const Conv2dGeometry& geometry) {
  if (always_im2col() || grad.numel() == 0 || !direct::suits_weight_grad(geometry, input.dtype())) {
    return im2col_blas::conv2d_weight_grad(input, grad, geometry);
  }
  Tensor dw = Tensor::empty(geometry.weight_shape());
  direct::weight_grad(input.contiguous().data<float>(), grad.contiguous().data<float>(), dw.mutable_data<float>(),
                      geometry);
  return dw;
}

}  // namespace reel::kernels
