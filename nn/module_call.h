#pragma once

#include <reel/autograd/leaf_guard.h>
#include <reel/core/scope.h>
#include <span>
#include <vector>

namespace reel {
class Tape;
}

namespace reel::nn {

class Module;

/// A module at work, from its construction to the end of the scope: errors name the module's path, and what it uses
/// without having registered it throws StateError. See Module::enter.
class ModuleCall : public LeafGuard {
 public:
  /// Throws StateError for a module that was moved from, and for one that owns parameters, is called inside another,
  /// and is registered nowhere.
  ModuleCall(const Module& module, std::span<const Variable> inputs);
  ~ModuleCall() override;

  /// Throws StateError unless the leaf is an input or a parameter of this module or of those below it.
  void check(const Variable& leaf) override;

 private:
  const Module& module_;
  const Module* outer_;
  const Tape* tape_;
  std::vector<const Leaf*> allowed_;  // the inputs; parameters too, in order, from the first question on
  bool is_complete_ = false;
  Scope scope_;
};

}  // namespace reel::nn
