#pragma once

#include <algorithm>
#include <reel/core/kernels/loops.h>
#include <reel/core/kernels/reduce.h>
#include <vector>

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

/// n values put together by `join`, beginning with `start`, in so many lanes that the compiler keeps the loop over them
/// and makes vectors of it.
template <class T, class W, class Join>
REEL_SIMD W join_run(const T* x, std::int64_t n, W start, const Join& join) {
  constexpr std::int64_t width = 32;
  W lanes[width];
  std::fill_n(lanes, width, start);
  std::int64_t i = 0;
  for (; i + width <= n; i += width) {
    for (std::int64_t k = 0; k < width; ++k) lanes[k] = join(lanes[k], static_cast<W>(x[i + k]));
  }
  for (std::int64_t half = width / 2; half > 0; half /= 2) {
    for (std::int64_t k = 0; k < half; ++k) lanes[k] = join(lanes[k], lanes[k + half]);
  }
  for (; i < n; ++i) lanes[0] = join(lanes[0], static_cast<W>(x[i]));
  return lanes[0];
}

inline constexpr std::int64_t join_strip_width = 64;

/// The same of each of `width` <= join_strip_width columns of n rows, `step` apart.
template <class T, class W, class Join>
REEL_SIMD void join_strip(T* to, const T* x, std::int64_t n, std::int64_t step, std::int64_t width, W start,
                          const Join& join) {
  W total[join_strip_width];
  std::fill_n(total, width, start);
  for (std::int64_t k = 0; k < n; ++k) {
    for (std::int64_t i = 0; i < width; ++i) total[i] = join(total[i], static_cast<W>(x[k * step + i]));
  }
  for (std::int64_t i = 0; i < width; ++i) to[i] = static_cast<T>(total[i]);
}

/// The same of one long run, cut into chunks that are put together in order.
template <class T, class W, class Join>
W join_long(const T* x, std::int64_t n, W start, const Join& join) {
  static_assert(!std::is_same_v<W, bool>, "threads write beside each other, and a vector of bool holds bits");
  constexpr std::int64_t chunk = 1 << 16;
  std::vector<W> parts(static_cast<std::size_t>((n + chunk - 1) / chunk), start);
  parallel_for(n, chunk, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; i += chunk) {
      parts[static_cast<std::size_t>(i / chunk)] = join_run(x + i, std::min(chunk, end - i), start, join);
    }
  });
  for (const W part : parts) start = join(start, part);
  return start;
}

/// All values put together by `join`, which doesn't mind the order but for rounding, beginning with `start`.
template <class T, class W, class Join>
Tensor join_runs(std::string_view op, const Tensor& a, const Dims& axes, bool keepdim, W start, const Join& join) {
  return reduce_runs(op, a, axes, keepdim, [&](Tensor& out, const Folded& f) {
    const T* x = f.values.data<T>();
    T* to = out.mutable_data<T>();
    if (f.outer * f.inner == 1) {
      *to = static_cast<T>(join_long(x, f.n, start, join));
      return;
    }
    each_strip(f, join_strip_width, [&](std::int64_t o, std::int64_t i, std::int64_t width) {
      const T* from = x + f.offset(o, i);
      if (f.inner == 1) to[o] = static_cast<T>(join_run(from, f.n, start, join));
      else join_strip(to + o * f.inner + i, from, f.n, f.inner, width, start, join);
    });
  });
}

}  // namespace reel::kernels
