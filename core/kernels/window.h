#pragma once

#include <cstdint>
#include <ostream>
#include <string_view>

namespace reel {

/// One number for height and width, or one for each: `3` or `{3, 5}`.
struct Pair {
  std::int64_t h;  ///< height
  std::int64_t w;  ///< width
  /// The same for both (a number converts), or one for each.
  Pair(std::int64_t both) : h(both), w(both) {}
  Pair(std::int64_t height, std::int64_t width) : h(height), w(width) {}
  /// Whether both are equal.
  friend bool operator==(const Pair&, const Pair&) = default;
};
/// `(3, 5)`, or `3` where both are equal.
std::ostream& operator<<(std::ostream& out, const Pair& pair);

/// How far a window may reach over the ends of an axis: as many zeros before as after it (`1`), a number for each
/// (`{2, 0}`), "valid" (none), or "same". With "same", out = ceil(in / stride) for any stride and dilation; where the
/// zeros needed are odd in number, the extra one is at the end. That is SAME_UPPER of ONNX and SAME of TensorFlow;
/// PyTorch's 'same' is the case of stride 1.
struct AxisPadding {
  std::int64_t before = 0;  ///< zeros before the first element
  std::int64_t after = 0;   ///< zeros after the last one
  bool is_same = false;     ///< then the numbers are 0

  /// As many at either end (a number converts), or a number for each.
  AxisPadding(int both) : before(both), after(both) {}
  AxisPadding(std::int64_t both) : before(both), after(both) {}
  AxisPadding(std::int64_t zeros_before, std::int64_t zeros_after) : before(zeros_before), after(zeros_after) {}
  /// "same" or "valid"; throws ValueError for another word.
  AxisPadding(std::string_view word);
  AxisPadding(const char* word) : AxisPadding(std::string_view(word)) {}
  /// Whether both pad alike.
  friend bool operator==(const AxisPadding&, const AxisPadding&) = default;
};
/// `1`, `(2, 0)` or `same`
std::ostream& operator<<(std::ostream& out, const AxisPadding& padding);

/// One padding for height and width, or one for each: `1`, `"same"`, `{1, 2}`, `{{1, 0}, "same"}`.
struct Padding {
  AxisPadding h;  ///< above and below
  AxisPadding w;  ///< left and right
  /// The same for height and width (a number or a word converts), or one for each.
  Padding(int both) : h(both), w(both) {}
  Padding(std::int64_t both) : h(both), w(both) {}
  Padding(std::string_view word) : h(word), w(word) {}
  Padding(const char* word) : h(word), w(word) {}
  Padding(const AxisPadding& height, const AxisPadding& width) : h(height), w(width) {}
  /// Whether both pad alike.
  friend bool operator==(const Padding&, const Padding&) = default;
};
/// `1`, `same`, or one for each axis.
std::ostream& operator<<(std::ostream& out, const Padding& padding);

/// What stands in the padding: zeros; the image mirrored at its outermost pixels, which are not repeated; its outermost
/// pixels; or the image from its other end. Where the padding is longer than the image, mirror or image go on.
enum class PaddingMode { zeros, reflect, replicate, circular };
/// `zeros`, `reflect`, ...
std::ostream& operator<<(std::ostream& out, PaddingMode mode);

/// One axis of a sliding window: how many positions it takes, and the zeros before the first element.
struct WindowAxis {
  std::int64_t out;        ///< how many positions
  std::int64_t pad_begin;  ///< zeros before the first element
};

/// Places a window of `kernel` taps along an axis of `in` elements. With `is_ceil` a last one may reach beyond the
/// padding, if it does not begin in what is behind the elements (PyTorch's ceil_mode).
/// Throws ValueError for a kernel, stride or dilation below 1 or a negative padding, and ShapeError where the window
/// does not fit even once.
[[nodiscard]] WindowAxis place_window(std::string_view op, std::string_view axis, std::int64_t in, std::int64_t kernel,
                                      std::int64_t stride, std::int64_t dilation, const AxisPadding& padding,
                                      bool is_ceil = false);

/// Places the window whose positions are the `in` elements of a transposed convolution: `out` here is the length of the
/// axis that it slides over, (in - 1) stride + dilation (kernel - 1) + 1 - before - after + output_padding, or
/// in * stride with "same", as in TensorFlow. Throws ValueError for the same as above and an output_padding that is not
/// below the stride or the dilation, or beside "same" not 0; and ShapeError where nothing is left.
[[nodiscard]] WindowAxis place_transposed_window(std::string_view op, std::string_view axis, std::int64_t in,
                                                 std::int64_t kernel, std::int64_t stride, std::int64_t dilation,
                                                 const AxisPadding& padding, std::int64_t output_padding);

}  // namespace reel
