#include <reel/autograd/ops/arithmetic.h>
#include <reel/autograd/ops/reduce.h>
#include <reel/autograd/ops/view.h>
#include <reel/autograd/tape.h>
#include <reel/core/kernels/index.h>

namespace reel {
namespace {

/// The adjoint of `slice`: a tensor of `shape` with zeros, and `a` in the slice's place.
Variable embed(const Variable& a, const Shape& shape, std::int64_t axis, std::int64_t start, std::int64_t stop,
               std::int64_t step) {
  Tensor out = Tensor::zeros(shape, a.dtype());
  out.slice(axis, start, stop, step).copy_from(a.value());
  return record("embed", {a}, std::move(out),
                [axis, start, stop, step](const Variable& grad, const Step&) -> Gradients {
                  return {slice(grad, axis, start, stop, step)};
                },
                {{"axis", axis}, {"start", start}, {"stop", stop}, {"step", step, 1}});
}

}  // namespace

Variable reshape(const Variable& a, const Shape& shape) {
  return record("reshape", {a}, a.value().reshape(shape),
                [from = a.shape()](const Variable& grad, const Step&) -> Gradients { return {reshape(grad, from)}; });
}

Variable flatten(const Variable& a, std::int64_t start, std::int64_t end) {
  return record("flatten", {a}, a.value().flatten(start, end),
                [from = a.shape()](const Variable& grad, const Step&) -> Gradients { return {reshape(grad, from)}; });
}

Variable transpose(const Variable& a, std::int64_t axis_a, std::int64_t axis_b) {
  return record(
      "transpose", {a}, a.value().transpose(axis_a, axis_b),
      [axis_a, axis_b](const Variable& grad, const Step&) -> Gradients { return {transpose(grad, axis_a, axis_b)}; },
      {{"axes", {axis_a, axis_b}}});
}

Variable permute(const Variable& a, const Dims& order) {
  return record("permute", {a}, a.value().permute(order),
                [order](const Variable& grad, const Step&) -> Gradients {
                  Dims inverse = order;
                  for (int i = 0; i < order.rank(); ++i) inverse[normalize_axis("permute", order[i], order.rank())] = i;
                  return {permute(grad, inverse)};
                },
                {{"order", order}});
}

Variable narrow(const Variable& a, std::int64_t axis, std::int64_t start, std::int64_t length) {
  return record("narrow", {a}, a.value().narrow(axis, start, length),
                [from = a.shape(), axis, start, length](const Variable& grad, const Step&) -> Gradients {
                  return {embed(grad, from, axis, start, start + length, 1)};
                },
                {{"axis", axis}, {"start", start}, {"length", length}});
}

Variable slice(const Variable& a, std::int64_t axis, std::int64_t start, std::int64_t stop, std::int64_t step) {
  return record("slice", {a}, a.value().slice(axis, start, stop, step),
                [from = a.shape(), axis, start, stop, step](const Variable& grad, const Step&) -> Gradients {
                  return {embed(grad, from, axis, start, stop, step)};
                },
                {{"axis", axis}, {"start", start}, {"stop", stop}, {"step", step, 1}});
}

Variable select(const Variable& a, std::int64_t axis, std::int64_t index) {
  const int along = normalize_axis("select", axis, a.rank());
  return record("select", {a}, a.value().select(axis, index),
                [from = a.shape(), along, index](const Variable& grad, const Step&) -> Gradients {
                  const std::int64_t at = index < 0 ? index + from[along] : index;
                  return {embed(unsqueeze(grad, along), from, along, at, at + 1, 1)};
                },
                {{"axis", axis}, {"index", index}});
}

Variable expand(const Variable& a, const Shape& shape) {
  return record("expand", {a}, a.value().expand(shape),
                [from = a.shape()](const Variable& grad, const Step&) -> Gradients { return {sum_to(grad, from)}; });
}

Variable squeeze(const Variable& a, std::int64_t axis) {
  return record("squeeze", {a}, a.value().squeeze(axis),
                [from = a.shape()](const Variable& grad, const Step&) -> Gradients { return {reshape(grad, from)}; },
                {{"axis", axis}});
}

Variable unsqueeze(const Variable& a, std::int64_t axis) {
  return record("unsqueeze", {a}, a.value().unsqueeze(axis),
                [from = a.shape()](const Variable& grad, const Step&) -> Gradients { return {reshape(grad, from)}; },
                {{"axis", axis}});
}

Variable concatenate(const std::vector<Variable>& parts, std::int64_t axis) {
  std::vector<Tensor> values;
  for (const Variable& part : parts) values.push_back(part.value());
  Tensor value = concatenate(values, axis);
  std::vector<std::int64_t> lengths;
  for (const Variable& part : parts) lengths.push_back(part.size(axis));
  const std::vector<InputRef> inputs(parts.begin(), parts.end());
  return record("concatenate", inputs, std::move(value),
                [lengths, axis](const Variable& grad, const Step& step) {
                  Gradients gradients;
                  std::int64_t start = 0;
                  for (std::size_t i = 0; i < lengths.size(); ++i) {
                    gradients.push_back(step.wants(i) ? narrow(grad, axis, start, lengths[i]) : Variable());
                    start += lengths[i];
                  }
                  return gradients;
                },
                {{"axis", axis}});
}

Variable stack(const std::vector<Variable>& parts, std::int64_t axis) {
  require<ValueError>(!parts.empty(), "stack", "got no tensors");
  const int along = normalize_axis("stack", axis, parts.front().rank() + 1);
  std::vector<Variable> thick;
  for (const Variable& part : parts) {
    require<ShapeError>(part.shape() == parts.front().shape(), "stack", "shapes ", parts.front().shape(), " and ",
                        part.shape(), " differ");
    thick.push_back(unsqueeze(part, along));
  }
  return concatenate(thick, along);
}

}  // namespace reel
