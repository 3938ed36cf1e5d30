#pragma once

#include <cstdint>
#include <ostream>
#include <string_view>

namespace reel {

/// One number for height and width, or one for each: `3` or `{3, 5}`.
struct Pair {
  std::int64_t h;
  std::int64_t w;
  Pair(std::int64_t both) : h(both), w(both) {}
  Pair(std::int64_t height, std::int64_t width) : h(height), w(width) {}
  friend bool operator==(const Pair&, const Pair&) = default;
};
std::ostream& operator<<(std::ostream& out, const Pair& pair);

/// How far a window may reach over the edge: pixels of zeros on both sides (`1`, `{1, 2}`), "valid" (none), or "same".
/// With "same", out = ceil(in / stride) for any stride and dilation; where the zeros needed are odd in number, the
/// extra one is at the end. That is SAME_UPPER of ONNX and SAME of TensorFlow; PyTorch's 'same' is the case of
/// stride 1.
class Padding {
 public:
  Padding(int both) : pixels_(both) {}
  Padding(std::int64_t both) : pixels_(both) {}
  Padding(std::int64_t height, std::int64_t width) : pixels_(height, width) {}
  /// "same" or "valid"; throws ValueError for another word.
  Padding(std::string_view word);
  Padding(const char* word) : Padding(std::string_view(word)) {}

  [[nodiscard]] bool is_same() const { return same_; }
  /// The zeros on either side, where they are given as numbers.
  [[nodiscard]] const Pair& pixels() const { return pixels_; }
  friend std::ostream& operator<<(std::ostream& out, const Padding& padding);

 private:
  Pair pixels_ = 0;
  bool same_ = false;
};

/// One axis of a sliding window: how many positions it takes, and the zeros before the first element.
struct WindowAxis {
  std::int64_t out;
  std::int64_t pad_begin;
};

/// Places a window of `kernel` taps along an axis of `in` elements. `same` overrides `pad`.
/// Throws ValueError for a kernel, stride or dilation below 1 or a negative padding, and ShapeError where the window
/// does not fit even once.
[[nodiscard]] WindowAxis place_window(std::string_view op, std::string_view axis, std::int64_t in, std::int64_t kernel,
                                      std::int64_t stride, std::int64_t dilation, std::int64_t pad, bool same);

}  // namespace reel
