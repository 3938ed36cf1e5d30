#include <reel/autograd/ops/arithmetic.h>
#include <reel/autograd/ops/reduce.h>
#include <reel/autograd/tape.h>

namespace reel {
namespace {

/// The gradients of a broadcasting op: f(0) and f(1) brought back to the inputs' shapes, where they are wanted.
template <class F>
Gradients unbroadcast(const Step& step, const F& f) {
  Gradients gradients(2);
  for (const int i : {0, 1}) {
    const auto input = static_cast<std::size_t>(i);
    if (step.wants(input)) gradients[input] = sum_to(f(i), step.shape(input));
  }
  return gradients;
}

/// The choice between two values by a mask that counts ties as half.
Variable choose(std::string_view op, const Variable& a, const Variable& b, Tensor value) {
  const DType dtype = value.dtype();
  const Tensor is_a =
      (eq(value, a.value().expand(value.shape())).to(dtype) + ne(value, b.value().expand(value.shape())).to(dtype)) *
      0.5;
  return record(op, {a, b}, std::move(value), [is_a](const Variable& grad, const Step& step) {
    return unbroadcast(step, [&](int i) { return grad * (i == 0 ? is_a : 1.0 - is_a); });
  });
}

}  // namespace

Variable add(const Variable& a, const Variable& b) {
  return record("add", {a, b}, a.value() + b.value(),
                [](const Variable& grad, const Step& step) { return unbroadcast(step, [&](int) { return grad; }); });
}

Variable sub(const Variable& a, const Variable& b) {
  return record("sub", {a, b}, a.value() - b.value(), [](const Variable& grad, const Step& step) {
    return unbroadcast(step, [&](int i) { return i == 0 ? grad : -grad; });
  });
}

Variable mul(const Variable& a, const Variable& b) {
  return record("mul", {a, b}, a.value() * b.value(), [a, b](const Variable& grad, const Step& step) {
    return unbroadcast(step, [&](int i) { return grad * (i == 0 ? b : a); });
  });
}

Variable div(const Variable& a, const Variable& b) {
  return record("div", {a, b}, a.value() / b.value(), [a, b](const Variable& grad, const Step& step) {
    return unbroadcast(step, [&](int i) { return i == 0 ? grad / b : -(grad * a) / (b * b); });
  });
}

Variable maximum(const Variable& a, const Variable& b) {
  return choose("maximum", a, b, maximum(a.value(), b.value()));
}

Variable minimum(const Variable& a, const Variable& b) {
  return choose("minimum", a, b, minimum(a.value(), b.value()));
}

Variable neg(const Variable& a) {
  return record("neg", {a}, -a.value(), [](const Variable& grad, const Step&) -> Gradients { return {-grad}; });
}

Variable abs(const Variable& a) {
  return record("abs", {a}, abs(a.value()),
                [a = a.value()](const Variable& grad, const Step&) -> Gradients { return {grad * sign(a)}; });
}

Variable pow(const Variable& a, double exponent) {
  return record("pow", {a}, pow(a.value(), exponent),
                [a, exponent](const Variable& grad, const Step&) -> Gradients {
                  if (exponent == 0) return {grad * 0.0};  // and not 0 * pow(0, -1), which is no number
                  return {grad * (exponent * pow(a, exponent - 1))};
                },
                {{"exponent", exponent}});
}

Variable exp(const Variable& a) {
  const Tensor y = exp(a.value());
  return record("exp", {a}, y,
                [y](const Variable& grad, const Step& step) -> Gradients { return {grad * step.output(y)}; });
}

Variable log(const Variable& a) {
  return record("log", {a}, log(a.value()), [a](const Variable& grad, const Step&) -> Gradients { return {grad / a}; });
}

Variable sqrt(const Variable& a) {
  const Tensor y = sqrt(a.value());
  return record("sqrt", {a}, y,
                [y](const Variable& grad, const Step& step) -> Gradients { return {grad / (2.0 * step.output(y))}; });
}

Variable sin(const Variable& a) {
  return record("sin", {a}, sin(a.value()),
                [a](const Variable& grad, const Step&) -> Gradients { return {grad * cos(a)}; });
}

Variable cos(const Variable& a) {
  return record("cos", {a}, cos(a.value()),
                [a](const Variable& grad, const Step&) -> Gradients { return {-(grad * sin(a))}; });
}

Variable where(const Tensor& condition, const Variable& a, const Variable& b) {
  return record(
      "where", {a, b}, where(condition, a.value(), b.value()), [condition](const Variable& grad, const Step& step) {
        const Tensor zero = Tensor::scalar(0, grad.dtype());
        return unbroadcast(step,
                           [&](int i) { return i == 0 ? where(condition, grad, zero) : where(condition, zero, grad); });
      });
}

Variable to(const Variable& a, DType dtype) {
  require_defined("to", a.value());
  require<TypeError>(is_floating(dtype), "to", "a Variable becomes float32 or float64, got ", dtype,
                     "; convert its value() instead");
  return record("to", {a}, a.value().to(dtype),
                [from = a.dtype()](const Variable& grad, const Step&) -> Gradients { return {to(grad, from)}; },
                {{"dtype", dtype}});
}

}  // namespace reel
