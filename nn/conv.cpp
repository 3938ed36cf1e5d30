#include <algorithm>
#include <reel/autograd/ops/arithmetic.h>
#include <reel/autograd/ops/conv.h>
#include <reel/nn/activation.h>
#include <reel/nn/batch_norm.h>
#include <reel/nn/conv.h>
#include <reel/nn/init.h>
#include <reel/nn/pooling.h>
#include <type_traits>

namespace reel::nn {
namespace {

// One axis and two.

std::int64_t least(std::int64_t size) { return size; }
std::int64_t least(const Pair& size) { return std::min(size.h, size.w); }
std::int64_t least(const AxisPadding& padding) { return std::min(padding.before, padding.after); }
std::int64_t least(const Padding& padding) { return std::min(least(padding.h), least(padding.w)); }

bool is_below(std::int64_t size, std::int64_t a, std::int64_t b) { return size >= 0 && size < std::max(a, b); }
bool is_below(const Pair& size, const Pair& a, const Pair& b) {
  return is_below(size.h, a.h, b.h) && is_below(size.w, a.w, b.w);
}

void append(Shape& shape, std::int64_t size) { shape.push_back(size); }
void append(Shape& shape, const Pair& size) {
  shape.push_back(size.h);
  shape.push_back(size.w);
}

// What the layers differ in.

const char* name(const Conv1dOptions&) { return "Conv1d"; }
const char* name(const Conv2dOptions&) { return "Conv2d"; }
const char* name(const ConvTranspose1dOptions&) { return "ConvTranspose1d"; }
const char* name(const ConvTranspose2dOptions&) { return "ConvTranspose2d"; }

constexpr auto op(const Conv1dOptions&) { return conv1d; }
constexpr auto op(const ConvTranspose1dOptions&) { return conv_transpose1d; }
constexpr auto op(const ConvTranspose2dOptions&) { return conv_transpose2d; }

template <class Size, class Pad>
reel::ConvOptions<Size, Pad> op_options(const ConvOptions<Size, Pad>& o) {
  return {o.stride, o.padding, o.dilation, o.groups, o.padding_mode};
}
template <class Size, class Pad>
reel::ConvTransposeOptions<Size, Pad> op_options(const ConvTransposeOptions<Size, Pad>& o) {
  return {o.stride, o.padding, o.output_padding, o.dilation, o.groups};
}

/// Channels of the weight [.., .., taps].
template <class Size, class Pad>
Shape channels(const ConvOptions<Size, Pad>& o) {
  return {o.out_channels, o.in_channels / o.groups};
}
template <class Size, class Pad>
Shape channels(const ConvTransposeOptions<Size, Pad>& o) {
  return {o.in_channels, o.out_channels / o.groups};
}

template <class Size, class Pad>
void check_more(const ConvOptions<Size, Pad>&) {}
template <class Size, class Pad>
void check_more(const ConvTransposeOptions<Size, Pad>& o) {
  require<ValueError>(is_below(o.output_padding, o.stride, o.dilation), name(o),
                      "output_padding wants to be at least 0 and below the stride or the dilation, got ",
                      o.output_padding);
}

template <class Size, class Pad>
std::string describe_more(const ConvOptions<Size, Pad>& o) {
  return o.padding_mode == PaddingMode::zeros ? "" : concat(", padding_mode=", o.padding_mode);
}
template <class Size, class Pad>
std::string describe_more(const ConvTransposeOptions<Size, Pad>& o) {
  return o.output_padding == Size(0) ? "" : concat(", output_padding=", o.output_padding);
}

/// What follows the sums of a convolution, whose bias may be undefined.
ChannelAffine after(const Variable& bias, const ChannelAffine& norm) {
  return {norm.scale, bias.defined() ? bias * norm.scale + norm.shift : norm.shift};
}

}  // namespace

template <class Options>
ConvLayer<Options>::ConvLayer(const Options& options) : options_(options) {
  const char* layer = name(options);
  require<ValueError>(options.in_channels >= 1 && options.out_channels >= 1, layer,
                      "in_channels and out_channels must be given and at least 1, got ", options.in_channels, " and ",
                      options.out_channels);
  require<ValueError>(least(options.kernel_size) >= 1, layer, "kernel_size must be given and at least 1, got ",
                      options.kernel_size);
  require<ValueError>(least(options.stride) >= 1 && least(options.dilation) >= 1, layer,
                      "stride and dilation must be at least 1, got ", options.stride, " and ", options.dilation);
  require<ValueError>(least(options.padding) >= 0, layer, "padding must not be negative, got ", options.padding);
  require<ValueError>(
      options.groups >= 1 && options.in_channels % options.groups == 0 && options.out_channels % options.groups == 0,
      layer, "groups must divide in_channels and out_channels, got ", options.groups, " for ", options.in_channels,
      " and ", options.out_channels);
  check_more(options);
  Shape shape = channels(options);
  append(shape, options.kernel_size);
  weight_ = &parameter("weight", init::default_weight(shape));
  if (options.bias) bias_ = &parameter("bias", init::default_bias(options.out_channels, shape));
}

template <class Options>
std::string ConvLayer<Options>::describe() const {
  const Options& o = options_;
  std::ostringstream out;
  out << name(o) << '(' << o.in_channels << ", " << o.out_channels << ", kernel_size=" << o.kernel_size;
  if (o.stride != decltype(o.stride)(1)) out << ", stride=" << o.stride;
  if (o.padding != decltype(o.padding)(0)) out << ", padding=" << o.padding;
  if (o.dilation != decltype(o.dilation)(1)) out << ", dilation=" << o.dilation;
  if (o.groups != 1) out << ", groups=" << o.groups;
  if (!o.bias) out << ", bias=false";
  out << describe_more(o) << ')';
  return std::move(out).str();
}

template <class Options>
Variable ConvLayer<Options>::forward_with(const Variable& x, LayersBehind& behind) {
  const auto options = op_options(options_);
  if constexpr (std::is_same_v<Options, Conv2dOptions>) {
    require_defined("conv2d", x.value());
    const auto g = kernels::conv2d_geometry("conv2d", x.shape(), weight_->shape(), options);
    ChannelAffine end{{}, bias()};
    if (const BatchNorm2d* norm = take_batch_norm(behind, g.out_channels)) end = after(end.shift, norm->affine());
    const Activation activation = take_relu(behind);
    // What is too small to be pooled is left to that layer: the error is its own.
    const bool is_pooled = g.out_h >= 2 && g.out_w >= 2 && take_two_by_two_pool(behind);
    return (is_pooled ? conv2d_max_pool2d : conv2d)(x, *weight_, end.shift, options, activation, end.scale);
  } else {
    return op(options_)(x, *weight_, bias(), options, take_relu(behind));
  }
}

template class ConvLayer<Conv1dOptions>;
template class ConvLayer<Conv2dOptions>;
template class ConvLayer<ConvTranspose1dOptions>;
template class ConvLayer<ConvTranspose2dOptions>;

}  // namespace reel::nn
