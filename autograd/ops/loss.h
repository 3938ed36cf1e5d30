#pragma once

#include <reel/autograd/variable.h>

/// Losses, with PyTorch's conventions, names and defaults. Each takes what is predicted and what is wanted, and has a
/// gradient for both, but for labels. Throws ShapeError, TypeError, and IndexError for a label outside [0, C).
namespace reel {

/// What becomes of the losses of single elements: their mean, their sum, all of them, or the sum divided by the size of
/// the first axis.
enum class Reduction { mean, sum, none, batchmean };

/// Of a loss that has no others.
struct LossOptions {
  Reduction reduction = Reduction::mean;  ///< what becomes of the losses of single elements
};

/// Of nll_loss().
struct NLLLossOptions {
  Tensor weight = {};  ///< [C]: of each class, 1 where there is none. A mean is divided by those of the labels
  std::int64_t ignore_index = -100;       ///< a label that counts for nothing, in a mean either
  Reduction reduction = Reduction::mean;  ///< what becomes of the losses of single elements
};

/// Of cross_entropy().
struct CrossEntropyOptions {
  Tensor weight = {};                     ///< as of nll_loss()
  std::int64_t ignore_index = -100;       ///< as of nll_loss()
  Reduction reduction = Reduction::mean;  ///< what becomes of the losses of single elements
  double label_smoothing = 0;  ///< in [0, 1]: this share of what is wanted is spread evenly over all C classes
};

/// Of binary_cross_entropy().
struct BCELossOptions {
  Tensor weight = {};                     ///< of each element; it broadcasts, and a mean is not divided by it
  Reduction reduction = Reduction::mean;  ///< what becomes of the losses of single elements
};

/// Of binary_cross_entropy_with_logits().
struct BCEWithLogitsLossOptions {
  Tensor weight = {};                     ///< as of binary_cross_entropy()
  Reduction reduction = Reduction::mean;  ///< what becomes of the losses of single elements
  Tensor pos_weight = {};                 ///< what target's part of the loss is multiplied by; it broadcasts
};

/// Of smooth_l1_loss().
struct SmoothL1LossOptions {
  Reduction reduction = Reduction::mean;  ///< what becomes of the losses of single elements
  double beta = 1;                        ///< where the parabola ends
};

/// Of huber_loss().
struct HuberLossOptions {
  Reduction reduction = Reduction::mean;  ///< what becomes of the losses of single elements
  double delta = 1;                       ///< where the parabola ends
};

/// Of kl_div().
struct KLDivLossOptions {
  Reduction reduction = Reduction::mean;  ///< the divergence itself is batchmean or sum
  bool log_target = false;                ///< the target, too, is given as logarithms
};

/// -sum over c of q[c] weight[c] log softmax(logits)[c], for logits [N, C, ...] and what is wanted: labels, int64 [N,
/// ...], where q is 1 for the label; or probabilities q of the logits' shape and dtype, which have no ignore_index and
/// whose mean is not divided by weights. For label smoothing see Szegedy et al., 2016.
[[nodiscard]] Variable cross_entropy(const Variable& logits, const Variable& target,
                                     const CrossEntropyOptions& options = {});
/// -weight[label] log_probabilities[label], for log_probabilities [N, C, ...] (from log_softmax) and labels, int64 [N,
/// ...].
[[nodiscard]] Variable nll_loss(const Variable& log_probabilities, const Variable& labels,
                                const NLLLossOptions& options = {});

// All below want equal shapes and dtypes of both.

/// (input - target)^2
[[nodiscard]] Variable mse_loss(const Variable& input, const Variable& target, const LossOptions& options = {});
/// |input - target|
[[nodiscard]] Variable l1_loss(const Variable& input, const Variable& target, const LossOptions& options = {});
/// With d = |input - target|: d^2 / (2 beta) where d < beta, else d - beta / 2. Throws ValueError for a beta below 0.
[[nodiscard]] Variable smooth_l1_loss(const Variable& input, const Variable& target,
                                      const SmoothL1LossOptions& options = {});
/// With d = |input - target|: d^2 / 2 where d < delta, else delta (d - delta / 2) (Huber, 1964). Throws ValueError
/// unless delta is above 0.
[[nodiscard]] Variable huber_loss(const Variable& input, const Variable& target, const HuberLossOptions& options = {});
/// -target log(input) - (1 - target) log(1 - input), where logarithms below -100 count as -100. Throws ValueError for
/// an input outside [0, 1].
[[nodiscard]] Variable binary_cross_entropy(const Variable& input, const Variable& target,
                                            const BCELossOptions& options = {});
/// -pos_weight target log sigmoid(logits) - (1 - target) log(1 - sigmoid(logits)), without overflow.
[[nodiscard]] Variable binary_cross_entropy_with_logits(const Variable& logits, const Variable& target,
                                                        const BCEWithLogitsLossOptions& options = {});
/// target (log(target) - input), the pointwise Kullback-Leibler divergence, where input holds logarithms of
/// probabilities; 0 where the target is 0.
[[nodiscard]] Variable kl_div(const Variable& input, const Variable& target, const KLDivLossOptions& options = {});

}  // namespace reel
