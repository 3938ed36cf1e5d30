#include <algorithm>
#include <reel/core/error.h>
#include <reel/core/kernels/window.h>

namespace reel {

std::ostream& operator<<(std::ostream& out, const Pair& pair) {
  if (pair.h == pair.w) return out << pair.h;
  return out << '(' << pair.h << ", " << pair.w << ')';
}

AxisPadding::AxisPadding(std::string_view word) : is_same(word == "same") {
  require<ValueError>(is_same || word == "valid", "padding", "wants a number, a pair, \"same\" or \"valid\", got \"",
                      word, '"');
}

std::ostream& operator<<(std::ostream& out, const AxisPadding& padding) {
  if (padding.is_same) return out << "same";
  return out << Pair(padding.before, padding.after);
}

std::ostream& operator<<(std::ostream& out, const Padding& padding) {
  if (padding.h == padding.w && padding.h.before == padding.h.after) return out << padding.h;
  return out << '(' << padding.h << ", " << padding.w << ')';
}

std::ostream& operator<<(std::ostream& out, PaddingMode mode) {
  constexpr const char* names[] = {"zeros", "reflect", "replicate", "circular"};
  return out << names[static_cast<int>(mode)];
}

namespace {

/// Checks one axis of a window, and tells how many elements it reaches over.
std::int64_t checked_reach(std::string_view op, std::string_view axis, std::int64_t kernel, std::int64_t stride,
                           std::int64_t dilation, const AxisPadding& padding) {
  require<ValueError>(kernel >= 1 && stride >= 1 && dilation >= 1, op,
                      "kernel size, stride and dilation must be at least 1, got ", kernel, ", ", stride, " and ",
                      dilation, " for the ", axis);
  require<ValueError>(padding.before >= 0 && padding.after >= 0, op, "padding must not be negative, got ", padding,
                      " for the ", axis);
  return (kernel - 1) * dilation + 1;
}

}  // namespace

WindowAxis place_window(std::string_view op, std::string_view axis, std::int64_t in, std::int64_t kernel,
                        std::int64_t stride, std::int64_t dilation, const AxisPadding& padding, bool is_ceil) {
  const std::int64_t reach = checked_reach(op, axis, kernel, stride, dilation, padding);
  if (padding.is_same) {
    const std::int64_t out = (in + stride - 1) / stride;
    return {out, std::max<std::int64_t>(0, (out - 1) * stride + reach - in) / 2};
  }
  const std::int64_t room = in + padding.before + padding.after - reach + (is_ceil ? stride - 1 : 0);
  require<ShapeError>(room >= 0, op, "a window of ", reach, " does not fit the input's ", axis, " of ", in,
                      " with padding ", padding, "; use a smaller kernel, more padding or a larger input");
  const bool begins_behind = is_ceil && room / stride * stride >= in + padding.before;
  return {room / stride + (begins_behind ? 0 : 1), padding.before};
}

WindowAxis place_transposed_window(std::string_view op, std::string_view axis, std::int64_t in, std::int64_t kernel,
                                   std::int64_t stride, std::int64_t dilation, const AxisPadding& padding,
                                   std::int64_t output_padding) {
  const std::int64_t reach = checked_reach(op, axis, kernel, stride, dilation, padding);
  require<ValueError>(output_padding >= 0 && output_padding < (padding.is_same ? 1 : std::max(stride, dilation)), op,
                      "output_padding wants to be ",
                      padding.is_same ? "0 beside padding \"same\"" : "at least 0 and below the stride or the dilation",
                      ", got ", output_padding, " for the ", axis);
  if (padding.is_same) return {in * stride, std::max<std::int64_t>(0, reach - stride) / 2};
  const std::int64_t out = (in - 1) * stride + reach - padding.before - padding.after + output_padding;
  require<ShapeError>(out >= 1, op, "an input with a ", axis, " of ", in, " gives an output with one of ", out,
                      " with padding ", padding, "; use less padding, a larger kernel or a larger input");
  return {out, padding.before};
}

}  // namespace reel
