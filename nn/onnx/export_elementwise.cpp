#include <cmath>
#include <limits>
#include <numbers>
#include <reel/nn/onnx/export_ops.h>

// Ops on one number at a time, and reductions.

namespace reel::onnx {
namespace {

using Graph = GraphWriter;
using Op = TracedOp;

template <std::size_t n>
struct Word {
  char text[n];
  constexpr Word(const char (&word)[n]) {  // NOLINT(google-explicit-constructor): a literal as a template argument
    for (std::size_t i = 0; i < n; ++i) text[i] = word[i];
  }
};

/// The node of this type, with the op's inputs.
template <Word type>
std::string as(Graph& graph, const Op& op) {
  return graph.node(type.text, op.inputs);
}

std::string number(Graph& graph, const Op& op, double value) { return graph.number(value, op.row.inputs[0].dtype); }

std::string times(Graph& graph, const Op& op, const std::string& x, double factor) {
  return graph.node("Mul", {x, number(graph, op, factor)});
}

std::string plus(Graph& graph, const Op& op, const std::string& x, double summand) {
  return graph.node("Add", {x, number(graph, op, summand)});
}

std::string power(Graph& graph, const Op& op) {
  if (op.inputs.size() == 2) return graph.node("Pow", op.inputs);
  return graph.node("Pow", {op.inputs[0], number(graph, op, op.real("exponent", 1))});
}

std::string clip(Graph& graph, const Op& op, double low, double high) {
  return graph.node("Clip", {op.inputs[0], std::isinf(low) ? "" : number(graph, op, low),
                             std::isinf(high) ? "" : number(graph, op, high)});
}
std::string clamp(Graph& graph, const Op& op) {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  return clip(graph, op, op.real("low", -infinity), op.real("high", infinity));
}
std::string hardtanh(Graph& graph, const Op& op) {
  return clip(graph, op, op.real("min_val", -1), op.real("max_val", 1));
}

std::string square(Graph& graph, const Op& op) { return graph.node("Mul", {op.inputs[0], op.inputs[0]}); }
std::string rsqrt(Graph& graph, const Op& op) { return graph.node("Reciprocal", {graph.node("Sqrt", op.inputs)}); }
std::string expm1(Graph& graph, const Op& op) { return plus(graph, op, graph.node("Exp", op.inputs), -1); }
std::string log1p(Graph& graph, const Op& op) { return graph.node("Log", {plus(graph, op, op.inputs[0], 1)}); }
std::string exp2(Graph& graph, const Op& op) { return graph.node("Pow", {number(graph, op, 2), op.inputs[0]}); }
std::string log2(Graph& graph, const Op& op) {
  return times(graph, op, graph.node("Log", op.inputs), std::numbers::log2e);
}
std::string log10(Graph& graph, const Op& op) {
  return times(graph, op, graph.node("Log", op.inputs), std::numbers::log10e);
}
std::string erfc(Graph& graph, const Op& op) {
  return graph.node("Sub", {number(graph, op, 1), graph.node("Erf", op.inputs)});
}

std::string leaky_relu(Graph& graph, const Op& op) {
  return graph.node("LeakyRelu", op.inputs, {{"alpha", op.real("slope", 0)}});
}
std::string elu(Graph& graph, const Op& op) { return graph.node("Elu", op.inputs, {{"alpha", 1.0}}); }
std::string silu(Graph& graph, const Op& op) {
  return graph.node("Mul", {op.inputs[0], graph.node("Sigmoid", op.inputs)});
}

/// x / 2 (1 + erf(x / sqrt 2)), or its approximation by a tanh.
std::string gelu(Graph& graph, const Op& op) {
  const std::string& x = op.inputs[0];
  std::string curve;
  if (op.integer("tanh", 0) == 1) {
    const std::string cube = graph.node("Mul", {graph.node("Mul", {x, x}), x});
    const std::string sum = graph.node("Add", {x, times(graph, op, cube, 0.044715)});
    curve = graph.node("Tanh", {times(graph, op, sum, std::numbers::inv_sqrtpi * std::numbers::sqrt2)});
  } else {
    curve = graph.node("Erf", {times(graph, op, x, std::numbers::sqrt2 / 2)});
  }
  return graph.node("Mul", {times(graph, op, x, 0.5), plus(graph, op, curve, 1)});
}

/// A threshold only keeps exp from overflowing, which ONNX's sees to itself.
std::string softplus(Graph& graph, const Op& op) {
  const double beta = op.real("beta", 1);
  if (op.real("threshold", 20) < 15)
    op.refuse("ONNX's Softplus has no threshold; one of 15 or more makes no difference");
  if (beta == 1) return graph.node("Softplus", op.inputs);
  return times(graph, op, graph.node("Softplus", {times(graph, op, op.inputs[0], beta)}), 1 / beta);
}

template <Word type>
std::string along_axis(Graph& graph, const Op& op) {
  return graph.node(type.text, op.inputs, {{"axis", op.axis()}});
}

/// Reductions whose axes are an attribute; until opset 18 these are all but the sum.
std::vector<NodeAttribute> reduction(const Op& op) {
  std::vector<NodeAttribute> attributes{{"keepdims", op.integer("keepdim", 0)}};
  if (const auto axes = op.numbers("axes")) attributes.emplace_back("axes", *axes);
  return attributes;
}
template <Word type>
std::string reduce(Graph& graph, const Op& op) {
  return graph.node(type.text, op.inputs, reduction(op));
}
std::string sum(Graph& graph, const Op& op) {
  const auto axes = op.numbers("axes");
  return graph.node("ReduceSum", {op.inputs[0], axes ? graph.ints(*axes) : ""},
                    {{"keepdims", op.integer("keepdim", 0)}});
}
std::string cumsum(Graph& graph, const Op& op) {
  return graph.node("CumSum", {op.inputs[0], graph.constant(Tensor::scalar(static_cast<double>(op.axis()), int64))},
                    {{"reverse", op.integer("reverse", 0)}});
}

}  // namespace

const ExportTable& elementwise_exports() {
  static const ExportTable table{{"abs", as<"Abs">},
                                 {"acos", as<"Acos">},
                                 {"acosh", as<"Acosh">},
                                 {"add", as<"Add">},
                                 {"asin", as<"Asin">},
                                 {"asinh", as<"Asinh">},
                                 {"atan", as<"Atan">},
                                 {"atanh", as<"Atanh">},
                                 {"ceil", as<"Ceil">},
                                 {"clamp", clamp},
                                 {"cos", as<"Cos">},
                                 {"cosh", as<"Cosh">},
                                 {"cumsum", cumsum},
                                 {"div", as<"Div">},
                                 {"elu", elu},
                                 {"erf", as<"Erf">},
                                 {"erfc", erfc},
                                 {"exp", as<"Exp">},
                                 {"exp2", exp2},
                                 {"expm1", expm1},
                                 {"floor", as<"Floor">},
                                 {"gelu", gelu},
                                 {"hardswish", as<"HardSwish">},
                                 {"hardtanh", hardtanh},
                                 {"leaky_relu", leaky_relu},
                                 {"log", as<"Log">},
                                 {"log10", log10},
                                 {"log1p", log1p},
                                 {"log2", log2},
                                 {"log_softmax", along_axis<"LogSoftmax">},
                                 {"logsumexp", reduce<"ReduceLogSumExp">},
                                 {"max", reduce<"ReduceMax">},
                                 {"maximum", as<"Max">},
                                 {"mean", reduce<"ReduceMean">},
                                 {"min", reduce<"ReduceMin">},
                                 {"minimum", as<"Min">},
                                 {"mul", as<"Mul">},
                                 {"neg", as<"Neg">},
                                 {"pow", power},
                                 {"prelu", as<"PRelu">},
                                 {"prod", reduce<"ReduceProd">},
                                 {"reciprocal", as<"Reciprocal">},
                                 {"relu", as<"Relu">},
                                 {"round", as<"Round">},
                                 {"rsqrt", rsqrt},
                                 {"sigmoid", as<"Sigmoid">},
                                 {"sign", as<"Sign">},
                                 {"silu", silu},
                                 {"sin", as<"Sin">},
                                 {"sinh", as<"Sinh">},
                                 {"softmax", along_axis<"Softmax">},
                                 {"softplus", softplus},
                                 {"sqrt", as<"Sqrt">},
                                 {"square", square},
                                 {"sub", as<"Sub">},
                                 {"sum", sum},
                                 {"tan", as<"Tan">},
                                 {"tanh", as<"Tanh">}};
  return table;
}

}  // namespace reel::onnx
