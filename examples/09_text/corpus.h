#pragma once

#include <array>
#include <cstdint>
#include <reel/core/random.h>
#include <reel/core/tensor.h>
#include <string>
#include <string_view>
#include <utility>

namespace text {

/// The characters (bytes) that a text is made of, and a number for each, in ascending order.
class Vocabulary {
 public:
  explicit Vocabulary(std::string_view text);

  [[nodiscard]] std::int64_t size() const { return static_cast<std::int64_t>(characters_.size()); }
  [[nodiscard]] const std::string& characters() const { return characters_; }
  [[nodiscard]] char character(std::int64_t number) const { return characters_.at(static_cast<std::size_t>(number)); }
  /// int64 [length]. Throws reel::ValueError for a character that the vocabulary has not.
  [[nodiscard]] reel::Tensor encode(std::string_view text) const;

 private:
  std::string characters_;
  std::array<std::int64_t, 256> numbers_{};  // -1: not there
};

/// A text as numbers, the last tenth kept apart to test on.
struct Corpus {
  Vocabulary vocabulary;
  reel::Tensor train;  // int64 [T]
  reel::Tensor test;   // int64 [U]
};

/// Throws reel::IoError for a file that can't be read, and reel::ValueError for a text whose parts are shorter than a
/// window and the character behind it.
[[nodiscard]] Corpus load_corpus(const std::string& path, std::int64_t window);

/// What comes in, and what comes next: int64 [N, window] each, the second one character further on.
struct Windows {
  reel::Tensor input;
  reel::Tensor target;
};
/// N windows from anywhere in the text.
[[nodiscard]] Windows random_windows(const reel::Tensor& text, std::int64_t count, std::int64_t window,
                                     reel::Generator& generator);
/// All that lie one behind the other.
[[nodiscard]] Windows all_windows(const reel::Tensor& text, std::int64_t window);

/// Bits that a character of `test` takes on average where nothing is known but how often each character stands in
/// `train`, and how often behind each other one: what a model has to be better than.
[[nodiscard]] std::pair<double, double> counted_bits(const Corpus& corpus);

}  // namespace text
