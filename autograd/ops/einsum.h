#pragma once

#include <reel/autograd/variable.h>
#include <string_view>
#include <vector>

namespace reel {

/// Sums of products, by Einstein's convention and torch.einsum's: `einsum("bik,bkj->bij", {a, b})` is a batch of matrix
/// products. Every operand has a letter for each axis; axes with the same letter go together and have the same size, or
/// 1. What is not behind the arrow is summed over. Without an arrow, the result has the letters that stand once, in
/// order of the alphabet. A letter that stands twice in an operand means its diagonal; `...` stands for any further
/// axes, which broadcast. Spaces mean nothing.
///
/// Operands are multiplied from left to right, each with the product of those before. float32 and float64. Throws
/// ValueError for an equation that says nothing, ShapeError where it doesn't fit the operands, and TypeError.
[[nodiscard]] Variable einsum(std::string_view equation, const std::vector<Variable>& operands);

/// a [N], b [M] -> a[i] b[j], [N, M]
[[nodiscard]] inline Variable outer(const Variable& a, const Variable& b) { return einsum("i,j->ij", {a, b}); }
/// a [N], b [N] -> the sum of a[i] b[i]
[[nodiscard]] inline Variable dot(const Variable& a, const Variable& b) { return einsum("i,i->", {a, b}); }

}  // namespace reel
