#include <algorithm>
#include <cstdlib>
#include <numeric>
#include <reel/autograd/ops/rearrange.h>
#include <reel/autograd/ops/reduce.h>
#include <reel/autograd/ops/view.h>
#include <reel/autograd/tape.h>

namespace reel {
namespace {

/// The adjoint of `diagonal`: a tensor of `shape` with `a` on the diagonal, and zeros beside it.
Variable on_diagonal(const Variable& a, const Shape& shape, std::int64_t offset, std::int64_t axis_a,
                     std::int64_t axis_b) {
  Tensor out = Tensor::zeros(shape, a.dtype());
  diagonal(out, offset, axis_a, axis_b).copy_from(a.value());
  return record(
      "on_diagonal", {a}, std::move(out),
      [=](const Variable& grad, const Step&) -> Gradients { return {diagonal(grad, offset, axis_a, axis_b)}; },
      {{"offset", offset, 0}, {"axes", {axis_a, axis_b}}});
}

/// Sums over copies that lie as the middle one of three axes: `count` of them, each of the sizes from `axis` on.
Variable sum_copies(const Variable& a, const Shape& sizes, int axis, std::int64_t count) {
  const Dims outer(std::span(sizes.begin(), static_cast<std::size_t>(axis)));
  const Dims inner(std::span(sizes.begin() + axis, sizes.end()));
  return sum(reshape(a, {numel(outer), count, numel(inner)}), {1});
}

}  // namespace

Variable flip(const Variable& a, const Dims& axes) {
  return record("flip", {a}, flip(a.value(), axes),
                [axes](const Variable& grad, const Step&) -> Gradients { return {flip(grad, axes)}; },
                {{"axes", axes}});
}

Variable roll(const Variable& a, const Dims& shifts, const Dims& axes) {
  return record("roll", {a}, roll(a.value(), shifts, axes),
                [shifts, axes](const Variable& grad, const Step&) -> Gradients {
                  Dims back = shifts;
                  for (std::int64_t& shift : back) shift = -shift;
                  return {roll(grad, back, axes)};
                },
                {{"shifts", shifts}, {"axes", axes, Dims{}}});
}

Variable repeat(const Variable& a, const Dims& counts) {
  return record("repeat", {a}, repeat(a.value(), counts),
                [from = a.shape(), counts](const Variable& grad, const Step&) -> Gradients {
                  Variable left = grad;
                  Shape sizes = grad.shape();
                  const int lead = counts.rank() - from.rank();
                  for (int axis = 0; axis < counts.rank(); ++axis) {
                    if (counts[axis] == 1) continue;
                    sizes[axis] = axis < lead ? 1 : from[axis - lead];
                    left = sum_copies(left, sizes, axis, counts[axis]);
                  }
                  return {reshape(left, from)};
                },
                {{"counts", counts}});
}

Variable repeat_interleave(const Variable& a, std::int64_t count, std::int64_t axis) {
  return record("repeat_interleave", {a}, repeat_interleave(a.value(), count, axis),
                [from = a.shape(), count, axis](const Variable& grad, const Step&) -> Gradients {
                  const int along = normalize_axis("repeat_interleave", axis, from.rank());
                  return {reshape(sum_copies(grad, from, along + 1, count), from)};
                },
                {{"count", count}, {"axis", axis}});
}

Variable triu(const Variable& a, std::int64_t diagonal) {
  return record("triu", {a}, triu(a.value(), diagonal),
                [diagonal](const Variable& grad, const Step&) -> Gradients { return {triu(grad, diagonal)}; },
                {{"diagonal", diagonal, 0}});
}

Variable tril(const Variable& a, std::int64_t diagonal) {
  return record("tril", {a}, tril(a.value(), diagonal),
                [diagonal](const Variable& grad, const Step&) -> Gradients { return {tril(grad, diagonal)}; },
                {{"diagonal", diagonal, 0}});
}

Variable diagonal(const Variable& a, std::int64_t offset, std::int64_t axis_a, std::int64_t axis_b) {
  return record("diagonal", {a}, diagonal(a.value(), offset, axis_a, axis_b),
                [=, from = a.shape()](const Variable& grad, const Step&) -> Gradients {
                  return {on_diagonal(grad, from, offset, axis_a, axis_b)};
                },
                {{"offset", offset, 0}, {"axes", {axis_a, axis_b}}});
}

Variable diag(const Variable& a, std::int64_t offset) {
  require<ShapeError>(a.rank() == 1 || a.rank() == 2, "diag", "wants shape [N] or [R, C], got ", a.shape());
  if (a.rank() == 2) return diagonal(a, offset);
  const std::int64_t size = a.numel() + std::abs(offset);
  return on_diagonal(a, {size, size}, offset, 0, 1);
}

Variable movedim(const Variable& a, std::int64_t from, std::int64_t to) {
  const int source = normalize_axis("movedim", from, a.rank());
  Dims order = Dims::filled(a.rank(), 0);
  std::iota(order.begin(), order.end(), 0);
  order.erase(source);
  order.insert(normalize_axis("movedim", to, a.rank()), source);
  return permute(a, order);
}

std::vector<Variable> split(const Variable& a, std::int64_t size, std::int64_t axis) {
  require<ValueError>(size >= 1, "split", "size must be at least 1, got ", size);
  const std::int64_t total = a.shape()[normalize_axis("split", axis, a.rank())];
  std::vector<std::int64_t> sizes;
  for (std::int64_t left = total; left > 0 || sizes.empty(); left -= sizes.back()) {
    sizes.push_back(std::min(size, left));
  }
  return split(a, sizes, axis);
}

std::vector<Variable> split(const Variable& a, const std::vector<std::int64_t>& sizes, std::int64_t axis) {
  const std::int64_t wanted = a.shape()[normalize_axis("split", axis, a.rank())];
  const std::int64_t total = std::accumulate(sizes.begin(), sizes.end(), std::int64_t{0});
  require<ShapeError>(total == wanted, "split", "sizes add up to ", total, ", axis ", axis, " of ", a.shape(), " has ",
                      wanted);
  std::vector<Variable> parts;
  std::int64_t start = 0;
  for (const std::int64_t size : sizes) {
    parts.push_back(narrow(a, axis, start, size));
    start += size;
  }
  return parts;
}

std::vector<Variable> chunk(const Variable& a, std::int64_t count, std::int64_t axis) {
  require<ValueError>(count >= 1, "chunk", "count must be at least 1, got ", count);
  const std::int64_t total = a.shape()[normalize_axis("chunk", axis, a.rank())];
  if (total == 0) return split(a, std::vector<std::int64_t>(static_cast<std::size_t>(count), 0), axis);
  return split(a, (total - 1) / count + 1, axis);
}

std::vector<Variable> unbind(const Variable& a, std::int64_t axis) {
  const int along = normalize_axis("unbind", axis, a.rank());
  std::vector<Variable> parts;
  for (std::int64_t i = 0; i < a.shape()[along]; ++i) parts.push_back(select(a, along, i));
  return parts;
}

}  // namespace reel
