#pragma once

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <reel/nn/sequential.h>
#include <span>
#include <string>
#include <vector>

namespace demo {

/// A net that looks at drawings, and what there is to see while it does. Answers are what the page reads: the length of
/// a JSON text in four bytes, the lowest first, the text, and the numbers that it describes, a byte each. May be called
/// from several threads; one looks at a time.
class Eye {
 public:
  /// Rows and columns of a drawing: uint8 [side, side], light ink on black.
  static constexpr std::int64_t side = 112;
  static constexpr std::int64_t classes = 10;

  /// Takes a net for images [N, 1, 28, 28] -> logits [N, 10].
  Eye(std::string name, reel::nn::Sequential model);

  /// The probabilities of the classes, the digit as the net gets it, and what each layer makes of it. Throws
  /// reel::ValueError for another number of bytes and for a drawing without ink.
  [[nodiscard]] std::string look(std::span<const std::byte> drawing);
  /// The gradient of a class's logit with respect to the digit's pixels. Throws as look() does, and reel::IndexError
  /// for a class that there is none of.
  [[nodiscard]] std::string pull(std::span<const std::byte> drawing, std::int64_t label);

 private:
  struct Layer {
    std::string name;
    reel::Tensor output;
  };

  void watch(const std::string& name, reel::nn::Module& layer);

  std::mutex mutex_;  // guards what follows
  std::string name_;
  reel::nn::Sequential model_;
  std::vector<Layer> seen_;  // in the look that goes on
};

}  // namespace demo
