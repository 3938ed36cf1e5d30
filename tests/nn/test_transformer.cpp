#include <doctest/doctest.h>

#include <reel/autograd/tape.h>
#include <reel/nn/transformer.h>
#include <tests/autograd/errors.h>
#include <tests/golden_ops.h>
#include <tests/note.h>

using namespace reel;
using namespace reel::testing;

namespace {

nn::AttentionMasks masks(const GoldenCase& c) {
  const std::string& kind = c.attributes.word("mask");
  if (kind == "padding") return {.key_padding_mask = Tensor::of({0, 0, 0, 0, 0, 1}, {2, 3}, boolean)};
  return {.is_causal = kind == "causal"};
}

/// Loads the case's parameters, and compares the output and all gradients with PyTorch's.
template <class Encoder>
void check_encoder(Encoder encoder, const GoldenCase& c) {
  nn::StateDict state;
  for (const auto& [name, parameter] : encoder.named_parameters()) state[name] = c["state." + name];
  encoder.load_state_dict(state);
  encoder.eval();
  const Variable x = Variable::leaf(c["input0"]);
  const Tape tape;
  const Variable y = encoder.run(x, masks(c));
  CHECK(relative_error(y.value(), c["output"]) <= 1e-5);
  std::vector<Variable> leaves = encoder.parameters();
  leaves.push_back(x);
  const std::vector<Variable> found = grad({y}, leaves, {.grad_outputs = {c["grad_output"]}});
  CHECK(relative_error(found.back().value(), c["grad0"]) <= 1e-5);
  const auto named = encoder.named_parameters();
  for (std::size_t i = 0; i < named.size(); ++i) {
    CAPTURE(named[i].first);
    CHECK(relative_error(found[i].value(), c["grad." + named[i].first]) <= 2e-5);
  }
}

}  // namespace

TEST_CASE("transformer encoders agree with PyTorch") {
  const io::SafeTensors golden = load_golden("encoder");
  int count = 0;
  for (const auto& [name, text] : golden.metadata) {
    if (!text.starts_with("op=")) continue;
    const auto noted = note(name);
    const GoldenCase c(golden, name, text);
    const Attributes& a = c.attributes;
    const nn::TransformerEncoderLayerOptions options{.d_model = 4,
                                                     .nhead = 2,
                                                     .dim_feedforward = 5,
                                                     .activation = a.word("activation"),
                                                     .layer_norm_eps = a.number("layer_norm_eps"),
                                                     .batch_first = a.flag("batch_first"),
                                                     .norm_first = a.flag("norm_first"),
                                                     .bias = a.flag("bias")};
    if (a.integer("layers") == 0) check_encoder(nn::TransformerEncoderLayer(options), c);
    else check_encoder(nn::TransformerEncoder(options, a.integer("layers"), a.flag("final_norm")), c);
    ++count;
  }
  CHECK(count == 6);
}

TEST_CASE("transformer encoders: dropout is drawn in training alone") {
  nn::TransformerEncoderLayer layer({.d_model = 8, .nhead = 2, .dim_feedforward = 16, .dropout = 0.5});
  const Variable x = normal({3, 2, 8});
  CHECK(relative_error(layer(x).value(), layer(x).value()) > 0);
  layer.eval();
  CHECK(relative_error(layer(x).value(), layer(x).value()) == 0);
}

TEST_CASE("transformer encoders: what their options refuse") {
  check_errors({
      {call([] { return nn::TransformerEncoderLayer({.d_model = 8, .activation = "swish"}).describe(); }),
       {"ValueError: TransformerEncoderLayer: ", "relu or gelu", "swish"}},
      {call([] { return nn::TransformerEncoderLayer({.d_model = 8, .nhead = 3}).describe(); }),
       {"ValueError: MultiheadAttention: ", "3 and 8"}},
      {call([] { return nn::TransformerEncoder({.d_model = 8}, 0).describe(); }),
       {"ValueError: TransformerEncoder: ", "num_layers", "0"}},
  });
}
