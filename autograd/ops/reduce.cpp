#include <array>
#include <cmath>
#include <reel/autograd/ops/arithmetic.h>
#include <reel/autograd/ops/checks.h>
#include <reel/autograd/ops/composed.h>
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

/// The product over the axes, by halves: a tree of multiplications, whose gradients are right beside zeros too.
Variable halved_product(Variable a, const Dims& axes) {
  const auto reduced = axis_set("prod", axes, a.rank());
  for (int axis = 0; axis < a.rank(); ++axis) {
    while (reduced[static_cast<std::size_t>(axis)] && a.size(axis) > 1) {
      const std::int64_t half = a.size(axis) / 2;
      const Variable both = narrow(a, axis, 0, half) * narrow(a, axis, half, half);
      const bool is_odd = a.size(axis) % 2 == 1;
      a = is_odd ? concatenate({both, narrow(a, axis, 2 * half, 1)}, axis) : both;
    }
  }
  return a;
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

Variable stddev(const Variable& a, const Dims& axes, bool keepdim, std::int64_t correction) {
  const Tensor y = stddev(a.value(), axes, keepdim, correction);
  const double n = static_cast<double>(a.numel()) / static_cast<double>(y.numel());
  return record("stddev", {a}, y,
                [a, y, axes, scale = 1 / (n - static_cast<double>(correction))](const Variable& grad,
                                                                                const Step& step) -> Gradients {
                  const Variable share = divide_or_zero(grad, step.output(y)) * scale;
                  return {spread(share, a.shape(), axes) * (a - mean(a, axes, true))};
                },
                {{"axes", axes, Dims{}}, {"keepdim", keepdim, false}, {"correction", correction}});
}

Variable prod(const Variable& a, const Dims& axes, bool keepdim) {
  Tensor value = prod(a.value(), axes, keepdim);
  return record(
      "prod", {a}, std::move(value),
      [a, axes](const Variable& grad, const Step& step) -> Gradients {
        const auto product = [&](const std::vector<Variable>& v) {
          return reshape(halved_product(v[0], axes), grad.shape());
        };
        if (a.numel() == 0) return {Tensor::zeros(a.shape(), a.dtype())};
        return composed_gradients(product, {a}, grad, step);
      },
      attributes_of(axes, keepdim));
}

Variable norm(const Variable& a, double p, const Dims& axes, bool keepdim) {
  require_floats("norm", a);
  static_cast<void>(reduced_shape("norm", a.shape(), axes, keepdim));  // its errors are this op's
  if (p == 1) return sum(abs(a), axes, keepdim);
  if (std::isinf(p)) return p > 0 ? max(abs(a), axes, keepdim) : min(abs(a), axes, keepdim);
  const Tensor y = norm(a.value(), p, axes, keepdim);
  return record("norm", {a}, y,
                [a, y, p, axes](const Variable& grad, const Step& step) -> Gradients {
                  if (p == 0) return {Tensor::zeros(a.shape(), a.dtype())};
                  const Variable share = spread(divide_or_zero(grad, step.output(y)), a.shape(), axes);
                  if (p == 2) return {share * a};
                  // sign(a) (|a| / y)^(p - 1), by way of a: a slope at 0 is found for the second derivative, too.
                  const auto not_zero = [one = scalar_like(1, y)](const Variable& x) {
                    return where(eq(x.value(), scalar_like(0, x.value())), one, x);
                  };
                  const Variable ratio = abs(not_zero(a)) / spread(not_zero(step.output(y)), a.shape(), axes);
                  return {share * a * pow(ratio, p - 2)};
                },
                {{"p", p}, {"axes", axes, Dims{}}, {"keepdim", keepdim, false}});
}

Variable logsumexp(const Variable& a, const Dims& axes, bool keepdim) {
  const Tensor y = logsumexp(a.value(), axes, keepdim);
  return record(
      "logsumexp", {a}, y,
      [a, y, axes](const Variable& grad, const Step& step) -> Gradients {
        return {spread(grad, a.shape(), axes) * exp(a - spread(step.output(y), a.shape(), axes))};
      },
      attributes_of(axes, keepdim));
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
