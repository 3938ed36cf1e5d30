#pragma once

#include <reel/core/tensor.h>

namespace reel {

/// exp(a) / sum of exp(a) along `axis`, shifted by the largest value so that nothing overflows. float32 and float64.
[[nodiscard]] Tensor softmax(const Tensor& a, std::int64_t axis = -1);
/// log(softmax(a)), without taking the logarithm of a small number.
[[nodiscard]] Tensor log_softmax(const Tensor& a, std::int64_t axis = -1);

namespace kernels {

/// The cross-entropy of softmax(logits) with what is wanted, for logits [N, C, ...] and int64 labels [N, ...] in [0,
/// C); all of shape [N, ...]. Wanted are 1 - smoothing of the label, and smoothing / C of every class on top.
struct CrossEntropy {
  Tensor losses;
  Tensor tops;       // the largest logit
  Tensor totals;     // the sum of exp(logit - largest)
  double smoothing;  // in [0, 1]
};
[[nodiscard]] CrossEntropy cross_entropy(const Tensor& logits, const Tensor& labels, double smoothing = 0);
/// (softmax(logits) - wanted) * scale * grad, where grad has shape [N, ...] or one element.
[[nodiscard]] Tensor cross_entropy_grad(const Tensor& logits, const Tensor& labels, const CrossEntropy& forward,
                                        const Tensor& grad, double scale);

}  // namespace kernels
}  // namespace reel
