#pragma once

#include <memory>
#include <reel/nn/embedding.h>
#include <reel/nn/linear.h>
#include <reel/nn/rnn.h>
#include <reel/nn/transformer.h>
#include <string>

namespace text {

namespace nn = reel::nn;

/// A net that reads on: characters, int64 [N, T] in [0, V) -> logits [N, T, V] of the one that comes next, for which
/// only those up to there are looked at. Makes "lstm" or "transformer", with fresh weights; throws reel::ValueError for
/// another name. T is at most `window` for a transformer.
[[nodiscard]] std::unique_ptr<nn::Module> make_model(const std::string& name, std::int64_t characters,
                                                     std::int64_t window);

/// One layer of LSTM with 256 units.
class CharacterLSTM : public nn::Module {
 public:
  explicit CharacterLSTM(std::int64_t characters);

 protected:
  reel::Variable forward(const reel::Variable& characters) override;

 private:
  nn::Embedding& embedding_;
  nn::LSTM& lstm_;
  nn::Linear& head_;
};

/// Three layers of a transformer, 128 numbers wide, with four heads; a vector is learned for each place.
class CharacterTransformer : public nn::Module {
 public:
  CharacterTransformer(std::int64_t characters, std::int64_t window);

 protected:
  reel::Variable forward(const reel::Variable& characters) override;

 private:
  std::int64_t window_;
  nn::Embedding& embedding_;
  const reel::Variable& places_;  // [window, 128]
  nn::TransformerEncoder& encoder_;
  nn::Linear& head_;
};

}  // namespace text
