#include <algorithm>
#include <functional>
#include <reel/autograd/tape.h>
#include <reel/nn/module.h>

namespace reel::nn {
namespace {

thread_local const Module* running = nullptr;  // the innermost module that is at work on this thread

}  // namespace

ModuleCall::ModuleCall(const Module& module, std::span<const Variable> inputs)
    : module_(module),
      outer_(running),
      tape_(Tape::current()),
      scope_(outer_ == &module ? std::string_view() : module.name_) {
  require<StateError>(!module.moved_from_.value, "Module", "was moved from: its layers and parameters are elsewhere");
  const bool is_other = outer_ != nullptr && outer_ != &module;  // a module may enter its own methods
  if (is_other && module.name_.empty() && module.has_parameters()) {
    throw StateError(module.describe(), "is called inside ", outer_->describe(),
                     " but not registered there, so its parameters would not be trained; make it a member with "
                     "add(\"name\", ...)");
  }
  for (const Variable& input : inputs) {
    if (input.is_leaf()) allowed_.push_back(&input.leaf_state());
  }
  running = &module;
}

ModuleCall::~ModuleCall() { running = outer_; }

void ModuleCall::check(const Variable& leaf) {
  // A tape that was made in here has leaves of its own, which no optimizer wants.
  if (Tape::current() != tape_) return;
  const Leaf& state = leaf.leaf_state();
  const auto is_allowed = [&] { return std::binary_search(allowed_.begin(), allowed_.end(), &state, std::less<>()); };
  if (is_complete_ && is_allowed()) return;
  // The first question, or a layer that was registered since.
  module_.collect_leaves(allowed_);
  std::sort(allowed_.begin(), allowed_.end(), std::less<>());
  is_complete_ = true;
  if (is_allowed()) return;
  const std::string what = concat(state.name.empty() ? "" : " ", state.name, " of shape ", leaf.shape());
  require<StateError>(!state.is_registered, module_.describe(), "uses the parameter", what,
                      " of a layer that is not registered in it, so it would not be trained; make that layer a member "
                      "with add(\"name\", ...)");
  throw StateError(module_.describe(), "uses a leaf", what,
                   " that no module registered, so it would not be trained; make it with parameter(\"name\", tensor)");
}

}  // namespace reel::nn
