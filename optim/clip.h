#pragma once

#include <reel/autograd/variable.h>
#include <vector>

namespace reel::optim {

/// Scales the gradients of all parameters together so that their norm (of all elements as one vector) is at most
/// `max_norm`. Returns the norm before. The norm is (sum |g|^p)^(1/p) with p = norm_type, and with an infinite one the
/// largest |g|. Throws ValueError for a max_norm or norm_type that is not above 0.
double clip_grad_norm(const std::vector<Variable>& parameters, double max_norm, double norm_type = 2);
/// Brings every element of every gradient into [-limit, limit]. Throws ValueError for a limit that is not above 0.
void clip_grad_value(const std::vector<Variable>& parameters, double limit);

}  // namespace reel::optim
