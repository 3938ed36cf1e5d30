#include <reel/core/kernels/gemm.h>
#include <reel/core/kernels/matmul.h>
#include <reel/core/parallel.h>

namespace reel {
namespace {

/// A tensor whose last two axes BLAS can read: one of them dense, the other with a stride that covers it.
Tensor readable(const Tensor& t) {
  const int r = t.rank();
  const auto covers = [&](int outer, int inner) {
    return (t.strides()[inner] == 1 || t.shape()[inner] == 1) && t.strides()[outer] >= t.shape()[inner];
  };
  return covers(r - 2, r - 1) || covers(r - 1, r - 2) ? t : t.contiguous();
}

template <class T>
kernels::Matrix<T> matrix(const Tensor& t) {
  const std::int64_t row = t.strides()[0];
  const std::int64_t column = t.strides()[1];
  const bool row_major = (column == 1 || t.shape()[1] == 1) && row >= t.shape()[1];
  return {t.data<T>(), std::max<std::int64_t>(1, row_major ? row : column), !row_major};
}

/// One (M, K) x (K, N) -> (M, N).
void multiply(const Tensor& a, const Tensor& b, Tensor out) {
  visit_floats("matmul", a.dtype(), [&]<class T>(T) {
    kernels::parallel_gemm<T>(a.shape()[0], b.shape()[1], a.shape()[1], matrix<T>(a), matrix<T>(b), 0,
                              out.mutable_data<T>(), out.shape()[1]);
  });
}

Shape batch_axes(const Shape& shape) {
  return Shape(std::span<const std::int64_t>(shape.begin(), static_cast<std::size_t>(shape.rank() - 2)));
}

Shape with_matrix(Shape batch, std::int64_t rows, std::int64_t columns) {
  batch.push_back(rows);
  batch.push_back(columns);
  return batch;
}

/// View number `index`, in row-major order, of the matrices that t holds.
Tensor matrix_at(Tensor t, std::int64_t index) {
  while (t.rank() > 2) {
    std::int64_t inner = 1;
    for (int i = 1; i < t.rank() - 2; ++i) inner *= t.shape()[i];
    t = t.select(0, index / inner);
    index %= inner;
  }
  return t;
}

}  // namespace

Tensor matmul(const Tensor& a, const Tensor& b) {
  require_defined("matmul", a);
  require_defined("matmul", b);
  require<ShapeError>(a.rank() >= 2 && b.rank() >= 2 && a.size(-1) == b.size(-2), "matmul",
                      "wants (..., M, K) x (..., K, N), got ", a.shape(), " x ", b.shape());
  require_same_dtype("matmul", a, b);
  const Shape batch = broadcast_shapes("matmul", batch_axes(a.shape()), batch_axes(b.shape()));
  const Tensor left = readable(a.expand(with_matrix(batch, a.size(-2), a.size(-1))));
  const Tensor right = readable(b.expand(with_matrix(batch, b.size(-2), b.size(-1))));
  Tensor out = Tensor::empty(with_matrix(batch, a.size(-2), b.size(-1)), a.dtype());
  const std::int64_t work = std::max<std::int64_t>(1, a.size(-2) * a.size(-1) * b.size(-1));
  const std::int64_t grain = std::max<std::int64_t>(1, (1 << 21) / work);
  parallel_for(numel(batch), grain, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i) multiply(matrix_at(left, i), matrix_at(right, i), matrix_at(out, i));
  });
  return out;
}

}  // namespace reel
