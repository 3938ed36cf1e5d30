#pragma once

#include <reel/autograd/variable.h>

/// Losses, with PyTorch's conventions. Throws ShapeError, TypeError, and IndexError for a label outside [0, C).
namespace reel {

/// What becomes of the losses of single elements.
enum class Reduction { mean, sum, none };

/// -log softmax(logits)[target]: logits [N, C, ...], target int64 [N, ...]. With label smoothing (Szegedy et al., 2016)
/// the target's class has a weight of 1 - label_smoothing, and the rest is spread evenly over all C classes, the
/// target's among them. Throws ValueError for a label_smoothing outside [0, 1].
[[nodiscard]] Variable cross_entropy(const Variable& logits, const Tensor& target,
                                     Reduction reduction = Reduction::mean, double label_smoothing = 0);
/// -log_probabilities[target]: the same for what log_softmax has passed already.
[[nodiscard]] Variable nll_loss(const Variable& log_probabilities, const Tensor& target,
                                Reduction reduction = Reduction::mean);
/// (a - b)^2; equal shapes.
[[nodiscard]] Variable mse_loss(const Variable& a, const Variable& b, Reduction reduction = Reduction::mean);
/// |a - b|; equal shapes.
[[nodiscard]] Variable l1_loss(const Variable& a, const Variable& b, Reduction reduction = Reduction::mean);
/// -target log sigmoid(logits) - (1 - target) log(1 - sigmoid(logits)), without overflow; equal shapes, target in [0,
/// 1].
[[nodiscard]] Variable binary_cross_entropy_with_logits(const Variable& logits, const Variable& target,
                                                        Reduction reduction = Reduction::mean);

}  // namespace reel
