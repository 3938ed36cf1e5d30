#include <algorithm>
#include <reel/autograd/multiply_adds.h>
#include <reel/autograd/tape.h>
#include <reel/core/profiler.h>

namespace reel::detail {

void profile_op(std::string_view op, std::span<const InputRef> inputs, const Tensor& value) {
  std::vector<Shape> shapes;
  std::uint64_t bytes = value.nbytes();
  bool is_view = false;
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    const Tensor& input = inputs[i].get().value();
    shapes.push_back(input.defined() ? input.shape() : Shape());
    if (!input.defined()) continue;
    is_view = is_view || input.shares_memory_with(value);
    const bool is_again = std::any_of(
        inputs.begin(), inputs.begin() + static_cast<std::ptrdiff_t>(i),
        [&](const Variable& before) { return before.defined() && before.value().shares_memory_with(input); });
    if (!is_again) bytes += input.nbytes();
  }
  profiler->op(op, multiply_adds(op, shapes, value.shape()), is_view ? 0 : bytes, value.shape());
}

void profile_backward(const Variable& grad, const Gradients& gradients) {
  std::uint64_t bytes = grad.value().nbytes();
  for (const Variable& gradient : gradients) {
    if (gradient.defined()) bytes += gradient.value().nbytes();
  }
  profiler->touch(bytes);
}

}  // namespace reel::detail
