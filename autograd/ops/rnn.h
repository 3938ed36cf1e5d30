#pragma once

#include <reel/autograd/variable.h>
#include <reel/core/kernels/rnn.h>
#include <reel/core/random.h>
#include <vector>

/// Recurrent nets: Elman's with tanh or ReLU, LSTM (Hochreiter and Schmidhuber, 1997), GRU (Cho et al., 2014).
/// Formulas, names, and the order of gates and weights are PyTorch's.
namespace reel {

/// What rnn() runs, and how.
struct RnnOptions {
  RnnCell cell = RnnCell::tanh;  ///< what a step computes
  std::int64_t num_layers = 1;   ///< layers, each on the output of the one before
  bool bias = true;              ///< whether `weights` has biases
  bool batch_first = false;      ///< the batch is the first axis of input and output, and not the second
  double dropout = 0;            ///< of what one layer hands to the next, in training
  bool bidirectional = false;    ///< run backwards as well, with weights of its own
  bool training = true;          ///< whether `dropout` drops
};

/// [L, N, H], with a state for each layer and direction, layer by layer: L = num_layers, or twice as many.
struct RnnState {
  Variable h = {};  ///< the states
  Variable c = {};  ///< the cells of an LSTM
};

/// What rnn() gives.
struct RnnOutput {
  Variable output;  ///< the states of the last layer at each step
  RnnState state;   ///< of all layers, after the last step (backwards: after the first one)
};

/// Runs x [T, N, I] (with batch_first [N, T, I], or [T, I] for one sequence, whose state has no N either) through all
/// layers, from `state`, which is zeros where it is undefined. The output is [T, N, H], or [T, N, 2H] with the
/// direction backwards behind the other one.
///
/// Of each layer and direction `weights` has weight_ih [G*H, I], weight_hh [G*H, H], and where there is a bias bias_ih
/// and bias_hh [G*H], for G groups of gates: i, f, g, o of an LSTM, r, z, n of a GRU, else one. I of a layer that has
/// others before it is the width of their output. Throws ShapeError, TypeError and ValueError.
[[nodiscard]] RnnOutput rnn(const Variable& x, const RnnState& state, const std::vector<Variable>& weights,
                            const RnnOptions& options, Generator& generator = default_generator());

}  // namespace reel
