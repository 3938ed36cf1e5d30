#pragma once

#include <reel/core/kernels/conv.h>
#include <reel/nn/module.h>

/// The layers of the convolution family. Names, defaults, parameters and initialisation are PyTorch's.
namespace reel::nn {

/// Size is a Pair, or one number in 1-D. Padding takes "same" with any stride, and a number for each end of an axis
/// (see AxisPadding).
template <class Size, class Pad>
struct ConvOptions {
  std::int64_t in_channels = 0;   ///< of the input
  std::int64_t out_channels = 0;  ///< of the output, and so filters
  Size kernel_size = 0;           ///< taps of a filter along each axis
  Size stride = 1;                ///< pixels of the input from one place of the filter to the next
  Pad padding = 0;                ///< around the image
  Size dilation = 1;              ///< pixels from one tap to the next
  std::int64_t groups = 1;        ///< parts that the channels are cut into, each with filters of its own
  bool bias = true;               ///< add a number for each output channel
  PaddingMode padding_mode = PaddingMode::zeros;  ///< what stands in the padding
};
/// Of Conv1d, and of Conv2d:
using Conv1dOptions = ConvOptions<std::int64_t, AxisPadding>;
using Conv2dOptions = ConvOptions<Pair, Padding>;

/// The same of a transposed convolution.
template <class Size, class Pad>
struct ConvTransposeOptions {
  std::int64_t in_channels = 0;   ///< of the input
  std::int64_t out_channels = 0;  ///< of the output, and so filters
  Size kernel_size = 0;           ///< taps of a filter along each axis
  Size stride = 1;                ///< pixels of the output from one place of the filter to the next
  Pad padding = 0;                ///< what is cut off the output
  Size output_padding = 0;        ///< added to the end of the output
  Size dilation = 1;              ///< pixels from one tap to the next
  std::int64_t groups = 1;        ///< parts that the channels are cut into, each with filters of its own
  bool bias = true;               ///< add a number for each output channel
};
/// Of ConvTranspose1d, and of ConvTranspose2d:
using ConvTranspose1dOptions = ConvTransposeOptions<std::int64_t, AxisPadding>;
using ConvTranspose2dOptions = ConvTransposeOptions<Pair, Padding>;

/// What Conv1d, Conv2d, ConvTranspose1d and ConvTranspose2d have in common, which is all but the op that they call.
template <class Options>
class ConvLayer : public Module {
 public:
  /// Throws ValueError for sizes below 1, negative padding, and groups that do not divide both channel counts.
  explicit ConvLayer(const Options& options);

  /// The filters; the layers below tell their shape.
  [[nodiscard]] const Variable& weight() const { return *weight_; }
  /// Undefined without one.
  [[nodiscard]] Variable bias() const { return bias_ == nullptr ? Variable() : *bias_; }
  /// As they were given.
  [[nodiscard]] const Options& options() const { return options_; }
  [[nodiscard]] std::string describe() const override;

 protected:
  Variable forward(const Variable& x) final {
    LayersBehind none;
    return forward_with(x, none);
  }
  Variable forward_with(const Variable& x, LayersBehind& behind) override;

 private:
  Options options_;
  const Variable* weight_ = nullptr;  // owned as parameters
  const Variable* bias_ = nullptr;
};

/// x [N, in_channels, L] -> [N, out_channels, OL]; see reel::conv1d.
/// Parameters: weight [out_channels, in_channels / groups, K], bias [out_channels].
using Conv1d = ConvLayer<Conv1dOptions>;
/// x [N, in_channels, H, W] -> [N, out_channels, OH, OW]; see reel::conv2d.
/// Parameters: weight [out_channels, in_channels / groups, KH, KW], bias [out_channels].
using Conv2d = ConvLayer<Conv2dOptions>;
/// x [N, in_channels, L] -> [N, out_channels, OL]; see reel::conv_transpose1d.
/// Parameters: weight [in_channels, out_channels / groups, K], bias [out_channels].
using ConvTranspose1d = ConvLayer<ConvTranspose1dOptions>;
/// x [N, in_channels, H, W] -> [N, out_channels, OH, OW]; see reel::conv_transpose2d.
/// Parameters: weight [in_channels, out_channels / groups, KH, KW], bias [out_channels].
using ConvTranspose2d = ConvLayer<ConvTranspose2dOptions>;

}  // namespace reel::nn
