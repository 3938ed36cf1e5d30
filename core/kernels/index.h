#pragma once

#include <reel/core/tensor.h>
#include <vector>

/// Putting tensors together and picking from them.
namespace reel {

/// Joins tensors along an existing axis; all other sizes and the dtypes must be equal. Throws ShapeError and TypeError.
[[nodiscard]] Tensor concatenate(const std::vector<Tensor>& parts, std::int64_t axis = 0);
/// Joins tensors of one shape along a new axis.
[[nodiscard]] Tensor stack(const std::vector<Tensor>& parts, std::int64_t axis = 0);
// `stack({a, b})` means these, whether a and b are Tensors or Variables.
[[nodiscard]] inline Tensor concatenate(std::initializer_list<Tensor> parts, std::int64_t axis = 0) {
  return concatenate(std::vector<Tensor>(parts), axis);
}
[[nodiscard]] inline Tensor stack(std::initializer_list<Tensor> parts, std::int64_t axis = 0) {
  return stack(std::vector<Tensor>(parts), axis);
}

/// out[..., i, ...] = a[..., index[i], ...]: picks along `axis`. index: int64 [K]. Throws IndexError for a bad index.
[[nodiscard]] Tensor index_select(const Tensor& a, std::int64_t axis, const Tensor& index);
/// The adjoint of index_select: a tensor of `shape` with zeros, to which part i of `values` is added at index[i].
[[nodiscard]] Tensor index_add(const Shape& shape, std::int64_t axis, const Tensor& index, const Tensor& values);

/// out[i][j] = a[i][index[i][j]] for axis 1, and so on: PyTorch's gather. index: int64, of a's rank, and no larger than
/// a but along `axis`. Throws ShapeError and IndexError.
[[nodiscard]] Tensor gather(const Tensor& a, std::int64_t axis, const Tensor& index);
/// The adjoint of gather: a tensor of `shape` with zeros, to which values[i][j] is added at [i][index[i][j]].
[[nodiscard]] Tensor scatter_add(const Shape& shape, std::int64_t axis, const Tensor& index, const Tensor& values);

/// labels: int64 [...] in [0, classes) -> [..., classes] with a one at each label. Throws IndexError.
[[nodiscard]] Tensor one_hot(const Tensor& labels, std::int64_t classes, DType dtype = float32);

/// Throws TypeError or IndexError, naming the first offender, unless `index` is int64 with all values in [0, size).
/// `noun` is what the message calls them.
void require_indices(std::string_view op, const Tensor& index, std::int64_t size, std::string_view noun = "index");

}  // namespace reel
