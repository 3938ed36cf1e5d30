#pragma once

#include <reel/autograd/hooks.h>
#include <reel/autograd/variable.h>

namespace reel::nn {

class Module;

/// What is called around a module's forward; see Module::register_forward_hook.
struct ModuleHooks {
  detail::HookList<std::function<Variable(Module&, const Variable&)>> before;  ///< of forward, with its input
  detail::HookList<std::function<Variable(Module&, const Variable&, const Variable&)>>
      after;  ///< of forward, with its input and output
  detail::HookList<std::function<Variable(Module&, const Variable&)>>
      backward;  ///< of a backward, with the output's gradient
};

}  // namespace reel::nn
