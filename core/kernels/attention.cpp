#include <algorithm>
#include <cmath>
#include <limits>
#include <reel/core/kernels/attention.h>
#include <reel/core/kernels/gemm.h>
#include <reel/core/kernels/scratch.h>
#include <reel/core/kernels/simd.h>
#include <reel/core/kernels/softmax_run.h>
#include <reel/core/parallel.h>
#include <reel/core/simd.h>

// Letters: L queries and S keys of E numbers, values of V numbers. Blocks of queries are worked on together, and their
// scores stay in the cache (Dao et al., "FlashAttention", 2022).

namespace reel::kernels {
namespace {

constexpr std::int64_t block_scores = 1 << 15;  // of a block, about: 128 KiB of float32
constexpr std::int64_t worth_a_task = 1 << 20;  // multiply-adds

/// The matrices that a tensor [..., rows, columns] holds.
template <class T>
class Matrices {
 public:
  explicit Matrices(const Tensor& t) : tensor_(t), rank_(t.rank()), data_(t.data<T>()) {}

  [[nodiscard]] std::int64_t row_stride() const { return tensor_.strides()[rank_ - 2]; }
  [[nodiscard]] std::int64_t column_stride() const { return tensor_.strides()[rank_ - 1]; }
  /// The first number of row `row` of matrix i, in row-major order of the leading axes.
  [[nodiscard]] const T* at(std::int64_t i, std::int64_t row = 0) const {
    std::int64_t place = row * row_stride();
    for (int axis = rank_ - 3; axis >= 0; --axis) {
      place += i % tensor_.shape()[axis] * tensor_.strides()[axis];
      i /= tensor_.shape()[axis];
    }
    return data_ + place;
  }
  [[nodiscard]] Matrix<T> matrix(std::int64_t i, std::int64_t row = 0, bool transposed = false) const {
    return {at(i, row), std::max<std::int64_t>(1, row_stride()), transposed};
  }

 private:
  Tensor tensor_;
  int rank_;
  const T* data_;
};

/// Rows that lie densely.
Tensor readable(const Tensor& t) {
  const bool is_dense = t.strides()[t.rank() - 1] == 1 && t.strides()[t.rank() - 2] >= t.size(-1);
  return is_dense ? t : t.contiguous();
}

template <class T>
REEL_SIMD void scale_row(const T* x, T* y, T factor, std::int64_t n) {
  for (std::int64_t i = 0; i < n; ++i) y[i] = x[i] * factor;
}
template <class T>
REEL_SIMD void add_row(T* x, const T* mask, std::int64_t step, std::int64_t n) {
  if (step == 1) {
    for (std::int64_t i = 0; i < n; ++i) x[i] += mask[i];
  } else {
    for (std::int64_t i = 0; i < n; ++i) x[i] += mask[i * step];
  }
}
/// The gradient of the scores from that of the weights p.
template <class T>
REEL_SIMD void score_grad_row(const T* p, T* grad, T mean, std::int64_t n) {
  for (std::int64_t i = 0; i < n; ++i) grad[i] = p[i] * (grad[i] - mean);
}

template <class T>
T largest(const T* x, std::int64_t n) {
  if constexpr (sizeof(T) == 4) {
    if (has_fast_vectors()) return softmax_run::largest(x, n);
  }
  return *std::max_element(x, x + n);
}
/// x = exp(x - top), and their sum.
template <class T>
T exponentiate(T* x, std::int64_t n, T top) {
  if constexpr (sizeof(T) == 4) {
    if (has_fast_vectors()) return softmax_run::exp_sum(x, x, n, top);
  }
  T total = 0;
  for (std::int64_t i = 0; i < n; ++i) total += x[i] = std::exp(x[i] - top);
  return total;
}

template <class T>
struct Work {
  Matrices<T> query, key, value, mask;
  bool has_mask, is_causal;
  T scale;
  std::int64_t count, queries, keys, width, value_width, block;

  explicit Work(const Attention& a)
      : query(a.query),
        key(a.key),
        value(a.value),
        mask(a.mask.defined() ? a.mask : a.query),
        has_mask(a.mask.defined()),
        is_causal(a.is_causal),
        scale(static_cast<T>(a.scale)),
        count(1),
        queries(a.query.size(-2)),
        keys(a.key.size(-2)),
        width(a.query.size(-1)),
        value_width(a.value.size(-1)),
        block(std::clamp<std::int64_t>(block_scores / keys / 16 * 16, 16, 64)) {
    for (int i = 0; i < a.query.rank() - 2; ++i) count *= a.query.shape()[i];
  }
  /// How many keys query `row` sees.
  [[nodiscard]] std::int64_t seen(std::int64_t row) const { return is_causal ? std::min(keys, row + 1) : keys; }

  /// Queries [first, end) of matrix i times the scale -> scaled, and their scores with the keys that the last of them
  /// sees; how many these are.
  std::int64_t score(std::int64_t i, std::int64_t first, std::int64_t end, T* scaled, T* scores) const {
    for (std::int64_t row = first; row < end; ++row) {
      scale_row(query.at(i, row), scaled + (row - first) * width, scale, width);
    }
    const std::int64_t n = seen(end - 1);
    gemm<T>(end - first, n, width, {scaled, width}, key.matrix(i, 0, true), 0, scores, n);
    for (std::int64_t row = first; row < end; ++row) {
      T* x = scores + (row - first) * n;
      if (has_mask) add_row(x, mask.at(i, row), mask.column_stride(), n);
      std::fill(x + seen(row), x + n, -std::numeric_limits<T>::infinity());
    }
    return n;
  }

  void forward(std::int64_t i, std::int64_t first, std::int64_t end, T* scaled, T* scores, T* output,
               T* log_totals) const {
    const std::int64_t n = score(i, first, end, scaled, scores);
    for (std::int64_t row = first; row < end; ++row) {
      T* x = scores + (row - first) * n;
      const T top = largest(x, n);
      const bool sees_none = top == -std::numeric_limits<T>::infinity();
      const T total = sees_none ? 0 : exponentiate(x, n, top);
      if (sees_none) std::fill(x, x + n, T{0});
      log_totals[i * queries + row] = sees_none ? std::numeric_limits<T>::infinity() : top + std::log(total);
      scaled[row - first] = sees_none ? 0 : 1 / total;  // the queries are used up
    }
    T* y = output + (i * queries + first) * value_width;
    gemm<T>(end - first, value_width, n, {scores, n}, value.matrix(i), 0, y, value_width);
    for (std::int64_t row = 0; row < end - first; ++row) {
      scale_row(y + row * value_width, y + row * value_width, scaled[row], value_width);
    }
  }

  /// For all queries of matrix i; dkey and dvalue are zeros.
  void backward(std::int64_t i, const T* output, const T* log_totals, const T* grad, T* dquery, T* dkey,
                T* dvalue) const {
    Scratch<T> scaled(block * width), weights(block * keys), dscores(block * keys);
    for (std::int64_t first = 0; first < queries; first += block) {
      const std::int64_t rows = std::min(block, queries - first), at = i * queries + first;
      const std::int64_t n = score(i, first, first + rows, scaled.data(), weights.data());
      const T* dy = grad + at * value_width;
      gemm<T>(rows, n, value_width, {dy, value_width}, value.matrix(i, 0, true), 0, dscores.data(), n);
      for (std::int64_t row = 0; row < rows; ++row) {
        T* p = weights.data() + row * n;
        exponentiate(p, n, log_totals[at + row]);
        const T* y = output + (at + row) * value_width;
        T mean = 0;  // of the weights' gradients
        for (std::int64_t c = 0; c < value_width; ++c) mean += y[c] * dy[row * value_width + c];
        score_grad_row(p, dscores.data() + row * n, mean, n);
      }
      gemm<T>(n, value_width, rows, {weights.data(), n, true}, {dy, value_width}, 1, dvalue + i * keys * value_width,
              value_width);
      gemm<T>(n, width, rows, {dscores.data(), n, true}, {scaled.data(), width}, 1, dkey + i * keys * width, width);
      T* dq = dquery + at * width;
      gemm<T>(rows, width, n, {dscores.data(), n}, key.matrix(i), 0, dq, width);
      scale_row(dq, dq, scale, rows * width);
    }
  }
};

Attention readable(Attention a) {
  for (Tensor* t : {&a.query, &a.key, &a.value}) *t = readable(*t);
  if (a.mask.defined()) {
    Shape shape = a.query.shape();
    shape[shape.rank() - 1] = a.key.size(-2);
    a.mask = a.mask.expand(shape);
  }
  return a;
}

}  // namespace

Attended attend(const Attention& given) {
  const Attention a = readable(given);
  Shape shape = a.query.shape();
  shape[shape.rank() - 1] = a.value.size(-1);
  Shape rows = shape;
  rows.erase(rows.rank() - 1);
  Attended out{Tensor::empty(shape, a.query.dtype()), Tensor::empty(rows, a.query.dtype())};
  visit_floats("attention", a.query.dtype(), [&]<class T>(T) {
    const Work<T> work(a);
    T* output = out.output.template mutable_data<T>();
    T* log_totals = out.log_totals.template mutable_data<T>();
    const std::int64_t blocks = (work.queries + work.block - 1) / work.block;
    const std::int64_t cost = work.block * work.keys * (work.width + work.value_width);
    parallel_for(work.count * blocks, std::max<std::int64_t>(1, worth_a_task / cost),
                 [&](std::int64_t begin, std::int64_t end) {
                   Scratch<T> scaled(work.block * std::max<std::int64_t>(1, work.width));
                   Scratch<T> scores(work.block * work.keys);
                   for (std::int64_t task = begin; task < end; ++task) {
                     const std::int64_t first = task % blocks * work.block;
                     work.forward(task / blocks, first, std::min(work.queries, first + work.block), scaled.data(),
                                  scores.data(), output, log_totals);
                   }
                 });
  });
  return out;
}

AttentionGrads attend_grads(const Attention& given, const Attended& forward, const Tensor& grad_given) {
  const Attention a = readable(given);
  const Tensor grad = grad_given.contiguous();
  const DType dtype = a.query.dtype();
  AttentionGrads out{Tensor::empty(a.query.shape(), dtype), Tensor::zeros(a.key.shape(), dtype),
                     Tensor::zeros(a.value.shape(), dtype)};
  visit_floats("attention", dtype, [&]<class T>(T) {
    const Work<T> work(a);
    const T* output = forward.output.template data<T>();
    const T* log_totals = forward.log_totals.template data<T>();
    const T* dy = grad.data<T>();
    T* dquery = out.query.template mutable_data<T>();
    T* dkey = out.key.template mutable_data<T>();
    T* dvalue = out.value.template mutable_data<T>();
    const std::int64_t cost = 1 + work.queries * work.keys * (work.width + work.value_width);
    parallel_for(work.count, std::max<std::int64_t>(1, worth_a_task / cost), [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t i = begin; i < end; ++i) work.backward(i, output, log_totals, dy, dquery, dkey, dvalue);
    });
  });
  return out;
}

}  // namespace reel::kernels
