#pragma once

#include <reel/autograd/function.h>

/// Derivatives of functions, as torch.autograd.functional has them. Each call makes a tape of its own, so results are
/// numbers: what is to be differentiated further is written with grad() and {.create_graph = true}. A function of one
/// Variable is called with one, and one of several with a list. All throw ShapeError and TypeError for vectors that are
/// not like what they multiply, and ValueError without inputs; inputs are float32 or float64 (TypeError).
namespace reel {

/// f(inputs), and a vector with one part for each input.
struct Products {
  Tensor value;                  ///< f(inputs)
  std::vector<Tensor> products;  ///< one for each input, shaped like it
};
/// f(x), and a vector.
struct Product {
  Tensor value;    ///< f(x)
  Tensor product;  ///< the vector that was asked for
};

/// f(x) and v^T J, shaped like x, where J is the Jacobian of f at x and v is shaped like f(x): one backward.
[[nodiscard]] Product vjp(const UnaryFunction& f, const Tensor& x, const Tensor& v);
[[nodiscard]] Products vjp(const Function& f, const std::vector<Tensor>& inputs, const Tensor& v);

/// f(x) and J v, shaped like f(x), where v is shaped like x: forward mode, by the double-backward trick. v^T J is
/// linear in v, so the derivative of its backward is J; every op that has a second derivative has this one, too. It
/// costs the forward, a recorded backward and a backward through that: some three to five times the forward, whatever
/// the sizes of x and f(x), and about twice the memory of a backward.
[[nodiscard]] Product jvp(const UnaryFunction& f, const Tensor& x, const Tensor& v);
/// The sum of J_i v_i over the inputs.
[[nodiscard]] Product jvp(const Function& f, const std::vector<Tensor>& inputs, const std::vector<Tensor>& v);

/// f(x) and H v, where f(x) has one element, H is its Hessian and v is shaped like x: a backward through a backward. H
/// is never built.
[[nodiscard]] Product hvp(const UnaryFunction& f, const Tensor& x, const Tensor& v);
[[nodiscard]] Products hvp(const Function& f, const std::vector<Tensor>& inputs, const std::vector<Tensor>& v);

/// The whole Jacobian, of shape [*f(x).shape, *x.shape]: one backward for each element of f(x). Throws ShapeError where
/// that has more axes than a tensor.
[[nodiscard]] Tensor jacobian(const UnaryFunction& f, const Tensor& x);
/// One for each input.
[[nodiscard]] std::vector<Tensor> jacobian(const Function& f, const std::vector<Tensor>& inputs);

/// The whole Hessian of a function with one element, of shape [*x.shape, *x.shape]: one backward for each element of x.
[[nodiscard]] Tensor hessian(const UnaryFunction& f, const Tensor& x);
/// Those for all pairs of inputs: the i-th row's j-th is [*inputs[i].shape, *inputs[j].shape].
[[nodiscard]] std::vector<std::vector<Tensor>> hessian(const Function& f, const std::vector<Tensor>& inputs);

}  // namespace reel
