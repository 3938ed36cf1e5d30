#include <algorithm>
#include <reel/core/error.h>
#include <reel/core/kernels/window.h>

namespace reel {

std::ostream& operator<<(std::ostream& out, const Pair& pair) {
  if (pair.h == pair.w) return out << pair.h;
  return out << '(' << pair.h << ", " << pair.w << ')';
}

Padding::Padding(std::string_view word) : same_(word == "same") {
  require<ValueError>(same_ || word == "valid", "padding", "wants a number, a pair, \"same\" or \"valid\", got \"",
                      word, '"');
}

std::ostream& operator<<(std::ostream& out, const Padding& padding) {
  if (padding.same_) return out << "same";
  return out << padding.pixels_;
}

WindowAxis place_window(std::string_view op, std::string_view axis, std::int64_t in, std::int64_t kernel,
                        std::int64_t stride, std::int64_t dilation, std::int64_t pad, bool same) {
  require<ValueError>(kernel >= 1 && stride >= 1 && dilation >= 1, op,
                      "kernel size, stride and dilation must be at least 1, got ", kernel, ", ", stride, " and ",
                      dilation, " for the ", axis);
  require<ValueError>(pad >= 0, op, "padding must not be negative, got ", pad, " for the ", axis);
  const std::int64_t reach = (kernel - 1) * dilation + 1;
  if (same) {
    const std::int64_t out = (in + stride - 1) / stride;
    return {out, std::max<std::int64_t>(0, (out - 1) * stride + reach - in) / 2};
  }
  require<ShapeError>(in + 2 * pad >= reach, op, "a window of ", reach, " does not fit the input's ", axis, " of ", in,
                      " with padding ", pad, "; use a smaller kernel, more padding or a larger input");
  return {(in + 2 * pad - reach) / stride + 1, pad};
}

}  // namespace reel
