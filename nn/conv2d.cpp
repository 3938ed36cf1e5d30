#include <reel/autograd/ops/conv.h>
#include <reel/nn/activation.h>
#include <reel/nn/conv2d.h>
#include <reel/nn/init.h>
#include <reel/nn/pooling.h>

namespace reel::nn {

Conv2d::Conv2d(const Conv2dOptions& options) : options_(options) {
  require<ValueError>(options.in_channels >= 1 && options.out_channels >= 1, "Conv2d",
                      "in_channels and out_channels must be given and at least 1, got ", options.in_channels, " and ",
                      options.out_channels);
  require<ValueError>(options.kernel_size.h >= 1 && options.kernel_size.w >= 1, "Conv2d",
                      "kernel_size must be given and at least 1, got ", options.kernel_size);
  require<ValueError>(
      options.stride.h >= 1 && options.stride.w >= 1 && options.dilation.h >= 1 && options.dilation.w >= 1, "Conv2d",
      "stride and dilation must be at least 1, got ", options.stride, " and ", options.dilation);
  const Pair pad = options.padding.pixels();
  require<ValueError>(pad.h >= 0 && pad.w >= 0, "Conv2d", "padding must not be negative, got ", pad);
  require<ValueError>(
      options.groups >= 1 && options.in_channels % options.groups == 0 && options.out_channels % options.groups == 0,
      "Conv2d", "groups must divide in_channels and out_channels, got ", options.groups, " for ", options.in_channels,
      " and ", options.out_channels);
  const Shape shape{options.out_channels, options.in_channels / options.groups, options.kernel_size.h,
                    options.kernel_size.w};
  weight_ = &parameter("weight", init::default_weight(shape));
  if (options.bias) bias_ = &parameter("bias", init::default_bias(shape));
}

std::string Conv2d::describe() const {
  std::ostringstream out;
  out << "Conv2d(" << options_.in_channels << ", " << options_.out_channels << ", kernel_size=" << options_.kernel_size;
  if (options_.stride != Pair(1)) out << ", stride=" << options_.stride;
  if (options_.padding.is_same() || options_.padding.pixels() != Pair(0)) out << ", padding=" << options_.padding;
  if (options_.dilation != Pair(1)) out << ", dilation=" << options_.dilation;
  if (options_.groups != 1) out << ", groups=" << options_.groups;
  if (!options_.bias) out << ", bias=false";
  out << ')';
  return std::move(out).str();
}

Variable Conv2d::forward_with(const Variable& x, LayersBehind& behind) {
  const reel::Conv2dOptions options{
      .stride = options_.stride, .padding = options_.padding, .dilation = options_.dilation, .groups = options_.groups};
  const Activation activation = take_relu(behind);
  const auto g = kernels::conv2d_geometry("conv2d", x.shape(), weight_->shape(), options);
  // What is too small to be pooled is left to that layer: the error is its own.
  const bool is_pooled = g.out_h >= 2 && g.out_w >= 2 && take_two_by_two_pool(behind);
  return (is_pooled ? conv2d_max_pool2d : conv2d)(x, *weight_, bias(), options, activation);
}

}  // namespace reel::nn
