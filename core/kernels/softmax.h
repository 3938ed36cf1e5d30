#pragma once

#include <reel/core/tensor.h>

namespace reel {

/// exp(a) / sum of exp(a) along `axis`, shifted by the largest value so that nothing overflows. float32 and float64.
[[nodiscard]] Tensor softmax(const Tensor& a, std::int64_t axis = -1);
/// log(softmax(a)), without taking the logarithm of a small number.
[[nodiscard]] Tensor log_softmax(const Tensor& a, std::int64_t axis = -1);

namespace kernels {

/// What is wanted of logits [N, C, ...]: q[c] = weight[c] ((1 - smoothing) [c is the label] + smoothing / C) of class
/// c, and nothing where the label is the ignored one.
struct Wanted {
  Tensor labels;       // int64 [N, ...], in [0, C) or `ignored`
  Tensor weight = {};  // [C], of the logits' dtype; undefined: ones
  std::int64_t ignored = -100;
  double smoothing = 0;  // in [0, 1]
};
/// The cross-entropy of softmax(logits) with what is wanted; all of shape [N, ...].
struct CrossEntropy {
  Tensor losses;
  Tensor tops;    // the largest logit
  Tensor totals;  // the sum of exp(logit - largest)
};
[[nodiscard]] CrossEntropy cross_entropy(const Tensor& logits, const Wanted& wanted);
/// (softmax(logits) times the sum of q - q) * scale * grad, where grad has shape [N, ...] or one element.
[[nodiscard]] Tensor cross_entropy_grad(const Tensor& logits, const Wanted& wanted, const CrossEntropy& forward,
                                        const Tensor& grad, double scale);

}  // namespace kernels
}  // namespace reel
