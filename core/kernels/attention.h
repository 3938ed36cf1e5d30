#pragma once

#include <reel/core/tensor.h>

namespace reel::kernels {

/// softmax(scale query key^T + mask) value, for tensors with the same leading axes: query [..., L, E], key [..., S, E],
/// value [..., S, V].
struct Attention {
  Tensor query, key, value;
  Tensor mask;     // broadcasts to [..., L, S]; or undefined
  bool is_causal;  // query i sees the keys up to i alone
  double scale;
};

struct Attended {
  Tensor output;      // [..., L, V]; zeros for a query that sees no key
  Tensor log_totals;  // [..., L]: the logarithms of what softmax divides by
};

/// In blocks of queries, so that the scores [L, S] are never all in memory.
[[nodiscard]] Attended attend(const Attention& given);

/// The gradients of the output. The scores are computed anew.
struct AttentionGrads {
  Tensor query, key, value;
};
[[nodiscard]] AttentionGrads attend_grads(const Attention& given, const Attended& forward, const Tensor& grad_given);

}  // namespace reel::kernels
