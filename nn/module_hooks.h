#pragma once

#include <reel/autograd/hooks.h>
#include <reel/autograd/variable.h>

namespace reel::nn {

class Module;

/// What is called around a module's forward; see Module::register_forward_hook.
struct ModuleHooks {
  detail::HookList<std::function<Variable(Module&, const Variable&)>> before;
  detail::HookList<std::function<Variable(Module&, const Variable&, const Variable&)>> after;
  detail::HookList<std::function<Variable(Module&, const Variable&)>> backward;
};

}  // namespace reel::nn
