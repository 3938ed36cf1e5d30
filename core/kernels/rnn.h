#pragma once

#include <reel/core/tensor.h>

namespace reel {

/// What a recurrent layer computes at each step: an RNN with tanh or ReLU, an LSTM, a GRU.
enum class RnnCell { tanh, relu, lstm, gru };
/// How many groups of H numbers a cell's weights make of its input: 4 of an LSTM (i, f, g, o), 3 of a GRU (r, z, n), 1.
[[nodiscard]] std::int64_t gate_count(RnnCell cell);

namespace kernels {

/// One layer of a recurrent net in one direction. Letters: T steps, N sequences, H units, G groups of gates.
struct Recurrence {
  RnnCell cell;
  Tensor gates;       // [T, N, G*H]: the input times its weight, and all biases that are not in `bias`. recur() makes
                      // the gates themselves of it, in place
  Tensor h;           // [N, H]: the state to start from
  Tensor c;           // [N, H]: of an LSTM, the cell to start from
  Tensor weight;      // [G*H, H]: what the state is multiplied by
  Tensor bias;        // [3*H], of a GRU: what is added to that
  bool is_backwards;  // from the last step to the first
};

/// What it makes, and what its backward needs beside the gates.
struct Recurred {
  Tensor states;  // [T, N, H]; of an LSTM [T + 1, N, H], with the last cell behind the states
  Tensor kept;    // LSTM: the cells; GRU: what r multiplies in n; [T, N, H]
};

/// Runs from step to step. All of the layer is contiguous. Without `keep`, what the backward needs is not there.
[[nodiscard]] Recurred recur(Recurrence& layer, bool keep);

/// The gradients of `states`. A plain cell's gates are not needed any more. c and bias are there where the layer has
/// them.
struct RecurrenceGrads {
  Tensor gates, h;
  Tensor c = {};
  Tensor weight = {};
  Tensor bias = {};
};
[[nodiscard]] RecurrenceGrads recur_grads(const Recurrence& layer, const Recurred& forward, const Tensor& given);

}  // namespace kernels
}  // namespace reel
