#pragma once

#include <reel/autograd/ops/loss.h>

/// The losses as objects, for those who keep a `criterion`; each calls its function in autograd/ops/loss.h.
namespace reel::nn {

struct CrossEntropyLoss {
  Reduction reduction = Reduction::mean;
  double label_smoothing = 0;
  Variable operator()(const Variable& logits, const Tensor& target) const {
    return cross_entropy(logits, target, reduction, label_smoothing);
  }
};

struct NLLLoss {
  Reduction reduction = Reduction::mean;
  Variable operator()(const Variable& log_probabilities, const Tensor& target) const {
    return nll_loss(log_probabilities, target, reduction);
  }
};

struct MSELoss {
  Reduction reduction = Reduction::mean;
  Variable operator()(const Variable& input, const Variable& target) const {
    return mse_loss(input, target, reduction);
  }
};

struct L1Loss {
  Reduction reduction = Reduction::mean;
  Variable operator()(const Variable& input, const Variable& target) const { return l1_loss(input, target, reduction); }
};

struct BCEWithLogitsLoss {
  Reduction reduction = Reduction::mean;
  Variable operator()(const Variable& logits, const Variable& target) const {
    return binary_cross_entropy_with_logits(logits, target, reduction);
  }
};

}  // namespace reel::nn
