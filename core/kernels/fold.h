#pragma once

#include <algorithm>
#include <reel/core/kernels/loops.h>
#include <reel/core/kernels/reduce.h>

/// What is done along axes: reductions and scans stand on it.
namespace reel::kernels {

/// A run of neighbouring axes to reduce, row-major: out[o][i] = reduce over n of x[o][n][i].
struct Folded {
  Tensor values;
  std::int64_t outer = 1;
  std::int64_t n = 1;
  std::int64_t inner = 1;

  /// Where x[o][0][i] lies.
  [[nodiscard]] std::int64_t offset(std::int64_t o, std::int64_t i) const { return o * n * inner + i; }
};

inline Folded fold(const Tensor& a, int begin, int end) {
  Folded folded{.values = a.contiguous()};
  for (int i = 0; i < a.rank(); ++i) (i < begin ? folded.outer : i < end ? folded.n : folded.inner) *= a.shape()[i];
  return folded;
}

/// Reduces one run of neighbouring axes after another, the last one first, by `reduce(to, folded)`. No axes at all is
/// one empty run: the reduction then has n = 1.
template <class Reduce>
Tensor reduce_runs(std::string_view op, const Tensor& a, const Dims& axes, bool keepdim, const Reduce& reduce) {
  const auto reduced = axis_set(op, axes, a.rank());
  const auto is_reduced = [&](int axis) { return reduced[static_cast<std::size_t>(axis)]; };
  Tensor left = a;
  int end = a.rank();
  do {
    while (end > 0 && !is_reduced(end - 1)) --end;
    int begin = end;
    Shape shape = left.shape();
    while (begin > 0 && is_reduced(begin - 1)) shape[--begin] = 1;
    Tensor out = Tensor::empty(shape, a.dtype());
    reduce(out, fold(left, begin, end));
    left = out;
    end = begin;
  } while (end > 0);
  return left.reshape(reduced_shape(op, a.shape(), axes, keepdim));
}

/// Calls `f(at, run)` for every element of a reduction: its place, and the first of its n values, `inner` apart.
template <class T, class F>
void each_run(const Folded& folded, const F& f) {
  const T* x = folded.values.data<T>();
  const std::int64_t grain = std::max<std::int64_t>(1, loop_chunk / std::max<std::int64_t>(folded.n, 1));
  parallel_for(folded.outer * folded.inner, grain, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t at = begin; at < end; ++at) {
      f(at, x + folded.offset(at / folded.inner, at % folded.inner));
    }
  });
}

/// Calls `f(o, i, width)` for strips of at most `most` neighbours: x[o][.][i] and on.
template <class F>
void each_strip(const Folded& folded, std::int64_t most, const F& f) {
  const std::int64_t width = std::clamp<std::int64_t>(folded.inner, 1, most);
  const std::int64_t strips = (folded.inner + width - 1) / width;
  const std::int64_t grain = std::max<std::int64_t>(1, loop_chunk / std::max<std::int64_t>(folded.n * width, 1));
  parallel_for(folded.outer * strips, grain, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t task = begin; task < end; ++task) {
      const std::int64_t i = task % strips * width;
      f(task / strips, i, std::min(width, folded.inner - i));
    }
  });
}

}  // namespace reel::kernels
