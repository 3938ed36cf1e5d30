#include <algorithm>
#include <reel/core/kernels/loops.h>
#include <reel/core/kernels/picks.h>

namespace reel::kernels {
namespace {

bool are(const Offsets<3>& steps, std::int64_t a, std::int64_t b, std::int64_t c) {
  return steps[0] == a && steps[1] == b && steps[2] == c;  // == calls memcmp, which short rows would notice
}

/// to[i] = write(to[i], from[i]), densely.
template <class T, class Write>
REEL_SIMD void write_row(T* __restrict to, const T* __restrict from, std::int64_t n, Write write) {
  for (std::int64_t i = 0; i < n; ++i) to[i] = write(to[i], from[i]);
}

/// to[i] = from[index[i] * unit], from one lane.
template <class T>
REEL_SIMD void pick_row(T* __restrict to, const T* from, const std::int64_t* index, std::int64_t unit, std::int64_t n) {
  if (unit == 1) {
    for (std::int64_t i = 0; i < n; ++i) to[i] = from[index[i]];
  } else {
    for (std::int64_t i = 0; i < n; ++i) to[i] = from[index[i] * unit];
  }
}

template <class T, class Write>
void put_as(Tensor& data, const Picks& picks, const Tensor& values, Write write) {
  T* to = data.mutable_data<T>();
  const T* from = values.data<T>();
  const auto* index = picks.index.data<std::int64_t>();
  const std::int64_t unit = picks.unit;
  const std::int64_t count = picks.shape[picks.axis];
  const std::int64_t next_value = values.strides()[picks.axis];
  const std::int64_t next_index = picks.steps[picks.axis];
  Shape shape = picks.shape;
  std::array<Strides, 3> strides{picks.lanes, values.strides(), picks.steps};
  shape.erase(picks.axis);
  for (Strides& steps : strides) steps.erase(picks.axis);
  // Each lane takes its values in order, and lanes run in parallel: those side by side in memory many at a time.
  const LoopNest<3> nest = collapse<3>(shape, strides);
  const std::int64_t least = nest.strides[0][nest.shape.rank() - 1] == 1 ? 512 : 1;
  const std::int64_t chunk = std::max(least, loop_chunk / std::max<std::int64_t>(count, 1));
  const auto row = [&](const Offsets<3>& at, const Offsets<3>& step, std::int64_t n) {
    const auto put_one = [&](std::int64_t lane, std::int64_t i) {
      T& element = to[at[0] + lane * step[0] + index[at[2] + lane * step[2] + i * next_index] * unit];
      element = write(element, from[at[1] + lane * step[1] + i * next_value]);
    };
    if (are(step, 1, 1, 0)) {  // whole rows
      for (std::int64_t i = 0; i < count; ++i) {
        write_row(to + at[0] + index[at[2] + i * next_index] * unit, from + at[1] + i * next_value, n, write);
      }
    } else if (next_value >= step[1]) {  // the inner loop is the one in which the values lie densely
      for (std::int64_t i = 0; i < count; ++i) {
        for (std::int64_t lane = 0; lane < n; ++lane) put_one(lane, i);
      }
    } else {
      for (std::int64_t lane = 0; lane < n; ++lane) {
        for (std::int64_t i = 0; i < count; ++i) put_one(lane, i);
      }
    }
  };
  for_each_row(nest, row, chunk);
}

}  // namespace

Tensor pick(const Tensor& data, const Picks& picks) {
  Tensor out = Tensor::empty(picks.shape, data.dtype());
  const auto* index = picks.index.data<std::int64_t>();
  const std::int64_t unit = picks.unit;
  visit_all(out.dtype(), [&]<class T>(T) {
    T* to = out.mutable_data<T>();
    const T* from = data.data<T>();
    for_each_row(collapse<3>(out.shape(), {out.strides(), picks.lanes, picks.steps}),
                 [&](const Offsets<3>& at, const Offsets<3>& step, std::int64_t n) {
                   if (are(step, 1, 1, 0)) {
                     std::copy_n(from + at[1] + index[at[2]] * unit, n, to + at[0]);
                   } else if (are(step, 1, 0, 1)) {
                     pick_row(to + at[0], from + at[1], index + at[2], unit, n);
                   } else {
                     for (std::int64_t i = 0; i < n; ++i) {
                       to[at[0] + i * step[0]] = from[at[1] + i * step[1] + index[at[2] + i * step[2]] * unit];
                     }
                   }
                 });
  });
  return out;
}

void put(std::string_view op, Tensor data, const Picks& picks, const Tensor& values, bool accumulate) {
  if (accumulate) {
    visit_numbers(op, data.dtype(),
                  [&]<class T>(T) { put_as<T>(data, picks, values, [](T old, T value) { return old + value; }); });
  } else {
    visit_all(data.dtype(), [&]<class T>(T) { put_as<T>(data, picks, values, [](T, T value) { return value; }); });
  }
}

}  // namespace reel::kernels
