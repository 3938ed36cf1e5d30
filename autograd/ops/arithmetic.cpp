#include <limits>
#include <reel/autograd/ops/arithmetic.h>
#include <reel/autograd/ops/reduce.h>
#include <reel/autograd/tape.h>

namespace reel {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

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
  if (!is_floating(dtype)) return value;  // no gradient
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

Variable divide_or_zero(const Variable& a, const Variable& b) {
  const Tensor zero = scalar_like(0, b.value());
  const Tensor is_zero = eq(b.value(), zero);
  return where(is_zero, zero, a) / where(is_zero, scalar_like(1, b.value()), b);
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

Variable clamp(const Variable& a, std::optional<double> low, std::optional<double> high) {
  return record("clamp", {a}, clamp(a.value(), low, high),
                [a = a.value(), low, high](const Variable& grad, const Step&) -> Gradients {
                  const Tensor is_above = ge(a, scalar_like(low.value_or(-infinity), a));
                  const Tensor is_below = le(a, scalar_like(high.value_or(infinity), a));
                  return {where(logical_and(is_above, is_below), grad, scalar_like(0, a))};
                },
                {{"low", low.value_or(-infinity), -infinity}, {"high", high.value_or(infinity), infinity}});
}

Variable pow(const Variable& a, double exponent) {
  return record("pow", {a}, pow(a.value(), exponent),
                [a, exponent](const Variable& grad, const Step&) -> Gradients {
                  if (exponent == 0) return {grad * 0.0};  // and not 0 * pow(0, -1), which is no number
                  return {grad * (exponent * pow(a, exponent - 1))};
                },
                {{"exponent", exponent}});
}

Variable pow(const Variable& a, const Variable& exponent) {
  const Tensor y = pow(a.value(), exponent.value());
  return record("pow", {a, exponent}, y, [a, b = exponent, y](const Variable& grad, const Step& step) {
    const Tensor zero = scalar_like(0, y);
    const Tensor one = scalar_like(1, y);
    // Bases at which the limit of the slope is 0, and its formula 0 * infinity or 0 * NaN.
    const auto safe = [&](const Tensor& is_bad) { return where(is_bad, one, a); };
    return unbroadcast(step, [&](int i) {
      if (i == 0) {
        const Tensor is_bad = logical_and(eq(b.value(), zero), logical_not(gt(abs(a.value()), zero)));
        return grad * (b * pow(safe(is_bad), b - 1.0));
      }
      return grad * (step.output(y) * log(safe(logical_and(eq(a.value(), zero), ge(b.value(), zero)))));
    });
  });
}

Variable atan2(const Variable& y, const Variable& x) {
  return record("atan2", {y, x}, atan2(y.value(), x.value()), [y, x](const Variable& grad, const Step& step) {
    const Variable share = divide_or_zero(grad, x * x + y * y);
    return unbroadcast(step, [&](int i) { return i == 0 ? share * x : -(share * y); });
  });
}

Variable hypot(const Variable& a, const Variable& b) {
  const Tensor y = hypot(a.value(), b.value());
  return record("hypot", {a, b}, y, [a, b, y](const Variable& grad, const Step& step) {
    return unbroadcast(step, [&](int i) { return grad * ((i == 0 ? a : b) / step.output(y)); });
  });
}

Variable fmod(const Variable& a, const Variable& b) {
  return record("fmod", {a, b}, fmod(a.value(), b.value()), [a, b](const Variable& grad, const Step& step) {
    return unbroadcast(step, [&](int i) { return i == 0 ? grad : -(grad * trunc(a.value() / b.value())); });
  });
}

Variable remainder(const Variable& a, const Variable& b) {
  return record("remainder", {a, b}, remainder(a.value(), b.value()), [a, b](const Variable& grad, const Step& step) {
    return unbroadcast(step, [&](int i) { return i == 0 ? grad : -(grad * floor(a.value() / b.value())); });
  });
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
