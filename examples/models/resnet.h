#pragma once

#include <reel/nn/activation.h>
#include <reel/nn/batch_norm.h>
#include <reel/nn/conv.h>
#include <reel/nn/linear.h>
#include <reel/nn/sequential.h>

namespace models {

namespace nn = reel::nn;

/// y = relu(x' + bn2(conv2(relu(bn1(conv1(x)))))), where x' is x, or its 1x1 convolution where the shape changes.
/// x [N, C_in, H, W] -> [N, C_out, ceil(H / stride), ceil(W / stride)]. Names are torchvision's.
class BasicBlock : public nn::Module {
 public:
  BasicBlock(std::int64_t in_channels, std::int64_t out_channels, std::int64_t stride);

 protected:
  reel::Variable forward(const reel::Variable& x) override;

 private:
  nn::Conv2d& conv1_;
  nn::BatchNorm2d& bn1_;
  nn::ReLU& relu_;
  nn::Conv2d& conv2_;
  nn::BatchNorm2d& bn2_;
  nn::Sequential* downsample_ = nullptr;  // where the shape changes
};

/// The ResNet for small pictures of He et al., "Deep Residual Learning for Image Recognition" (2016), section 4.2, with
/// three stages of 16, 32 and 64 channels and `blocks` blocks in each: 6 blocks + 2 layers, 20 with three blocks. Where
/// the paper pads with zero channels, a 1x1 convolution takes their place, as in the nets for large pictures.
/// x [N, in_channels, H, W] -> logits [N, classes]; 272,474 parameters by default.
class ResNet : public nn::Module {
 public:
  explicit ResNet(std::int64_t blocks = 3, std::int64_t classes = 10, std::int64_t in_channels = 3);

 protected:
  reel::Variable forward(const reel::Variable& x) override;

 private:
  nn::Conv2d& conv1_;
  nn::BatchNorm2d& bn1_;
  nn::ReLU& relu_;
  nn::Sequential& layer1_;
  nn::Sequential& layer2_;
  nn::Sequential& layer3_;
  nn::Linear& fc_;
};

[[nodiscard]] inline ResNet resnet20() { return ResNet(3); }

}  // namespace models
