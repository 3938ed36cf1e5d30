#include "models.h"

#include <reel/autograd/ops/arithmetic.h>
#include <reel/autograd/ops/view.h>
#include <reel/core/error.h>
#include <reel/core/random.h>

namespace text {

using namespace reel;

CharacterLSTM::CharacterLSTM(std::int64_t characters)
    : embedding_(add("embedding", nn::Embedding(characters, 64))),
      lstm_(add("lstm", nn::LSTM({.input_size = 64, .hidden_size = 256, .batch_first = true}))),
      head_(add("head", nn::Linear(256, characters))) {}

Variable CharacterLSTM::forward(const Variable& characters) { return head_(lstm_(embedding_(characters))); }

CharacterTransformer::CharacterTransformer(std::int64_t characters, std::int64_t window)
    : window_(window),
      embedding_(add("embedding", nn::Embedding(characters, 128))),
      places_(parameter("places", normal({window, 128}, 0, 0.02))),
      encoder_(add("encoder", nn::TransformerEncoder({.d_model = 128,
                                                      .nhead = 4,
                                                      .dim_feedforward = 512,
                                                      .dropout = 0.1,
                                                      .activation = "gelu",
                                                      .batch_first = true,
                                                      .norm_first = true},
                                                     /*num_layers=*/3, /*final_norm=*/true))),
      head_(add("head", nn::Linear(128, characters))) {}

Variable CharacterTransformer::forward(const Variable& characters) {
  const std::int64_t length = characters.shape()[1];
  require<ShapeError>(length <= window_, "CharacterTransformer", "knows places for ", window_, " characters, got ",
                      length);
  return head_(encoder_.run(embedding_(characters) + narrow(places_, 0, 0, length), {.is_causal = true}));
}

std::unique_ptr<nn::Module> make_model(const std::string& name, std::int64_t characters, std::int64_t window) {
  if (name == "lstm") return std::make_unique<CharacterLSTM>(characters);
  require<ValueError>(name == "transformer", "text", "there is a model lstm and a model transformer, got ", name);
  return std::make_unique<CharacterTransformer>(characters, window);
}

}  // namespace text
