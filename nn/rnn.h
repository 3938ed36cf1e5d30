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

struct RecurrentOptions {
  std::int64_t input_size = 0;
  std::int64_t hidden_size = 0;
  std::int64_t num_layers = 1;
  bool bias = true;
  bool batch_first = false;
  double dropout = 0;  // of what one layer hands to the next, in training
  bool bidirectional = false;
};

/// What RNN, LSTM and GRU are. Parameters of layer k, and with the suffix _reverse those of its direction backwards:
/// weight_ih_lk [G*H, I], weight_hh_lk [G*H, H], bias_ih_lk, bias_hh_lk [G*H]; all start uniform in +-1 / sqrt(H).
class Recurrent : public Module {
 public:
  /// Runs from a state, or from zeros, and gives the output and the last state of each layer.
  [[nodiscard]] RnnOutput run(const Variable& x, const RnnState& state = {});
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

class LSTM : public Recurrent {
 public:
  explicit LSTM(const RecurrentOptions& options) : Recurrent("LSTM", RnnCell::lstm, options) {}
};

class GRU : public Recurrent {
 public:
  explicit GRU(const RecurrentOptions& options) : Recurrent("GRU", RnnCell::gru, options) {}
};

}  // namespace reel::nn
