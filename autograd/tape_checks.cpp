#include <reel/autograd/tape.h>
#include <reel/core/kernels/reduce.h>
#include <reel/core/scope.h>

namespace reel {

void Tape::check(std::string_view op, std::span<const InputRef> inputs, const Tensor& value) const {
  if (!options_.check_finite || all_finite(value)) return;
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    const Variable& input = inputs[i];
    require<NumericError>(all_finite(input.value()), op, "input ", i, " ", input.shape(),
                          input.is_leaf() ? concat(" (parameter ", input.leaf_->name, ")") : "",
                          " already holds a NaN or an infinity");
  }
  throw NumericError(op, "made a NaN or an infinity out of finite inputs, at place ", size(),
                     " of the tape; its output has shape ", value.shape());
}

void Tape::check_finite_gradient(std::size_t place, const Variable& gradient) const {
  if (all_finite(gradient.value())) return;
  const Scope scope(*notes_.path_names[entries_[place].path]);
  throw NumericError(entries_[place].op, "the gradient for its output ", gradient.shape(), ", at place ", place,
                     " of the tape, holds a NaN or an infinity; it started with it, a hook made it, or finite "
                     "gradients add up to it");
}

void Tape::check_finite_gradients(std::size_t place, const Step& step, const Gradients& gradients) const {
  for (std::size_t i = 0; i < gradients.size(); ++i) {
    if (!step.wants(i) || all_finite(gradients[i].value())) continue;
    const Scope scope(*notes_.path_names[entries_[place].path]);
    throw NumericError(entries_[place].op, "its backward, at place ", place,
                       " of the tape, made a NaN or an infinity out of a finite gradient, for input ", i, ' ',
                       gradients[i].shape());
  }
}

void Tape::check_gradients(const Entry& entry, const Step& step, const Gradients& gradients) const {
  require<AutogradError>(gradients.size() == entry.input_count, entry.op, "has ", entry.input_count,
                         " inputs, but its backward returned ", gradients.size(), " gradients");
  for (std::size_t i = 0; i < gradients.size(); ++i) {
    if (!step.wants(i)) continue;
    const Kind& input = kind(inputs_[entry.first_input + i]);
    require<AutogradError>(gradients[i].defined(), entry.op, "its backward returned no gradient for input ", i,
                           ", which wants one");
    require<AutogradError>(gradients[i].shape() == input.shape && gradients[i].dtype() == input.dtype, entry.op,
                           "input ", i, " is ", input.dtype, ' ', input.shape,
                           ", but its backward returned a gradient of ", gradients[i].dtype(), ' ',
                           gradients[i].shape());
  }
}

void Tape::run_hooks(std::size_t place, Variable& gradient) const {
  const std::int64_t leaf = entries_[place].leaf;
  const detail::HookList<GradientHook>* hooks = nullptr;
  if (leaf >= 0) {
    // What is adopted has its hooks called on the tape that it comes from.
    if (!adopts_) hooks = &leaves_[static_cast<std::size_t>(leaf)].leaf_->hooks;
  } else if (const auto found = hooks_.find(static_cast<std::int64_t>(place)); found != hooks_.end()) {
    hooks = &found->second;
  }
  if (hooks == nullptr || hooks->empty()) return;
  hooks->for_each([&](const GradientHook& hook) {
    Variable other = hook(gradient);
    if (!other.defined()) return;
    require<AutogradError>(other.shape() == gradient.shape() && other.dtype() == gradient.dtype(), "hook",
                           "a gradient of ", gradient.dtype(), ' ', gradient.shape(),
                           " wants another of that kind in its place, got ", other.dtype(), ' ', other.shape());
    gradient = std::move(other);
  });
}

}  // namespace reel
