#include "resnet.h"

#include <reel/autograd/ops/arithmetic.h>
#include <reel/autograd/ops/reduce.h>
#include <reel/nn/init.h>

namespace models {

using namespace reel;

namespace {

/// A convolution in front of a batch normalisation, in which its bias would be lost; initialised as in the paper.
nn::Conv2d conv(std::int64_t in, std::int64_t out, std::int64_t kernel_size, std::int64_t stride = 1) {
  nn::Conv2d layer({.in_channels = in,
                    .out_channels = out,
                    .kernel_size = kernel_size,
                    .stride = stride,
                    .padding = kernel_size / 2,
                    .bias = false});
  Tensor weight = layer.weight().value();
  weight.copy_from(nn::init::kaiming_normal(layer.weight().shape(), 0, nn::init::FanMode::fan_out));
  return layer;
}

nn::Sequential stage(std::int64_t in, std::int64_t out, std::int64_t blocks, std::int64_t stride) {
  nn::Sequential layers;
  for (std::int64_t i = 0; i < blocks; ++i) layers.append(BasicBlock(i == 0 ? in : out, out, i == 0 ? stride : 1));
  return layers;
}

}  // namespace

BasicBlock::BasicBlock(std::int64_t in_channels, std::int64_t out_channels, std::int64_t stride)
    : conv1_(add("conv1", conv(in_channels, out_channels, 3, stride))),
      bn1_(add("bn1", nn::BatchNorm2d(out_channels))),
      relu_(add("relu", nn::ReLU())),
      conv2_(add("conv2", conv(out_channels, out_channels, 3))),
      bn2_(add("bn2", nn::BatchNorm2d(out_channels))) {
  if (stride == 1 && in_channels == out_channels) return;
  downsample_ =
      &add("downsample", nn::Sequential{conv(in_channels, out_channels, 1, stride), nn::BatchNorm2d(out_channels)});
}

Variable BasicBlock::forward(const Variable& x) {
  const Variable shortcut = downsample_ == nullptr ? x : (*downsample_)(x);
  return relu_(shortcut + nn::in_sequence({&conv1_, &bn1_, &relu_, &conv2_, &bn2_}, x));
}

ResNet::ResNet(std::int64_t blocks, std::int64_t classes, std::int64_t in_channels)
    : conv1_(add("conv1", conv(in_channels, 16, 3))),
      bn1_(add("bn1", nn::BatchNorm2d(16))),
      relu_(add("relu", nn::ReLU())),
      layer1_(add("layer1", stage(16, 16, blocks, 1))),
      layer2_(add("layer2", stage(16, 32, blocks, 2))),
      layer3_(add("layer3", stage(32, 64, blocks, 2))),
      fc_(add("fc", nn::Linear(64, classes))) {}

Variable ResNet::forward(const Variable& x) {
  const Variable features = nn::in_sequence({&conv1_, &bn1_, &relu_, &layer1_, &layer2_, &layer3_}, x);
  return fc_(mean(features, {2, 3}));
}

}  // namespace models
