#include <doctest/doctest.h>

#include <cmath>
#include <reel/autograd/ops/arithmetic.h>
#include <reel/autograd/ops/loss.h>
#include <reel/autograd/ops/view.h>
#include <reel/autograd/tape.h>
#include <reel/core/kernels/index.h>
#include <reel/nn/attention.h>
#include <reel/nn/embedding.h>
#include <reel/nn/rnn.h>
#include <reel/nn/sequential.h>
#include <reel/optim/adam.h>
#include <tests/autograd/errors.h>
#include <tests/autograd/golden.h>

using namespace reel;
using namespace reel::testing;

namespace {

std::vector<std::string> names(const nn::Module& module) {
  std::vector<std::string> out;
  for (const auto& [name, parameter] : module.named_parameters()) out.push_back(concat(name, ' ', parameter.shape()));
  return out;
}

using Names = std::vector<std::string>;

}  // namespace

TEST_CASE("sequence layers: parameters have PyTorch's names, order and first values") {
  const nn::LSTM lstm({.input_size = 3, .hidden_size = 4, .num_layers = 2, .bidirectional = true});
  CHECK(names(lstm) == Names{"weight_ih_l0 [16, 3]", "weight_hh_l0 [16, 4]", "bias_ih_l0 [16]", "bias_hh_l0 [16]",
                             "weight_ih_l0_reverse [16, 3]", "weight_hh_l0_reverse [16, 4]", "bias_ih_l0_reverse [16]",
                             "bias_hh_l0_reverse [16]", "weight_ih_l1 [16, 8]", "weight_hh_l1 [16, 4]",
                             "bias_ih_l1 [16]", "bias_hh_l1 [16]", "weight_ih_l1_reverse [16, 8]",
                             "weight_hh_l1_reverse [16, 4]", "bias_ih_l1_reverse [16]", "bias_hh_l1_reverse [16]"});
  for (const Variable& v : lstm.parameters()) {
    CHECK(max(abs(v.value())).item() <= 0.5);
    CHECK(max(abs(v.value())).item() > 0.25);
  }
  CHECK(names(nn::GRU({.input_size = 3, .hidden_size = 4, .bias = false})) ==
        Names{"weight_ih_l0 [12, 3]", "weight_hh_l0 [12, 4]"});
  CHECK(names(nn::RNN({.input_size = 3, .hidden_size = 4})) ==
        Names{"weight_ih_l0 [4, 3]", "weight_hh_l0 [4, 4]", "bias_ih_l0 [4]", "bias_hh_l0 [4]"});

  const nn::MultiheadAttention attention({.embed_dim = 8, .num_heads = 2});
  CHECK(names(attention) ==
        Names{"in_proj_weight [24, 8]", "in_proj_bias [24]", "out_proj.weight [8, 8]", "out_proj.bias [8]"});
  const nn::StateDict state = attention.state_dict();
  CHECK(max(abs(state.at("in_proj_weight"))).item() <= std::sqrt(6.0 / 32));
  CHECK(max(abs(state.at("in_proj_bias"))).item() + max(abs(state.at("out_proj.bias"))).item() == 0);

  const nn::Embedding embedding(50, 20, {.padding_idx = -1});
  CHECK(names(embedding) == Names{"weight [50, 20]"});
  CHECK(max(abs(embedding.weight().value().select(0, 49))).item() == 0);
  CHECK(std::abs(var(embedding.weight().value()).item() - 0.98) < 0.1);
}

TEST_CASE("sequence layers: what they say of themselves") {
  CHECK(nn::LSTM({.input_size = 3, .hidden_size = 4}).describe() == "LSTM(3, 4)");
  CHECK(nn::GRU({.input_size = 3,
                 .hidden_size = 4,
                 .num_layers = 2,
                 .bias = false,
                 .batch_first = true,
                 .dropout = 0.5,
                 .bidirectional = true})
            .describe() == "GRU(3, 4, num_layers=2, bias=false, batch_first=true, dropout=0.5, bidirectional=true)");
  CHECK(nn::RNN({.input_size = 3, .hidden_size = 4}, "relu").describe() == "RNN(3, 4, nonlinearity=relu)");
  CHECK(nn::Embedding(10, 3, {.padding_idx = 0}).describe() == "Embedding(10, 3, padding_idx=0)");
  CHECK(nn::MultiheadAttention({.embed_dim = 8, .num_heads = 2, .dropout = 0.1, .bias = false, .batch_first = true})
            .describe() == "MultiheadAttention(8, num_heads=2, dropout=0.1, bias=false, batch_first=true)");
}

TEST_CASE("sequence layers: a sequence in two parts is the whole") {
  const Variable x = normal({6, 2, 3});
  nn::LSTM lstm({.input_size = 3, .hidden_size = 4, .num_layers = 2});
  nn::GRU gru({.input_size = 3, .hidden_size = 4});
  for (nn::Recurrent* net : {static_cast<nn::Recurrent*>(&lstm), static_cast<nn::Recurrent*>(&gru)}) {
    const RnnOutput whole = net->run(x);
    const RnnOutput first = net->run(narrow(x, 0, 0, 4));
    const RnnOutput second = net->run(narrow(x, 0, 4, 2), first.state);
    CHECK(relative_error(concatenate({first.output, second.output}).value(), whole.output.value()) < 1e-6);
    CHECK(relative_error(second.state.h.value(), whole.state.h.value()) < 1e-6);
    CHECK(relative_error((*net)(x).value(), whole.output.value()) == 0);
  }
}

TEST_CASE("sequence layers: dropout between layers is drawn in training alone") {
  nn::GRU gru({.input_size = 3, .hidden_size = 40, .num_layers = 2, .dropout = 0.5});
  const Variable x = normal({3, 2, 3});
  CHECK(relative_error(gru(x).value(), gru(x).value()) > 0);
  gru.eval();
  CHECK(relative_error(gru(x).value(), gru(x).value()) == 0);
}

TEST_CASE("sequence layers: a net of them learns which of two words came first") {
  manual_seed(1);
  struct Reader : nn::Module {
    nn::Embedding& words = add("words", nn::Embedding(10, 8));
    nn::LSTM& lstm = add("lstm", nn::LSTM({.input_size = 8, .hidden_size = 16, .batch_first = true}));
    nn::MultiheadAttention& attention =
        add("attention", nn::MultiheadAttention({.embed_dim = 16, .num_heads = 2, .batch_first = true}));
    nn::Linear& out = add("out", nn::Linear(16, 2));
    Variable forward(const Variable& x) override { return out(select(attention(lstm(words(x))), 1, -1)); }
  } reader;
  optim::Adam optimizer(reader.parameters(), {.lr = 0.01});
  double loss = 1;
  for (int step = 0; step < 60; ++step) {
    Tensor text = randint(2, 10, {32, 6});
    const Tensor labels = randint(0, 2, {32});
    text.select(1, 1).copy_from(labels);
    text.select(1, 4).copy_from(Tensor::scalar(1, int64) - labels);
    Tape tape;
    const Variable error = cross_entropy(reader(text), labels);
    tape.backward(error);
    optimizer.step();
    optimizer.zero_grad();
    loss = error.item();
  }
  CHECK(loss < 0.1);
}

TEST_CASE("sequence layers: what their options refuse") {
  check_errors({
      {call([] { return nn::LSTM({.input_size = 3}).options(); }), {"ValueError: LSTM: ", "hidden_size", "3, 0 and 1"}},
      {call([] { return nn::GRU({.input_size = 3, .hidden_size = 4, .dropout = 1.5}).options(); }),
       {"ValueError: GRU: ", "dropout", "1.5"}},
      {call([] { return nn::RNN({.input_size = 3, .hidden_size = 4}, "sine").options(); }),
       {"ValueError: RNN: ", "tanh or relu", "sine"}},
      {call([] { return nn::Embedding(0, 3).weight(); }), {"ValueError: Embedding: ", "0 and 3"}},
      {call([] { return nn::Embedding(5, 3, {.padding_idx = 5}).weight(); }),
       {"IndexError: Embedding: ", "padding_idx 5", "[-5, 5)"}},
      {call([] { return nn::MultiheadAttention({.embed_dim = 8, .num_heads = 3}).options(); }),
       {"ValueError: MultiheadAttention: ", "num_heads", "3 and 8"}},
  });
  struct Net : nn::Module {
    nn::LSTM& lstm = add("lstm", nn::LSTM({.input_size = 3, .hidden_size = 4}));
    Variable forward(const Variable& x) override { return lstm(x); }
  } net;
  check_error(call([&] {
                return net(zeros({2, 2, 4}));
              }),
              {"ShapeError: lstm (lstm): ", "input [2, 2, 4]", "weight_ih_l0 of shape [16, 4], got [16, 3]"});
}
