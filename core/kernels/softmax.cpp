#include <algorithm>
#include <cmath>
#include <reel/core/kernels/softmax.h>
#include <reel/core/parallel.h>

namespace reel {
namespace {

/// Calls `row(from, to, n)` for every run along `axis`; elements of a run lie `step` apart.
template <class Row>
Tensor along_axis(std::string_view op, const Tensor& a, std::int64_t axis, const Row& row) {
  require_defined(op, a);
  const int along = normalize_axis(op, axis, a.rank());
  const Tensor x = a.contiguous();
  Tensor out = Tensor::empty(a.shape(), a.dtype());
  const std::int64_t n = a.shape()[along];
  const std::int64_t inner = x.strides()[along];
  if (a.numel() == 0) return out;
  visit_floats(op, a.dtype(), [&]<class T>(T) {
    const T* from = x.data<T>();
    T* to = out.mutable_data<T>();
    parallel_for(a.numel() / n, std::max<std::int64_t>(1, (1 << 12) / n), [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t i = begin; i < end; ++i) {
        const std::int64_t at = i / inner * n * inner + i % inner;
        row(from + at, to + at, n, inner);
      }
    });
  });
  return out;
}

template <class T>
T largest(const T* x, std::int64_t n, std::int64_t step) {
  T best = x[0];
  for (std::int64_t i = 1; i < n; ++i) best = std::max(best, x[i * step]);
  return best;
}

}  // namespace

Tensor softmax(const Tensor& a, std::int64_t axis) {
  return along_axis("softmax", a, axis, []<class T>(const T* x, T* y, std::int64_t n, std::int64_t step) {
    const T top = largest(x, n, step);
    T total = 0;
    for (std::int64_t i = 0; i < n; ++i) total += y[i * step] = std::exp(x[i * step] - top);
    for (std::int64_t i = 0; i < n; ++i) y[i * step] /= total;
  });
}

Tensor log_softmax(const Tensor& a, std::int64_t axis) {
  return along_axis("log_softmax", a, axis, []<class T>(const T* x, T* y, std::int64_t n, std::int64_t step) {
    const T top = largest(x, n, step);
    T total = 0;
    for (std::int64_t i = 0; i < n; ++i) total += std::exp(x[i * step] - top);
    const T log_total = std::log(total);  // not added to `top`: beside a large one its digits would be lost
    for (std::int64_t i = 0; i < n; ++i) y[i * step] = x[i * step] - top - log_total;
  });
}

}  // namespace reel
