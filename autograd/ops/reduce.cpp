#include <array>
#include <reel/autograd/ops/arithmetic.h>
#include <reel/autograd/ops/reduce.h>
#include <reel/autograd/ops/view.h>
#include <reel/autograd/tape.h>

namespace reel {
namespace {

/// The gradient of a reduction, laid over the shape that was reduced.
Variable spread(const Variable& grad, const Shape& shape, const Dims& axes) {
  return expand(reshape(grad, reduced_shape("sum", shape, axes, true)), shape);
}

std::array<Attribute, 2> attributes_of(const Dims& axes, bool keepdim) {
  return {Attribute("axes", axes, Dims{}), Attribute("keepdim", keepdim, false)};
}

Variable extremum(std::string_view op, const Variable& a, const Dims& axes, bool keepdim, const Tensor& kept) {
  const Tensor mask = eq(a.value(), kept.expand(a.shape())).to(a.dtype());
  const Tensor share = mask / sum(mask, axes, true);
  return record(
      op, {a}, kept.reshape(reduced_shape(op, a.shape(), axes, keepdim)),
      [share, axes](const Variable& grad, const Step&) -> Gradients {
        return {spread(grad, share.shape(), axes) * share};
      },
      attributes_of(axes, keepdim));
}

}  // namespace

Variable sum(const Variable& a, const Dims& axes, bool keepdim) {
  Tensor value = sum(a.value(), axes, keepdim);
  return record(
      "sum", {a}, std::move(value),
      [shape = a.shape(), axes](const Variable& grad, const Step&) -> Gradients { return {spread(grad, shape, axes)}; },
      attributes_of(axes, keepdim));
}

Variable mean(const Variable& a, const Dims& axes, bool keepdim) {
  Tensor value = mean(a.value(), axes, keepdim);
  const double scale = static_cast<double>(value.numel()) / static_cast<double>(a.numel());
  return record(
      "mean", {a}, std::move(value),
      [shape = a.shape(), axes, scale](const Variable& grad, const Step&) -> Gradients {
        return {spread(grad * scale, shape, axes)};
      },
      attributes_of(axes, keepdim));
}

Variable var(const Variable& a, const Dims& axes, bool keepdim, std::int64_t correction) {
  Tensor value = var(a.value(), axes, keepdim, correction);
  const double n = static_cast<double>(a.numel()) / static_cast<double>(value.numel());
  return record(
      "var", {a}, std::move(value),
      [a, axes, scale = 2 / (n - static_cast<double>(correction))](const Variable& grad, const Step&) -> Gradients {
        return {spread(grad * scale, a.shape(), axes) * (a - mean(a, axes, true))};
      },
      {{"axes", axes, Dims{}}, {"keepdim", keepdim, false}, {"correction", correction}});
}

Variable max(const Variable& a, const Dims& axes, bool keepdim) {
  return extremum("max", a, axes, keepdim, max(a.value(), axes, true));
}

Variable min(const Variable& a, const Dims& axes, bool keepdim) {
  return extremum("min", a, axes, keepdim, min(a.value(), axes, true));
}

Variable sum_to(Variable a, const Shape& shape) {
  if (a.shape() == shape) return a;
  return record("sum_to", {a}, sum_to(a.value(), shape),
                [from = a.shape()](const Variable& grad, const Step&) -> Gradients { return {expand(grad, from)}; });
}

}  // namespace reel
