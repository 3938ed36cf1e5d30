#pragma once

#include <reel/autograd/function.h>

namespace reel {

/// f(inputs), computed a second time in the backward instead of keeping what f computed on the way: memory for time
/// (Chen et al., "Training deep nets with sublinear memory cost", 2016). Only the inputs, the leaves and other
/// Variables that f uses and the state of this thread's default generator are kept. Values and gradients are those of f
/// to the last bit, dropout included, and so are gradients of higher order.
///
/// `f` is kept too: what it refers to must be there until the backward, and it must compute the same then. A forward
/// that changes something besides, such as a running statistic, asks `is_recomputing()`. With no tape alive this
/// is f(inputs).
[[nodiscard]] Variable checkpoint(const Function& f, const std::vector<Variable>& inputs);
[[nodiscard]] Variable checkpoint(const UnaryFunction& f, const Variable& x);

/// True while this thread computes the function of a checkpoint again: its first computation has already changed
/// whatever a forward changes.
[[nodiscard]] bool is_recomputing();

}  // namespace reel
