#pragma once

#include <array>
#include <reel/core/parallel.h>
#include <reel/core/simd.h>
#include <reel/core/tensor.h>
#include <type_traits>

/// Loops over the elements of several tensors of one shape and any strides: what every elementwise kernel stands on.
namespace reel::kernels {

/// Elements that one thread handles at a time: some 20 microseconds of a memory-bound loop.
inline constexpr std::int64_t loop_chunk = 1 << 15;

/// What numbers of type T are added up in where that costs nothing.
template <class T>
using Wide = std::conditional_t<std::is_floating_point_v<T>, double, T>;

/// The shape of a loop nest and, for each of its N operands, how far one step along each axis goes.
template <std::size_t N>
struct LoopNest {
  Shape shape;
  std::array<Strides, N> strides;
};

/// Offsets, in elements, of the N operands.
template <std::size_t N>
using Offsets = std::array<std::int64_t, N>;

/// Drops axes of size 1 and merges neighbours that lie densely in every operand; contiguous operands end with one axis.
template <std::size_t N>
LoopNest<N> collapse(const Shape& shape, const std::array<Strides, N>& strides) {
  LoopNest<N> nest;
  for (int i = 0; i < shape.rank(); ++i) {
    if (shape[i] == 1) continue;
    const int last = nest.shape.rank() - 1;
    bool dense = last >= 0;
    for (std::size_t k = 0; k < N && dense; ++k) dense = nest.strides[k][last] == strides[k][i] * shape[i];
    if (dense) {
      nest.shape[last] *= shape[i];
      for (std::size_t k = 0; k < N; ++k) nest.strides[k][last] = strides[k][i];
    } else {
      nest.shape.push_back(shape[i]);
      for (std::size_t k = 0; k < N; ++k) nest.strides[k].push_back(strides[k][i]);
    }
  }
  if (nest.shape.rank() == 0) {
    nest.shape.push_back(1);
    for (auto& steps : nest.strides) steps.push_back(1);
  }
  return nest;
}

/// Calls `row(offsets, steps, n)` for runs of the innermost axis, in parallel; together they cover the nest once. A
/// thread handles some `chunk` elements at a time.
template <std::size_t N, class Row>
void for_each_row(const LoopNest<N>& nest, const Row& row, std::int64_t chunk = loop_chunk) {
  const int inner = nest.shape.rank() - 1;
  const std::int64_t length = nest.shape[inner];
  Offsets<N> steps;
  for (std::size_t k = 0; k < N; ++k) steps[k] = nest.strides[k][inner];
  if (inner == 0) {
    parallel_for(length, chunk, [&](std::int64_t begin, std::int64_t end) {
      Offsets<N> offsets;
      for (std::size_t k = 0; k < N; ++k) offsets[k] = begin * steps[k];
      row(offsets, steps, end - begin);
    });
    return;
  }
  const std::int64_t rows = length == 0 ? 0 : numel(nest.shape) / length;
  parallel_for(rows, std::max<std::int64_t>(1, chunk / std::max<std::int64_t>(length, 1)),
               [&](std::int64_t begin, std::int64_t end) {
                 for (std::int64_t r = begin; r < end; ++r) {
                   Offsets<N> offsets{};
                   std::int64_t rest = r;
                   for (int axis = inner - 1; axis >= 0; --axis) {
                     const std::int64_t index = rest % nest.shape[axis];
                     rest /= nest.shape[axis];
                     for (std::size_t k = 0; k < N; ++k) offsets[k] += index * nest.strides[k][axis];
                   }
                   row(offsets, steps, length);
                 }
               });
}

/// out[i] = f(a[i])
template <class Out, class In, class F>
REEL_SIMD void unary_row(Out* __restrict out, const In* a, std::int64_t step, std::int64_t n, F f) {
  if (step == 1) {
    for (std::int64_t i = 0; i < n; ++i) out[i] = f(a[i]);
  } else {
    for (std::int64_t i = 0; i < n; ++i) out[i] = f(a[i * step]);
  }
}

/// out[i] = f(a[i], b[i]); the cases that are worth vectorising: both dense, or one of them a constant.
template <class Out, class In, class F>
REEL_SIMD void binary_row(Out* __restrict out, const In* a, std::int64_t step_a, const In* b, std::int64_t step_b,
                          std::int64_t n, F f) {
  if (step_a == 1 && step_b == 1) {
    for (std::int64_t i = 0; i < n; ++i) out[i] = f(a[i], b[i]);
  } else if (step_a == 1 && step_b == 0) {
    const In right = *b;
    for (std::int64_t i = 0; i < n; ++i) out[i] = f(a[i], right);
  } else if (step_a == 0 && step_b == 1) {
    const In left = *a;
    for (std::int64_t i = 0; i < n; ++i) out[i] = f(left, b[i]);
  } else {
    for (std::int64_t i = 0; i < n; ++i) out[i] = f(a[i * step_a], b[i * step_b]);
  }
}

/// A new tensor of f(a), element by element.
template <class Out, class In, class F>
Tensor map(const Tensor& a, const F& f) {
  Tensor out = Tensor::empty(a.shape(), dtype_of<Out>());
  Out* to = out.mutable_data<Out>();
  const In* from = a.data<In>();
  for_each_row(collapse<2>(a.shape(), {out.strides(), a.strides()}),
               [&](const Offsets<2>& at, const Offsets<2>& step, std::int64_t n) {
                 unary_row(to + at[0], from + at[1], step[1], n, f);
               });
  return out;
}

/// The same of float32 or float64. Throws TypeError under the name of `op` for another dtype.
template <class F>
Tensor map_floats(std::string_view op, const Tensor& a, const F& f) {
  require_defined(op, a);
  return visit_floats(op, a.dtype(), [&]<class T>(T) { return map<T, T>(a, f); });
}

/// A new tensor of f(a, b), element by element, of contiguous tensors of one shape.
template <class Out, class In, class F>
Tensor zip_dense(const Tensor& a, const Tensor& b, const F& f) {
  Tensor out = Tensor::empty(a.shape(), dtype_of<Out>());
  Out* to = out.mutable_data<Out>();
  const In* from_a = a.data<In>();
  const In* from_b = b.data<In>();
  parallel_for(out.numel(), loop_chunk, [&](std::int64_t begin, std::int64_t end) {
    binary_row(to + begin, from_a + begin, 1, from_b + begin, 1, end - begin, f);
  });
  return out;
}

/// A new tensor of f(a, b), element by element, with broadcasting.
template <class Out, class In, class F>
Tensor zip(std::string_view op, const Tensor& a, const Tensor& b, const F& f) {
  if (a.shape() == b.shape() && a.is_contiguous() && b.is_contiguous()) return zip_dense<Out, In>(a, b, f);
  const Shape shape = broadcast_shapes(op, a.shape(), b.shape());
  const Tensor left = a.expand(shape);
  const Tensor right = b.expand(shape);
  Tensor out = Tensor::empty(shape, dtype_of<Out>());
  Out* to = out.mutable_data<Out>();
  const In* from_a = left.data<In>();
  const In* from_b = right.data<In>();
  for_each_row(collapse<3>(shape, {out.strides(), left.strides(), right.strides()}),
               [&](const Offsets<3>& at, const Offsets<3>& step, std::int64_t n) {
                 binary_row(to + at[0], from_a + at[1], step[1], from_b + at[2], step[2], n, f);
               });
  return out;
}

}  // namespace reel::kernels
