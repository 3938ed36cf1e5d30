#include <numbers>
#include <reel/autograd/ops/arithmetic.h>
#include <reel/autograd/ops/unary.h>
#include <reel/autograd/tape.h>

namespace reel {
namespace {

using Kernel = Tensor (*)(const Tensor&);
/// The gradient that arrives, times the slope at a point: the input, or the output where that tells more.
using Slope = Variable (*)(const Variable& grad, const Variable& point);

Variable by_input(std::string_view op, const Variable& x, Kernel f, Slope slope) {
  return record(op, {x}, f(x.value()),
                [x, slope](const Variable& grad, const Step&) -> Gradients { return {slope(grad, x)}; });
}

Variable by_output(std::string_view op, const Variable& x, Kernel f, Slope slope) {
  const Tensor y = f(x.value());
  return record(op, {x}, y, [y, slope](const Variable& grad, const Step& step) -> Gradients {
    return {slope(grad, step.output(y))};
  });
}

/// A function whose slope is 0.
Variable stairs(std::string_view op, const Variable& x, Kernel f) {
  return record(op, {x}, f(x.value()), [](const Variable& grad, const Step&) -> Gradients {
    return {Tensor::zeros(grad.shape(), grad.dtype())};
  });
}

}  // namespace

Variable abs(const Variable& x) {
  return by_input("abs", x, abs, [](const Variable& g, const Variable& v) { return g * sign(v); });
}
Variable square(const Variable& x) {
  return by_input("square", x, square, [](const Variable& g, const Variable& v) { return g * (2.0 * v); });
}

Variable exp(const Variable& x) {
  return by_output("exp", x, exp, [](const Variable& g, const Variable& y) { return g * y; });
}
Variable exp2(const Variable& x) {
  return by_output("exp2", x, exp2, [](const Variable& g, const Variable& y) { return g * (y * std::numbers::ln2); });
}
Variable expm1(const Variable& x) {
  return by_output("expm1", x, expm1, [](const Variable& g, const Variable& y) { return g * (y + 1.0); });
}
Variable log(const Variable& x) {
  return by_input("log", x, log, [](const Variable& g, const Variable& v) { return g / v; });
}
Variable log2(const Variable& x) {
  return by_input("log2", x, log2, [](const Variable& g, const Variable& v) { return g / (v * std::numbers::ln2); });
}
Variable log10(const Variable& x) {
  return by_input("log10", x, log10, [](const Variable& g, const Variable& v) { return g / (v * std::numbers::ln10); });
}
Variable log1p(const Variable& x) {
  return by_input("log1p", x, log1p, [](const Variable& g, const Variable& v) { return g / (v + 1.0); });
}

Variable sqrt(const Variable& x) {
  return by_output("sqrt", x, sqrt, [](const Variable& g, const Variable& y) { return g / (2.0 * y); });
}
Variable rsqrt(const Variable& x) {
  return by_output("rsqrt", x, rsqrt, [](const Variable& g, const Variable& y) { return g * (-0.5 * (y * y * y)); });
}
Variable reciprocal(const Variable& x) {
  return by_output("reciprocal", x, reciprocal, [](const Variable& g, const Variable& y) { return -(g * (y * y)); });
}

Variable sin(const Variable& x) {
  return by_input("sin", x, sin, [](const Variable& g, const Variable& v) { return g * cos(v); });
}
Variable cos(const Variable& x) {
  return by_input("cos", x, cos, [](const Variable& g, const Variable& v) { return -(g * sin(v)); });
}
Variable tan(const Variable& x) {
  return by_output("tan", x, tan, [](const Variable& g, const Variable& y) { return g * (1.0 + y * y); });
}
Variable asin(const Variable& x) {
  return by_input("asin", x, asin, [](const Variable& g, const Variable& v) { return g * rsqrt(1.0 - v * v); });
}
Variable acos(const Variable& x) {
  return by_input("acos", x, acos, [](const Variable& g, const Variable& v) { return -(g * rsqrt(1.0 - v * v)); });
}
Variable atan(const Variable& x) {
  return by_input("atan", x, atan, [](const Variable& g, const Variable& v) { return g / (1.0 + v * v); });
}
Variable sinh(const Variable& x) {
  return by_input("sinh", x, sinh, [](const Variable& g, const Variable& v) { return g * cosh(v); });
}
Variable cosh(const Variable& x) {
  return by_input("cosh", x, cosh, [](const Variable& g, const Variable& v) { return g * sinh(v); });
}
Variable asinh(const Variable& x) {
  return by_input("asinh", x, asinh, [](const Variable& g, const Variable& v) { return g * rsqrt(v * v + 1.0); });
}
Variable acosh(const Variable& x) {
  return by_input("acosh", x, acosh, [](const Variable& g, const Variable& v) { return g * rsqrt(v * v - 1.0); });
}
Variable atanh(const Variable& x) {
  return by_input("atanh", x, atanh, [](const Variable& g, const Variable& v) { return g / (1.0 - v * v); });
}

Variable erf(const Variable& x) {
  return by_input("erf", x, erf, [](const Variable& g, const Variable& v) {
    return g * exp(-(v * v)) * (2 * std::numbers::inv_sqrtpi);
  });
}
Variable erfc(const Variable& x) {
  return by_input("erfc", x, erfc, [](const Variable& g, const Variable& v) {
    return g * exp(-(v * v)) * (-2 * std::numbers::inv_sqrtpi);
  });
}

Variable sign(const Variable& x) { return stairs("sign", x, sign); }
Variable floor(const Variable& x) { return stairs("floor", x, floor); }
Variable ceil(const Variable& x) { return stairs("ceil", x, ceil); }
Variable round(const Variable& x) { return stairs("round", x, round); }
Variable trunc(const Variable& x) { return stairs("trunc", x, trunc); }
Variable frac(const Variable& x) {
  return record("frac", {x}, frac(x.value()), [](const Variable& grad, const Step&) -> Gradients { return {grad}; });
}

}  // namespace reel
