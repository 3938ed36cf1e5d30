#include <reel/autograd/ops/arithmetic.h>
#include <reel/autograd/ops/index.h>
#include <reel/autograd/ops/reduce.h>
#include <reel/autograd/ops/view.h>
#include <reel/autograd/tape.h>
#include <reel/core/kernels/index.h>

namespace reel {
namespace {

/// Zeros to add to, or to write. They take no memory: whoever adds to them makes a copy anyway.
Tensor nothing(const Shape& shape, DType dtype) { return Tensor::zeros({}, dtype).expand(shape); }

}  // namespace

Variable index(const Variable& a, const std::vector<Index>& indices) {
  Tensor value = index(a.value(), indices);
  return record("index", {a}, std::move(value),
                [from = a.shape(), indices](const Variable& grad, const Step&) -> Gradients {
                  return {index_put(nothing(from, grad.dtype()), indices, grad, true)};
                });
}

Variable index_put(const Variable& a, const std::vector<Index>& indices, const Variable& values, bool accumulate) {
  Tensor value = index_put(a.value(), indices, values.value(), accumulate);
  return record(
      "index_put", {a, values}, std::move(value),
      [indices, from = values.shape(), accumulate](const Variable& grad, const Step& step) -> Gradients {
        const auto of_a = [&] { return accumulate ? grad : index_put(grad, indices, nothing({}, grad.dtype())); };
        return {step.wants(0) ? of_a() : Variable(), step.wants(1) ? sum_to(index(grad, indices), from) : Variable()};
      },
      {{"accumulate", accumulate, false}});
}

Variable masked_select(const Variable& a, const Tensor& mask) {
  require_mask("masked_select", mask);
  const Shape shape = broadcast_shapes("masked_select", a.shape(), mask.shape());
  return index(flatten(expand(a, shape), 0), {mask.expand(shape).flatten()});
}

Variable masked_fill(const Variable& a, const Tensor& mask, double value) {
  require_mask("masked_fill", mask);
  return where(mask, scalar_like(value, a.value()), a);
}

Variable index_select(const Variable& a, std::int64_t axis, const Tensor& index) {
  const Variable places(index);
  return record("index_select", {a, places}, index_select(a.value(), axis, index),
                [from = a.shape(), axis, index](const Variable& grad, const Step&) -> Gradients {
                  return {index_add(nothing(from, grad.dtype()), axis, index, grad), {}};
                },
                {{"axis", axis}});
}

Variable index_add(const Variable& a, std::int64_t axis, const Tensor& index, const Variable& source) {
  return record("index_add", {a, source}, index_add(a.value(), axis, index, source.value()),
                [axis, index](const Variable& grad, const Step& step) -> Gradients {
                  return {grad, step.wants(1) ? index_select(grad, axis, index) : Variable()};
                },
                {{"axis", axis}});
}

Variable index_copy(const Variable& a, std::int64_t axis, const Tensor& index, const Variable& source) {
  return record("index_copy", {a, source}, index_copy(a.value(), axis, index, source.value()),
                [axis, index, part = source.shape()](const Variable& grad, const Step& step) -> Gradients {
                  return {step.wants(0) ? index_copy(grad, axis, index, nothing(part, grad.dtype())) : Variable(),
                          step.wants(1) ? index_select(grad, axis, index) : Variable()};
                },
                {{"axis", axis}});
}

Variable gather(const Variable& a, std::int64_t axis, const Tensor& index) {
  return record("gather", {a}, gather(a.value(), axis, index),
                [from = a.shape(), axis, index](const Variable& grad, const Step&) -> Gradients {
                  return {scatter_add(nothing(from, grad.dtype()), axis, index, grad)};
                },
                {{"axis", axis}});
}

Variable scatter_add(const Variable& a, std::int64_t axis, const Tensor& index, const Variable& source) {
  return record("scatter_add", {a, source}, scatter_add(a.value(), axis, index, source.value()),
                [axis, index](const Variable& grad, const Step& step) -> Gradients {
                  return {grad, step.wants(1) ? gather(grad, axis, index) : Variable()};
                },
                {{"axis", axis}});
}

Variable scatter(const Variable& a, std::int64_t axis, const Tensor& index, const Variable& source) {
  return record("scatter", {a, source}, scatter(a.value(), axis, index, source.value()),
                [axis, index](const Variable& grad, const Step& step) -> Gradients {
                  return {step.wants(0) ? scatter(grad, axis, index, nothing(index.shape(), grad.dtype())) : Variable(),
                          step.wants(1) ? gather(grad, axis, index) : Variable()};
                },
                {{"axis", axis}});
}

}  // namespace reel
