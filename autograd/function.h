#pragma once

#include <functional>
#include <reel/autograd/variable.h>
#include <vector>

namespace reel {

/// A function of some Variables: an op, or a part of a model, with whatever else it needs captured.
using Function = std::function<Variable(const std::vector<Variable>&)>;
/// A function of one.
using UnaryFunction = std::function<Variable(const Variable&)>;

/// `f` as a function of a list of one.
[[nodiscard]] inline Function as_function(UnaryFunction f) {
  return [f = std::move(f)](const std::vector<Variable>& inputs) { return f(inputs[0]); };
}

}  // namespace reel
