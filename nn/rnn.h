#pragma once

#include <reel/autograd/ops/rnn.h>
#include <reel/nn/module.h>
#include <string_view>

/// Recurrent layers; see reel::rnn. Names, defaults and initialisation are PyTorch's.
///
///     nn::LSTM lstm({.input_size = 28, .hidden_size = 64, .num_layers = 2, .batch_first = true});
///     const Variable states = lstm(x);                  // the output alone
///     const auto [output, state] = lstm.run(x, before);  // and {state.h, state.c}, to go on from
///
/// A state that comes from an earlier tape is a constant: that is truncated backpropagation through time.
namespace reel::nn {

/// What RNN, LSTM and GRU are made of.
struct RecurrentOptions {
  std::int64_t input_size = 0;   ///< I: numbers of a step
  std::int64_t hidden_size = 0;  ///< H: numbers of a state
  std::int64_t num_layers = 1;   ///< layers, each on the output of the one before
  bool bias = true;              ///< add biases, of the input and of the state
  bool batch_first = false;      ///< [N, T, I] in and [N, T, H] out, and not [T, N, I]
  double dropout = 0;            ///< of what one layer hands to the next, in training
  bool bidirectional = false;    ///< run backwards as well; the output is twice as wide
};

/// What RNN, LSTM and GRU are. Parameters of layer k, and with the suffix _reverse those of its direction backwards:
/// weight_ih_lk [G*H, I], weight_hh_lk [G*H, H], bias_ih_lk, bias_hh_lk [G*H]; all start uniform in +-1 / sqrt(H).
class Recurrent : public Module {
 public:
  /// Runs from a state, or from zeros, and gives the output and the last state of each layer.
  [[nodiscard]] RnnOutput run(const Variable& x, const RnnState& state = {});
  /// As they were given.
  [[nodiscard]] const RecurrentOptions& options() const { return options_; }
  [[nodiscard]] std::string describe() const override;

 protected:
  /// Throws ValueError for sizes below 1 and a dropout outside [0, 1].
  Recurrent(std::string_view name, RnnCell cell, const RecurrentOptions& options);
  Variable forward(const Variable& x) override { return run(x).output; }

 private:
  std::string_view layer_;
  RnnCell cell_;
  RecurrentOptions options_;
};

/// Elman's net, with "tanh" or "relu".
class RNN : public Recurrent {
 public:
  /// Also throws ValueError for another nonlinearity.
  explicit RNN(const RecurrentOptions& options, std::string_view nonlinearity = "tanh");
};

/// Long short-term memory (Hochreiter and Schmidhuber, 1997): G = 4, for the gates i, f, g, o.
class LSTM : public Recurrent {
 public:
  /// Throws ValueError for sizes below 1 and a dropout outside [0, 1].
  explicit LSTM(const RecurrentOptions& options) : Recurrent("LSTM", RnnCell::lstm, options) {}
};

/// The gated recurrent unit (Cho et al., 2014): G = 3, for r, z, n.
class GRU : public Recurrent {
 public:
  /// Throws ValueError for sizes below 1 and a dropout outside [0, 1].
  explicit GRU(const RecurrentOptions& options) : Recurrent("GRU", RnnCell::gru, options) {}
};

}  // namespace reel::nn
