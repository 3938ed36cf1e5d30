#pragma once

#include <reel/autograd/ops/pool.h>
#include <reel/nn/lambda.h>

/// The layers of autograd/ops/pool.h. Names and defaults are PyTorch's.
namespace reel::nn {

/// What the max and the average poolings have in common, which is all but the op that they call.
/// `MaxPool2d(2)`, `MaxPool2d({.kernel_size = 3, .stride = 2})`
template <class Options>
class PoolLayer final : public Module {
 public:
  /// All options, or square windows side by side. They are checked when the layer is called.
  explicit PoolLayer(const Options& options) : options_(options) {}
  explicit PoolLayer(int kernel_size) : options_{.kernel_size = kernel_size} {}
  /// As they were given.
  [[nodiscard]] const Options& options() const { return options_; }
  [[nodiscard]] std::string describe() const override;

 protected:
  Variable forward(const Variable& x) override;

 private:
  Options options_;
};

/// [N, C, L] -> [N, C, OL]; see reel::max_pool1d.
using MaxPool1d = PoolLayer<Pool1dOptions>;
/// [N, C, H, W] -> [N, C, OH, OW]; see reel::max_pool2d.
using MaxPool2d = PoolLayer<Pool2dOptions>;
/// [N, C, L] -> [N, C, OL]; see reel::avg_pool1d.
using AvgPool1d = PoolLayer<AvgPool1dOptions>;
/// [N, C, H, W] -> [N, C, OH, OW]; see reel::avg_pool2d.
using AvgPool2d = PoolLayer<AvgPool2dOptions>;

/// Takes a max pooling by windows of 2 x 2 pixels side by side off the front of the layers behind, if it is there: for
/// a layer that does it on its way out.
[[nodiscard]] bool take_two_by_two_pool(LayersBehind& behind);

/// The mean of each of output_size windows that cover a row: [N, C, L] -> [N, C, output_size]; see
/// reel::adaptive_avg_pool1d.
struct AdaptiveAvgPool1d : Lambda {
  /// Size 1 is global pooling.
  explicit AdaptiveAvgPool1d(std::int64_t output_size);
};
/// The same of images: [N, C, H, W] -> [N, C, output_size.h, output_size.w]; see reel::adaptive_avg_pool2d.
struct AdaptiveAvgPool2d : Lambda {
  /// Size 1 is global pooling.
  explicit AdaptiveAvgPool2d(Pair output_size);
};
/// The largest value of each: [N, C, L] -> [N, C, output_size]; see reel::adaptive_max_pool1d.
struct AdaptiveMaxPool1d : Lambda {
  /// Size 1 is global pooling.
  explicit AdaptiveMaxPool1d(std::int64_t output_size);
};
/// The same of images: [N, C, H, W] -> [N, C, output_size.h, output_size.w]; see reel::adaptive_max_pool2d.
struct AdaptiveMaxPool2d : Lambda {
  /// Size 1 is global pooling.
  explicit AdaptiveMaxPool2d(Pair output_size);
};

}  // namespace reel::nn
