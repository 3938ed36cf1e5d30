#pragma once

#include <reel/autograd/variable.h>
#include <vector>

/// Differentiable views, and tensors put together; arguments and errors as for Tensor's methods and
/// core/kernels/index.h.
namespace reel {

/// The same elements in row-major order, of another shape; one size may be -1.
[[nodiscard]] Variable reshape(const Variable& a, const Shape& shape);
/// [N, C, H, W] -> [N, C*H*W], as a classifier's head wants it.
[[nodiscard]] Variable flatten(const Variable& a, std::int64_t start = 1, std::int64_t end = -1);

/// Views, as Tensor has them under the same names; what a view leaves out gets a gradient of 0:
[[nodiscard]] Variable transpose(const Variable& a, std::int64_t axis_a, std::int64_t axis_b);
[[nodiscard]] Variable permute(const Variable& a, const Dims& order);
[[nodiscard]] Variable narrow(const Variable& a, std::int64_t axis, std::int64_t start, std::int64_t length);
[[nodiscard]] Variable slice(const Variable& a, std::int64_t axis, std::int64_t start, std::int64_t stop,
                             std::int64_t step = 1);
[[nodiscard]] Variable select(const Variable& a, std::int64_t axis, std::int64_t index);
[[nodiscard]] Variable expand(const Variable& a, const Shape& shape);
[[nodiscard]] Variable squeeze(const Variable& a, std::int64_t axis);
[[nodiscard]] Variable unsqueeze(const Variable& a, std::int64_t axis);

/// Joined along an axis, or along a new one: see the functions of these names on Tensors. `stack({a, b})` does without
/// a vector:
[[nodiscard]] Variable concatenate(const std::vector<Variable>& parts, std::int64_t axis = 0);
[[nodiscard]] Variable stack(const std::vector<Variable>& parts, std::int64_t axis = 0);
[[nodiscard]] inline Variable concatenate(std::initializer_list<Variable> parts, std::int64_t axis = 0) {
  return concatenate(std::vector<Variable>(parts), axis);
}
[[nodiscard]] inline Variable stack(std::initializer_list<Variable> parts, std::int64_t axis = 0) {
  return stack(std::vector<Variable>(parts), axis);
}

}  // namespace reel
