#pragma once

#include <functional>
#include <reel/autograd/tape.h>
#include <vector>

namespace reel {

/// The gradients of an op's inputs by `composition`, a function of them that computes what the op does in
/// differentiable ops, one after the other. For ops whose own kernels know the first derivative alone:
///
///     [x, w](const Variable& grad, const Step& step) -> Gradients {
///       if (Tape::current() != nullptr) return composed_gradients(composition, {x, w}, grad, step);
///       return my_kernels(grad.value(), x.value(), w.value());
///     }
///
/// Where no tape records, it uses one of its own.
[[nodiscard]] Gradients composed_gradients(const std::function<Variable(const std::vector<Variable>&)>& composition,
                                           const std::vector<Variable>& inputs, const Variable& grad, const Step& step);

}  // namespace reel
