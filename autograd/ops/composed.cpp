#include <optional>
#include <reel/autograd/ops/composed.h>
#include <reel/autograd/ops/view.h>

namespace reel {

Gradients composed_gradients(const std::function<Variable(const std::vector<Variable>&)>& composition,
                             const std::vector<Variable>& inputs, const Variable& grad, const Step& step) {
  std::optional<Tape> own;
  if (Tape::current() == nullptr) own.emplace();
  // Places of their own: an input may depend on another one, and that is not this op's affair.
  std::vector<Variable> points = inputs;
  std::vector<Variable> wanted;
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    if (!step.wants(i)) continue;
    points[i] = own ? Variable::leaf(inputs[i].value()) : reshape(inputs[i], inputs[i].shape());
    wanted.push_back(points[i]);
  }
  const std::vector<Variable> found =
      reel::grad({composition(points)}, wanted, {.grad_outputs = {grad}, .create_graph = !own});
  Gradients gradients(inputs.size());
  for (std::size_t i = 0, next = 0; i < inputs.size(); ++i) {
    if (step.wants(i)) gradients[i] = found[next++];
  }
  return gradients;
}

}  // namespace reel
