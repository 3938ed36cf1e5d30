#include <reel/autograd/tape.h>
#include <reel/autograd/variable.h>
#include <utility>

namespace reel {

Variable Variable::leaf(Tensor value, std::string name) {
  require<TypeError>(is_floating(value.dtype()), "Variable::leaf", "gradients want float32 or float64, got ",
                     value.dtype());
  Variable out(std::move(value));
  out.leaf_ = std::make_shared<Leaf>();
  out.leaf_->name = std::move(name);
  return out;
}

Leaf& Variable::leaf_state() const {
  require<AutogradError>(
      is_leaf(), "grad",
      "only leaves keep a gradient, and this Variable is none; make one with Variable::leaf(tensor), or "
      "ask for this gradient with grad(output, {variable})");
  return *leaf_;
}

HookHandle Variable::add_hook(GradientHook hook) const {
  if (is_leaf()) return leaf_->hooks.add(std::move(hook));
  for (Tape* tape = Tape::current(); tape != nullptr; tape = tape->outer_) {
    if (tape->holds(*this)) return tape->hooks_[place_].add(std::move(hook));
  }
  throw AutogradError("register_hook", "wants a leaf or what is recorded on a tape; this Variable ",
                      defined() ? concat("of shape ", shape()) : std::string("is undefined and"), " is neither");
}

const Tensor& Variable::grad() const { return leaf_state().grad; }

void Variable::set_grad(Tensor grad) const {
  require<ShapeError>(!grad.defined() || grad.shape() == shape(), "set_grad", "a leaf of shape ", shape(),
                      " wants a gradient of that shape, got ", grad.defined() ? grad.shape() : Shape{});
  require<TypeError>(!grad.defined() || grad.dtype() == dtype(), "set_grad", "a leaf of ", dtype(),
                     " wants a gradient of that dtype, got ", grad.defined() ? grad.dtype() : dtype());
  leaf_state().grad = std::move(grad);
}

void Variable::set_requires_grad(bool on) const {
  leaf_state().requires_grad = on;
  if (!on) zero_grad();
}

}  // namespace reel
