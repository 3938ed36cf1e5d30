#pragma once

#include <reel/autograd/ops/pool.h>
#include <reel/nn/module.h>

namespace reel::nn {

/// The layer's name and its options, without those that have their default.
[[nodiscard]] inline std::string describe_pool(std::string_view layer, const Pool2dOptions& options) {
  std::ostringstream out;
  out << layer << '(' << options.kernel_size;
  if (options.stride != Pair(0) && options.stride != options.kernel_size) out << ", stride=" << options.stride;
  if (options.padding != Pair(0)) out << ", padding=" << options.padding;
  if (options.dilation != Pair(1)) out << ", dilation=" << options.dilation;
  out << ')';
  return std::move(out).str();
}

/// The largest value of each window; see reel::max_pool2d. `MaxPool2d(2)`, `MaxPool2d({.kernel_size = 3, .stride = 2})`
class MaxPool2d final : public Module {
 public:
  explicit MaxPool2d(const Pool2dOptions& options) : options_(options) {}
  explicit MaxPool2d(int kernel_size) : MaxPool2d(Pool2dOptions{.kernel_size = kernel_size}) {}
  [[nodiscard]] std::string describe() const override { return describe_pool("MaxPool2d", options_); }
  /// Whether its windows are 2 x 2 pixels side by side.
  [[nodiscard]] bool is_two_by_two() const {
    const auto& [kernel, stride, padding, dilation] = options_;
    return kernel == Pair(2) && (stride == Pair(0) || stride == Pair(2)) && padding == Pair(0) && dilation == Pair(1);
  }

 protected:
  Variable forward(const Variable& x) override { return max_pool2d(x, options_); }

 private:
  Pool2dOptions options_;
};

/// Takes a max pooling of 2 x 2 pixels off the front of the layers behind, if it is there: for a layer that does it on
/// its way out.
[[nodiscard]] inline bool take_two_by_two_pool(LayersBehind& behind) {
  const auto* pool = behind.empty() ? nullptr : dynamic_cast<const MaxPool2d*>(behind.front());
  if (pool == nullptr || !pool->is_two_by_two()) return false;
  behind = behind.subspan(1);
  return true;
}

/// The mean of each window; see reel::avg_pool2d.
class AvgPool2d : public Module {
 public:
  explicit AvgPool2d(const Pool2dOptions& options) : options_(options) {}
  explicit AvgPool2d(int kernel_size) : AvgPool2d(Pool2dOptions{.kernel_size = kernel_size}) {}
  [[nodiscard]] std::string describe() const override { return describe_pool("AvgPool2d", options_); }

 protected:
  Variable forward(const Variable& x) override { return avg_pool2d(x, options_); }

 private:
  Pool2dOptions options_;
};

/// Means over windows that cover the plane; see reel::adaptive_avg_pool2d.
class AdaptiveAvgPool2d : public Module {
 public:
  explicit AdaptiveAvgPool2d(Pair output_size) : output_size_(output_size) {}
  [[nodiscard]] std::string describe() const override { return concat("AdaptiveAvgPool2d(", output_size_, ')'); }

 protected:
  Variable forward(const Variable& x) override { return adaptive_avg_pool2d(x, output_size_); }

 private:
  Pair output_size_;
};

}  // namespace reel::nn
