#include <reel/autograd/ops/activation.h>
#include <reel/autograd/ops/arithmetic.h>
#include <reel/autograd/ops/matmul.h>
#include <reel/autograd/ops/reduce.h>
#include <reel/autograd/ops/view.h>
#include <reel/autograd/tape.h>
#include <reel/core/kernels/linear.h>
#include <reel/core/kernels/matmul.h>

namespace reel {
namespace {

/// x (N, I), weight (O, I), bias [O] or none -> (N, O)
Variable linear_rows(const Variable& x, const Variable& weight, const Variable& bias, Activation activation) {
  const Tensor y = kernels::linear_forward(x.value(), weight.value(), bias.value(), activation);
  std::vector<InputRef> inputs{x, weight};
  if (bias.defined()) inputs.emplace_back(bias);
  const bool is_relu = activation == Activation::relu;
  return record(
      is_relu ? "linear_relu" : "linear", inputs, y,
      [x, weight, has_bias = bias.defined(), cut = is_relu ? y : Tensor()](const Variable& upstream, const Step& step) {
        const Variable grad = through_relu(upstream, cut);
        Gradients gradients{step.wants(0) ? matmul(grad, weight) : Variable(),               // (N, O) x (O, I)
                            step.wants(1) ? matmul(transpose(grad, 0, 1), x) : Variable()};  // (O, N) x (N, I)
        if (has_bias) gradients.push_back(step.wants(2) ? sum(grad, {0}) : Variable());
        return gradients;
      });
}

}  // namespace

Variable matmul(const Variable& a, const Variable& b) {
  return record("matmul", {a, b}, matmul(a.value(), b.value()),
                [a, b](const Variable& grad, const Step& step) -> Gradients {
                  return {step.wants(0) ? sum_to(matmul(grad, transpose(b, -1, -2)), step.shape(0)) : Variable(),
                          step.wants(1) ? sum_to(matmul(transpose(a, -1, -2), grad), step.shape(1)) : Variable()};
                });
}

Variable linear(const Variable& x, const Variable& weight, const Variable& bias, Activation activation) {
  for (const Variable* operand : {&x, &weight}) require_defined("linear", operand->value());
  require<ShapeError>(weight.rank() == 2, "linear", "weight wants shape [O, I], got ", weight.shape());
  require<ShapeError>(x.rank() >= 1 && x.size(-1) == weight.size(1), "linear", "weight ", weight.shape(), " wants ",
                      weight.size(1), " input features, input ", x.shape(), " has ", x.rank() == 0 ? 0 : x.size(-1),
                      x.rank() == 4 ? "; flatten it first" : "");
  require<ShapeError>(!bias.defined() || bias.shape() == Shape{weight.size(0)}, "linear", "weight ", weight.shape(),
                      " wants a bias of shape [", weight.size(0), "], got ", bias.defined() ? bias.shape() : Shape{});
  require_same_dtype("linear", x.value(), weight.value());
  if (bias.defined()) require_same_dtype("linear", x.value(), bias.value());
  Shape shape = x.shape();
  shape[x.rank() - 1] = weight.size(0);
  const Variable rows = x.rank() == 2 ? x : reshape(x, {-1, weight.size(1)});
  const Variable out = linear_rows(rows, weight, bias, activation);
  return x.rank() == 2 ? out : reshape(out, shape);
}

}  // namespace reel
