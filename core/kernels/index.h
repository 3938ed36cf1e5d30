#pragma once

#include <reel/core/tensor.h>
#include <vector>

/// Putting tensors together and picking from them.
namespace reel {

/// Joins tensors along an existing axis; all other sizes and the dtypes must be equal. Throws ShapeError and TypeError.
[[nodiscard]] Tensor concatenate(const std::vector<Tensor>& parts, std::int64_t axis = 0);
/// Joins tensors of one shape along a new axis.
[[nodiscard]] Tensor stack(const std::vector<Tensor>& parts, std::int64_t axis = 0);
/// `stack({a, b})` means these, whether a and b are Tensors or Variables:
[[nodiscard]] inline Tensor concatenate(std::initializer_list<Tensor> parts, std::int64_t axis = 0) {
  return concatenate(std::vector<Tensor>(parts), axis);
}
[[nodiscard]] inline Tensor stack(std::initializer_list<Tensor> parts, std::int64_t axis = 0) {
  return stack(std::vector<Tensor>(parts), axis);
}

/// out[..., i, ...] = a[..., index[i], ...]: picks along `axis`. index: int64 [K]. Throws IndexError for a bad index.
[[nodiscard]] Tensor index_select(const Tensor& a, std::int64_t axis, const Tensor& index);
/// a, with part i of `source` added at index[i] of `axis`. index: int64 [K], source: a's shape, but K along `axis`.
/// Throws ShapeError, TypeError and IndexError.
[[nodiscard]] Tensor index_add(const Tensor& a, std::int64_t axis, const Tensor& index, const Tensor& source);
/// The same, with part i in the place of what is there; of two for one place, the last one stays.
[[nodiscard]] Tensor index_copy(const Tensor& a, std::int64_t axis, const Tensor& index, const Tensor& source);

/// out[i][j] = a[i][index[i][j]] for axis 1, and so on: PyTorch's gather. index: int64, of a's rank, and no larger than
/// a but along `axis`. Throws ShapeError and IndexError.
[[nodiscard]] Tensor gather(const Tensor& a, std::int64_t axis, const Tensor& index);
/// a, with source[i][j] added at [i][index[i][j]] for axis 1, and so on. index as for gather, source of its shape.
/// Values for one place are added in order, so a result doesn't depend on the number of threads.
[[nodiscard]] Tensor scatter_add(const Tensor& a, std::int64_t axis, const Tensor& index, const Tensor& source);
/// The same, with source[i][j] in the place of what is there; of two for one place, the last one stays.
[[nodiscard]] Tensor scatter(const Tensor& a, std::int64_t axis, const Tensor& index, const Tensor& source);

/// labels: int64 [...] in [0, classes) -> [..., classes] with a one at each label. Throws IndexError.
[[nodiscard]] Tensor one_hot(const Tensor& labels, std::int64_t classes, DType dtype = float32);

/// Throws TypeError or IndexError, naming the first offender, unless `index` is int64 with all values in [least, size).
/// `noun` is what the message calls them.
void require_indices(std::string_view op, const Tensor& index, std::int64_t size, std::string_view noun = "index",
                     std::int64_t least = 0);

}  // namespace reel
