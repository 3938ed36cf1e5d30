#pragma once

#include <reel/autograd/variable.h>
#include <reel/core/kernels/rearrange.h>
#include <vector>

/// Differentiable rearrangements; arguments and errors as for the namesakes on Tensors (core/kernels/rearrange.h), and
/// tensors taken apart.
namespace reel {

/// Back to front along `axes`.
[[nodiscard]] Variable flip(const Variable& a, const Dims& axes);
/// Moves what is along axes[i] by shifts[i] towards the end, and from there to the front.
[[nodiscard]] Variable roll(const Variable& a, const Dims& shifts, const Dims& axes = {});
/// counts[i] copies after each other along axis i.
[[nodiscard]] Variable repeat(const Variable& a, const Dims& counts);
/// Each element `count` times after itself along `axis`.
[[nodiscard]] Variable repeat_interleave(const Variable& a, std::int64_t count, std::int64_t axis);
/// [..., R, C], with zeros below (triu) or above (tril) a diagonal:
[[nodiscard]] Variable triu(const Variable& a, std::int64_t diagonal = 0);
[[nodiscard]] Variable tril(const Variable& a, std::int64_t diagonal = 0);
/// The diagonal of two axes, as the last axis in place of both.
[[nodiscard]] Variable diagonal(const Variable& a, std::int64_t offset = 0, std::int64_t axis_a = 0,
                                std::int64_t axis_b = 1);
/// Of [R, C] the diagonal; of [N] the square matrix that has it as diagonal number `offset`, and zeros beside it.
/// Throws ShapeError for other shapes.
[[nodiscard]] Variable diag(const Variable& a, std::int64_t offset = 0);

/// The same with axis `from` at place `to`; the others keep their order.
[[nodiscard]] Variable movedim(const Variable& a, std::int64_t from, std::int64_t to);
/// Parts of `size` along `axis`, the last one shorter where that leaves a rest. Throws ValueError for size < 1.
[[nodiscard]] std::vector<Variable> split(const Variable& a, std::int64_t size, std::int64_t axis = 0);
/// Parts of these sizes. Throws ShapeError where they are not those of the axis together.
[[nodiscard]] std::vector<Variable> split(const Variable& a, const std::vector<std::int64_t>& sizes,
                                          std::int64_t axis = 0);
/// `count` parts of one size along `axis`; where they don't come out even, of that size rounded up, the last one
/// shorter, and perhaps fewer. Throws ValueError for count < 1.
[[nodiscard]] std::vector<Variable> chunk(const Variable& a, std::int64_t count, std::int64_t axis = 0);
/// All parts along `axis`, without it: what stack puts together.
[[nodiscard]] std::vector<Variable> unbind(const Variable& a, std::int64_t axis = 0);

}  // namespace reel
