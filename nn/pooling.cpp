#include <reel/nn/pooling.h>

namespace reel::nn {
namespace {

// What the layers differ in.

const char* name(const Pool1dOptions&) { return "MaxPool1d"; }
const char* name(const Pool2dOptions&) { return "MaxPool2d"; }
const char* name(const AvgPool1dOptions&) { return "AvgPool1d"; }
const char* name(const AvgPool2dOptions&) { return "AvgPool2d"; }

Variable pool(const Variable& x, const Pool1dOptions& options) { return max_pool1d(x, options); }
Variable pool(const Variable& x, const Pool2dOptions& options) { return max_pool2d(x, options); }
Variable pool(const Variable& x, const AvgPool1dOptions& options) { return avg_pool1d(x, options); }
Variable pool(const Variable& x, const AvgPool2dOptions& options) { return avg_pool2d(x, options); }

template <class Size>
std::string describe_more(const PoolOptions<Size>& o) {
  return o.dilation == Size(1) ? "" : concat(", dilation=", o.dilation);
}
template <class Size>
std::string describe_more(const AvgPoolOptions<Size>& o) {
  return o.count_include_pad ? "" : ", count_include_pad=false";
}

bool is_two_by_two(const Pool2dOptions& o) {
  return o.kernel_size == Pair(2) && (o.stride == Pair(0) || o.stride == Pair(2)) && o.padding == Pair(0) &&
         o.dilation == Pair(1) && !o.ceil_mode;
}

}  // namespace

template <class Options>
std::string PoolLayer<Options>::describe() const {
  const Options& o = options_;
  using Size = decltype(o.stride);
  std::ostringstream out;
  out << name(o) << '(' << o.kernel_size;
  if (o.stride != Size(0) && o.stride != o.kernel_size) out << ", stride=" << o.stride;
  if (o.padding != Size(0)) out << ", padding=" << o.padding;
  if (o.ceil_mode) out << ", ceil_mode=true";
  out << describe_more(o) << ')';
  return std::move(out).str();
}

template <class Options>
Variable PoolLayer<Options>::forward(const Variable& x) {
  return pool(x, options_);
}

template class PoolLayer<Pool1dOptions>;
template class PoolLayer<Pool2dOptions>;
template class PoolLayer<AvgPool1dOptions>;
template class PoolLayer<AvgPool2dOptions>;

bool take_two_by_two_pool(LayersBehind& behind) {
  const auto* pool = behind.empty() ? nullptr : dynamic_cast<const MaxPool2d*>(behind.front());
  if (pool == nullptr || !is_two_by_two(pool->options())) return false;
  behind = behind.subspan(1);
  return true;
}

AdaptiveAvgPool1d::AdaptiveAvgPool1d(std::int64_t output_size)
    : Lambda(concat("AdaptiveAvgPool1d(", output_size, ')'),
             [output_size](const Variable& x) { return adaptive_avg_pool1d(x, output_size); }) {}
AdaptiveAvgPool2d::AdaptiveAvgPool2d(Pair output_size)
    : Lambda(concat("AdaptiveAvgPool2d(", output_size, ')'),
             [output_size](const Variable& x) { return adaptive_avg_pool2d(x, output_size); }) {}
AdaptiveMaxPool1d::AdaptiveMaxPool1d(std::int64_t output_size)
    : Lambda(concat("AdaptiveMaxPool1d(", output_size, ')'),
             [output_size](const Variable& x) { return adaptive_max_pool1d(x, output_size); }) {}
AdaptiveMaxPool2d::AdaptiveMaxPool2d(Pair output_size)
    : Lambda(concat("AdaptiveMaxPool2d(", output_size, ')'),
             [output_size](const Variable& x) { return adaptive_max_pool2d(x, output_size); }) {}

}  // namespace reel::nn
