#include <reel/autograd/ops/activation.h>
#include <reel/autograd/ops/arithmetic.h>
#include <reel/autograd/ops/rearrange.h>
#include <reel/autograd/ops/reduce.h>
#include <reel/autograd/ops/scan.h>
#include <reel/autograd/ops/unary.h>
#include <reel/autograd/ops/view.h>
#include <reel/core/kernels/reduce.h>
#include <reel/nn/onnx/import_ops.h>

// Reductions, softmax and running sums.

namespace reel::onnx {
namespace {

using Node = NodeReader;
using Reduction = Variable (*)(const Variable&, const Dims&, bool);

/// The axes are an attribute, and of later versions an input; none are all, or with noop_with_empty_axes none.
template <Reduction f>
Run reduce(const Node& node) {
  const std::optional<Ints> fixed = node.ints("axes");
  const bool keepdims = node.flag("keepdims", true), noop = node.flag("noop_with_empty_axes", false);
  return [=](const Call& call) {
    Ints axes = fixed.value_or(Ints{});
    if (call.optional(1).defined()) axes = call.ints(1);
    if (axes.empty() && noop) {  // what is done to a number by itself
      const Variable one = unsqueeze(call.input(), 0);
      return Values{f(one, {0}, false)};
    }
    return Values{f(call.input(), dims(axes), keepdims)};
  };
}

// Functions of the sum, by the names that ONNX has for them.
Variable l1(const Variable& x, const Dims& axes, bool keepdim) { return sum(abs(x), axes, keepdim); }
Variable l2(const Variable& x, const Dims& axes, bool keepdim) { return sqrt(sum(square(x), axes, keepdim)); }
Variable log_sum(const Variable& x, const Dims& axes, bool keepdim) { return log(sum(x, axes, keepdim)); }
Variable sum_square(const Variable& x, const Dims& axes, bool keepdim) { return sum(square(x), axes, keepdim); }

template <Variable (*f)(const Variable&, std::int64_t)>
Run along_axis(const Node& node) {
  return on_input([axis = node.integer("axis", -1)](const Variable& x) { return f(x, axis); });
}

/// With select_last_index the last of equals, which is the first from the other end.
template <Tensor (*f)(const Tensor&, std::int64_t, bool)>
Run arg_reduce(const Node& node) {
  const std::int64_t axis = node.integer("axis", 0);
  const bool keepdims = node.flag("keepdims", true), last = node.flag("select_last_index", false);
  return on_input([=](const Variable& x) -> Variable {
    if (!last) return f(x.value(), axis, keepdims);
    const Tensor from_end = f(flip(x, {axis}).value(), axis, keepdims);
    return scalar_like(static_cast<double>(x.value().size(axis) - 1), from_end) - from_end;
  });
}

/// With `exclusive` a sum is without the number at its own place.
Run cumulative_sum(const Node& node) {
  const bool exclusive = node.flag("exclusive", false), reverse = node.flag("reverse", false);
  return [=](const Call& call) {
    Variable x = call.input();
    const std::int64_t axis = call.integer(1), n = x.value().size(axis);
    if (exclusive && n > 0) {
      const Variable none = Tensor::zeros(narrow(x, axis, 0, 1).shape(), x.dtype());
      x = reverse ? concatenate({narrow(x, axis, 1, n - 1), none}, axis)
                  : concatenate({none, narrow(x, axis, 0, n - 1)}, axis);
    }
    return Values{cumsum(x, axis, reverse)};
  };
}

template <Variable (*f)(const Variable&, const Dims&, bool)>
ImportOp reduction() {
  return {{"axes", "keepdims", "noop_with_empty_axes"}, reduce<f>};
}

}  // namespace

const ImportTable& reduce_imports() {
  static const ImportTable table{{"ArgMax", {{"axis", "keepdims", "select_last_index"}, arg_reduce<argmax>}},
                                 {"ArgMin", {{"axis", "keepdims", "select_last_index"}, arg_reduce<argmin>}},
                                 {"CumSum", {{"exclusive", "reverse"}, cumulative_sum}},
                                 {"LogSoftmax", {{"axis"}, along_axis<log_softmax>, 13}},
                                 {"ReduceL1", reduction<l1>()},
                                 {"ReduceL2", reduction<l2>()},
                                 {"ReduceLogSum", reduction<log_sum>()},
                                 {"ReduceLogSumExp", reduction<logsumexp>()},
                                 {"ReduceMax", reduction<max>()},
                                 {"ReduceMean", reduction<mean>()},
                                 {"ReduceMin", reduction<min>()},
                                 {"ReduceProd", reduction<prod>()},
                                 {"ReduceSum", reduction<sum>()},
                                 {"ReduceSumSquare", reduction<sum_square>()},
                                 {"Softmax", {{"axis"}, along_axis<softmax>, 13}}};
  return table;
}

}  // namespace reel::onnx
