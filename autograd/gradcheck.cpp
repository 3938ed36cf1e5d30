#include <algorithm>
#include <cmath>
#include <optional>
#include <reel/autograd/derivatives.h>
#include <reel/autograd/gradcheck.h>
#include <reel/autograd/ops/arithmetic.h>
#include <reel/autograd/ops/reduce.h>
#include <reel/autograd/tape.h>
#include <reel/core/random.h>

namespace reel {
namespace {

std::vector<Variable> leaves_of(const std::vector<Tensor>& inputs) {
  std::vector<Variable> leaves;
  for (const Tensor& input : inputs) {
    require<TypeError>(input.dtype() == float64, "gradcheck", "wants float64 inputs, got ", input.dtype());
    leaves.push_back(Variable::leaf(input));
  }
  return leaves;
}

Tensor direction(const Shape& shape, std::uint64_t seed) {
  Generator generator(seed);
  return normal(shape, 0, 1, float64, generator);
}

/// The output projected on a direction: the number whose gradient is checked.
double project(const Function& f, const std::vector<Tensor>& inputs, const Tensor& along) {
  return sum(f({inputs.begin(), inputs.end()}).value() * along).item();
}

/// d project / d inputs[which], element by element.
std::vector<double> numeric_gradient(const Function& f, std::vector<Tensor> inputs, std::size_t which,
                                     const Tensor& along, double step) {
  const Tensor original = inputs[which].contiguous();
  std::vector<double> gradient;
  for (std::int64_t i = 0; i < original.numel(); ++i) {
    const auto shifted = [&](double by) {
      Tensor moved = original.clone();
      moved.mutable_data<double>()[i] += by;
      inputs[which] = moved;
      return project(f, inputs, along);
    };
    gradient.push_back((shifted(step) - shifted(-step)) / (2 * step));
  }
  return gradient;
}

/// A gradient may be off by a share of the input's largest one, and by what rounding does to the differences.
void compare(std::size_t input, const Tensor& analytic, const std::vector<double>& numeric, double output,
             const GradcheckOptions& options) {
  const Tensor dense = analytic.contiguous();
  double largest = 0;
  for (const double value : numeric) largest = std::max(largest, std::abs(value));
  const double rounding = 1e-14 * std::max(1.0, std::abs(output)) / options.step;
  for (std::size_t i = 0; i < numeric.size(); ++i) {
    const double got = dense.data<double>()[i];
    require<AutogradError>(std::abs(got - numeric[i]) <= options.tolerance * largest + rounding, "gradcheck",
                           "the gradient of input ", input, ' ', analytic.shape(), " at element ", i, " is ", got,
                           " by backward and ", numeric[i], " by central differences");
  }
}

/// A view with the same values whose last axis has stride 2 (or, of a scalar, the value itself).
Tensor spread_out(const Tensor& t) {
  if (t.rank() == 0) return t;
  Shape doubled = t.shape();
  doubled[t.rank() - 1] *= 2;
  Tensor view = Tensor::full(doubled, -7, t.dtype()).slice(-1, 0, doubled[t.rank() - 1], 2);
  view.copy_from(t);
  return view;
}

/// The forward must not see that inputs have the values of `inputs` in another layout or by broadcasting.
void require_same_forward(const Function& f, const std::vector<Tensor>& inputs, const std::vector<Tensor>& others,
                          std::string_view which) {
  const Tensor expected = f({inputs.begin(), inputs.end()}).value();
  const Tensor got = f({others.begin(), others.end()}).value();
  require<AutogradError>(expected.shape() == got.shape() && max(abs(expected - got)).item() < 1e-12, "check_op",
                         "the forward gives other values for ", which, " inputs");
}

/// The derivative of the output along a direction of the inputs, by jvp and by a central difference.
void check_jvp(const Function& f, const std::vector<Tensor>& inputs, const GradcheckOptions& options) {
  std::vector<Tensor> along;
  for (const Tensor& input : inputs) along.push_back(direction(input.shape(), options.seed + 20 + along.size()));
  const auto at = [&](double by) {
    std::vector<Variable> moved;
    for (std::size_t i = 0; i < inputs.size(); ++i) moved.emplace_back(inputs[i] + along[i] * by);
    return f(moved).value();
  };
  const auto [value, product] = jvp(f, inputs, along);
  const Tensor numeric = (at(options.step) - at(-options.step)) / (2 * options.step);
  const double rounding = 1e-14 * std::max(1.0, max(abs(value)).item()) / options.step;
  const double difference = max(abs(product - numeric)).item();
  require<AutogradError>(difference <= options.tolerance * max(abs(numeric)).item() + rounding, "check_op", "jvp is ",
                         difference, " off the central difference along a direction");
}

void check_gradients(const Function& f, const std::vector<Tensor>& inputs, const GradcheckOptions& options) {
  gradcheck(f, inputs, options);
  gradgradcheck(f, inputs, options);
  check_jvp(f, inputs, options);
}

/// Input `which` is cut to `part`, and broadcasts beside the others.
void check_broadcast(const Function& f, std::vector<Tensor> inputs, std::size_t which, const Tensor& part,
                     const GradcheckOptions& options) {
  std::vector<Tensor> expanded = inputs;
  expanded[which] = part.expand(inputs[which].shape()).clone();
  inputs[which] = part.clone();
  // Where no other input has the cut axis, the output loses it too.
  bool is_covered = false;
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    is_covered = is_covered || (i != which && inputs[i].shape() == expanded[which].shape());
  }
  if (is_covered) require_same_forward(f, expanded, inputs, "broadcast");
  check_gradients(f, inputs, options);
}

}  // namespace

void gradcheck(const Function& f, const std::vector<Tensor>& inputs, const GradcheckOptions& options) {
  Tape tape;
  const std::vector<Variable> leaves = leaves_of(inputs);
  const Variable output = f(leaves);
  require<AutogradError>(output.numel() > 0, "gradcheck", "the output has no elements: shape ", output.shape());
  const Tensor along = direction(output.shape(), options.seed);
  const std::vector<Variable> gradients = grad({output}, leaves, {.grad_outputs = {along}});
  const NoGrad pause;
  const double value = project(f, inputs, along);
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    compare(i, gradients[i].value(), numeric_gradient(f, inputs, i, along, options.step), value, options);
  }
}

void gradgradcheck(const Function& f, const std::vector<Tensor>& inputs, const GradcheckOptions& options) {
  const Shape out_shape = f({inputs.begin(), inputs.end()}).shape();
  // The gradients along a direction, itself an input, projected on fixed directions and added up.
  const Function projected_gradients = [&](const std::vector<Variable>& all) {
    // Each call needs a tape of its own where the caller has none: the numeric side calls without.
    std::optional<Tape> own;
    if (Tape::current() == nullptr) own.emplace();
    std::vector<Variable> points(all.begin(), all.end() - 1);
    if (own) {
      for (Variable& point : points) point = Variable::leaf(point.value());
    }
    const std::vector<Variable> gradients =
        grad({f(points)}, points, {.grad_outputs = {all.back()}, .create_graph = !own});
    Variable total;
    for (std::size_t i = 0; i < gradients.size(); ++i) {
      const Variable term = sum(gradients[i] * direction(gradients[i].shape(), options.seed + 10 + i));
      total = total.defined() ? total + term : term;
    }
    return total;
  };
  std::vector<Tensor> all = inputs;
  all.push_back(direction(out_shape, options.seed + 1));
  gradcheck(projected_gradients, all, options);
}

void check_op(const Function& f, const std::vector<Tensor>& inputs, const GradcheckOptions& options) {
  std::vector<Tensor> strided;
  for (const Tensor& input : inputs) strided.push_back(spread_out(input));
  require_same_forward(f, inputs, strided, "non-contiguous");
  for (const auto& variant : {inputs, strided}) check_gradients(f, variant, options);
  if (!options.broadcasts) return;
  require<ValueError>(inputs.size() >= 2, "check_op", "broadcasting wants two inputs or more, got ", inputs.size());
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    if (inputs[i].rank() == 0) continue;
    check_broadcast(f, inputs, i, inputs[i].select(0, 0), options);
    check_broadcast(f, inputs, i, inputs[i].narrow(-1, 0, 1), options);
  }
}

}  // namespace reel
