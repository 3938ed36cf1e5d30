#include <cmath>
#include <reel/autograd/ops/activation.h>
#include <reel/autograd/ops/arithmetic.h>
#include <reel/autograd/ops/unary.h>
#include <reel/core/kernels/elementwise.h>
#include <reel/core/kernels/unary.h>
#include <reel/nn/onnx/import_ops.h>
#include <reel/nn/onnx/tensor_reader.h>

// Functions of each number by itself, or of those at one place after broadcasting.

namespace reel::onnx {
namespace {

using Node = NodeReader;

template <Variable (*f)(const Variable&)>
Run unary(const Node&) {
  return on_input(f);
}

template <Variable (*f)(const Variable&, const Variable&)>
Run binary(const Node&) {
  return [](const Call& call) { return Values{f(call.input(0), call.input(1))}; };
}

/// Of any number of inputs, from the first on.
template <Variable (*f)(const Variable&, const Variable&)>
Run folded(const Node&) {
  return [](const Call& call) {
    Variable all = call.input(0);
    for (std::size_t i = 1; i < call.inputs.size(); ++i) all = f(all, call.input(i));
    return Values{all};
  };
}

template <Tensor (*f)(const Tensor&, const Tensor&)>
Run compare(const Node&) {
  return [](const Call& call) { return Values{f(call.input(0).value(), call.input(1).value())}; };
}

Variable relu_of(const Variable& x) { return relu(x); }
Variable softplus_of(const Variable& x) { return softplus(x); }
Variable not_of(const Variable& x) { return logical_not(x.value()); }
Variable softsign(const Variable& x) { return x / (1.0 + abs(x)); }
Variable mish(const Variable& x) { return x * tanh(softplus(x)); }

Run mean_of(const Node& node) {
  const Run sum = folded<add>(node);
  return [sum](const Call& call) { return Values{sum(call)[0] / static_cast<double>(call.inputs.size())}; };
}

Run leaky_relu_of(const Node& node) {
  return on_input([alpha = node.real("alpha", 0.01)](const Variable& x) { return leaky_relu(x, alpha); });
}

Run elu_of(const Node& node) {
  return on_input([alpha = node.real("alpha", 1)](const Variable& x) { return elu(x, alpha); });
}

/// x, and where that is below zero alpha (exp(x / alpha) - 1)
Run celu(const Node& node) {
  return on_input([alpha = node.real("alpha", 1)](const Variable& x) {
    return relu(x) + alpha * expm1(clamp(x, std::nullopt, 0) / alpha);
  });
}

Run selu(const Node& node) {
  const double alpha = node.real("alpha", 1.67326319217681884765625),
               gamma = node.real("gamma", 1.05070102214813232421875);
  return on_input([=](const Variable& x) { return gamma * elu(x, alpha); });
}

Run gelu_of(const Node& node) {
  const std::string approximate = node.word("approximate", "none");
  node.require_that(approximate == "none" || approximate == "tanh", "approximate is none or tanh");
  return on_input([how = approximate == "tanh" ? Approximate::tanh : Approximate::none](const Variable& x) {
    return gelu(x, how);
  });
}

Run hard_sigmoid(const Node& node) {
  return on_input([alpha = node.real("alpha", 0.2), beta = node.real("beta", 0.5)](const Variable& x) {
    return clamp(alpha * x + beta, 0, 1);
  });
}

Run thresholded_relu(const Node& node) {
  return on_input([alpha = node.real("alpha", 1)](const Variable& x) {
    return where(gt(x.value(), scalar_like(alpha, x.value())), x, Tensor::scalar(0, x.dtype()));
  });
}

/// With a slope that broadcasts.
Run prelu_of(const Node&) {
  return [](const Call& call) {
    const Variable& x = call.input(0);
    const Tensor zero = Tensor::scalar(0, x.dtype());
    return Values{where(lt(x.value(), zero), x * call.input(1), x)};
  };
}

/// Of whole numbers by their bounds as they are: the largest int64 is no double.
Variable clip_whole(const Call& call) {
  Variable x = call.input();
  if (call.optional(1).defined()) x = maximum(x, call.input(1));
  if (call.optional(2).defined()) x = minimum(x, call.input(2));
  return x;
}

Run clip(const Node&) {
  return [](const Call& call) {
    if (call.input().dtype() == int64) return Values{clip_whole(call)};
    std::optional<double> low, high;
    if (call.optional(1).defined()) low = call.real(1);
    if (call.optional(2).defined()) high = call.real(2);
    if (low && high && *low > *high) low = high;  // then all are the highest, by ONNX
    return Values{low || high ? clamp(call.input(), low, high) : call.input()};
  };
}

/// Whole numbers are no Variables that a gradient goes to.
Variable as(const Variable& x, DType dtype) {
  if (x.dtype() == dtype) return x;
  return is_floating(x.dtype()) && is_floating(dtype) ? to(x, dtype) : Variable(x.value().to(dtype));
}

/// f of two inputs; whole numbers go through float64, which is exact up to 2^53. The output is of the first one's
/// dtype.
template <class F>
Values by_floats(const Call& call, const F& f) {
  const Variable &a = call.input(0), &b = call.input(1);
  if (is_floating(a.dtype())) return {f(a, as(b, a.dtype()))};
  return {f(a.value().to(float64), b.value().to(float64)).value().to(a.dtype())};
}

Run mod(const Node& node) {
  return [truncates = node.flag("fmod", false)](const Call& call) {
    return by_floats(call,
                     [&](const Variable& a, const Variable& b) { return truncates ? fmod(a, b) : remainder(a, b); });
  };
}

Run power(const Node&) {
  return
      [](const Call& call) { return by_floats(call, [](const Variable& a, const Variable& b) { return pow(a, b); }); };
}

Run cast(const Node& node) {
  const auto dtype = dtype_from(node.integer("to", 0));
  node.require_that(dtype.has_value(), concat("ONNX's type ", node.integer("to", 0), " is none of Reel's"));
  return on_input([dtype = *dtype](const Variable& x) { return as(x, dtype); });
}

Run cast_like(const Node&) {
  return [](const Call& call) { return Values{as(call.input(0), call.input(1).dtype())}; };
}

Run where_of(const Node&) {
  return [](const Call& call) { return Values{where(call.input(0).value(), call.input(1), call.input(2))}; };
}

}  // namespace

const ImportTable& elementwise_imports() {
  static const ImportTable table{{"Abs", {{}, unary<abs>}},
                                 {"Acos", {{}, unary<acos>}},
                                 {"Acosh", {{}, unary<acosh>}},
                                 {"Add", {{}, binary<add>}},
                                 {"And", {{}, compare<logical_and>}},
                                 {"Asin", {{}, unary<asin>}},
                                 {"Asinh", {{}, unary<asinh>}},
                                 {"Atan", {{}, unary<atan>}},
                                 {"Atanh", {{}, unary<atanh>}},
                                 {"Cast", {{"round_mode", "saturate", "to"}, cast}},
                                 {"CastLike", {{"round_mode", "saturate"}, cast_like}},
                                 {"Ceil", {{}, unary<ceil>}},
                                 {"Celu", {{"alpha"}, celu}},
                                 {"Clip", {{}, clip, 11}},
                                 {"Cos", {{}, unary<cos>}},
                                 {"Cosh", {{}, unary<cosh>}},
                                 {"Div", {{}, binary<div>}},
                                 {"Elu", {{"alpha"}, elu_of, 6}},
                                 {"Equal", {{}, compare<eq>}},
                                 {"Erf", {{}, unary<erf>}},
                                 {"Exp", {{}, unary<exp>}},
                                 {"Floor", {{}, unary<floor>}},
                                 {"Gelu", {{"approximate"}, gelu_of}},
                                 {"Greater", {{}, compare<gt>}},
                                 {"GreaterOrEqual", {{}, compare<ge>}},
                                 {"HardSigmoid", {{"alpha", "beta"}, hard_sigmoid, 6}},
                                 {"HardSwish", {{}, unary<hardswish>}},
                                 {"LeakyRelu", {{"alpha"}, leaky_relu_of}},
                                 {"Less", {{}, compare<lt>}},
                                 {"LessOrEqual", {{}, compare<le>}},
                                 {"Log", {{}, unary<log>}},
                                 {"Max", {{}, folded<maximum>}},
                                 {"Mean", {{}, mean_of}},
                                 {"Min", {{}, folded<minimum>}},
                                 {"Mish", {{}, unary<mish>}},
                                 {"Mod", {{"fmod"}, mod}},
                                 {"Mul", {{}, binary<mul>}},
                                 {"Neg", {{}, unary<neg>}},
                                 {"Not", {{}, unary<not_of>, 1}},
                                 {"Or", {{}, compare<logical_or>}},
                                 {"PRelu", {{}, prelu_of}},
                                 {"Pow", {{}, power}},
                                 {"Reciprocal", {{}, unary<reciprocal>}},
                                 {"Relu", {{}, unary<relu_of>}},
                                 {"Round", {{}, unary<round>}},
                                 {"Selu", {{"alpha", "gamma"}, selu, 6}},
                                 {"Sigmoid", {{}, unary<sigmoid>}},
                                 {"Sign", {{}, unary<sign>}},
                                 {"Sin", {{}, unary<sin>}},
                                 {"Sinh", {{}, unary<sinh>}},
                                 {"Softplus", {{}, unary<softplus_of>, 1}},
                                 {"Softsign", {{}, unary<softsign>, 1}},
                                 {"Sqrt", {{}, unary<sqrt>}},
                                 {"Sub", {{}, binary<sub>}},
                                 {"Sum", {{}, folded<add>}},
                                 {"Tan", {{}, unary<tan>}},
                                 {"Tanh", {{}, unary<tanh>}},
                                 {"ThresholdedRelu", {{"alpha"}, thresholded_relu}},
                                 {"Where", {{}, where_of}},
                                 {"Xor", {{}, compare<logical_xor>}}};
  return table;
}

}  // namespace reel::onnx
