#include <algorithm>
#include <cstring>
#include <reel/core/kernels/index.h>
#include <reel/core/kernels/loops.h>
#include <reel/core/kernels/rearrange.h>
#include <reel/core/kernels/reduce.h>

namespace reel {
namespace {

/// Along one axis.
Tensor roll_axis(const Tensor& a, std::int64_t shift, int axis) {
  const std::int64_t size = a.shape()[axis];
  if (size == 0) return a.clone();
  const std::int64_t first = (size - shift % size) % size;  // what comes to the front
  return concatenate({a.narrow(axis, first, size - first), a.narrow(axis, 0, first)}, axis);
}

/// A copy of `a` [..., R, C] with zeros in columns begin(r) to end(r) of each row r.
template <class Begin, class End>
Tensor without(std::string_view op, const Tensor& a, const Begin& begin, const End& end) {
  require_defined(op, a);
  require<ShapeError>(a.rank() >= 2, op, "wants shape [..., R, C], got ", a.shape());
  Tensor out = a.clone();
  if (a.numel() == 0) return out;
  const std::int64_t rows = a.size(-2);
  const std::int64_t columns = a.size(-1);
  const auto width = static_cast<std::int64_t>(size_of(a.dtype()));
  const auto grain = std::max<std::int64_t>(1, kernels::loop_chunk / columns);
  parallel_for(a.numel() / columns, grain, [&](std::int64_t from, std::int64_t to) {
    for (std::int64_t row = from; row < to; ++row) {
      const std::int64_t first = std::clamp<std::int64_t>(begin(row % rows), 0, columns);
      const std::int64_t last = std::clamp<std::int64_t>(end(row % rows), 0, columns);
      std::memset(out.bytes() + (row * columns + first) * width, 0, static_cast<std::size_t>((last - first) * width));
    }
  });
  return out;
}

/// A diagonal's number, at most one outside the matrices.
std::int64_t inside(std::int64_t diagonal, const Tensor& a) {
  return a.rank() < 2 ? 0 : std::clamp<std::int64_t>(diagonal, -a.size(-2) - 1, a.size(-1) + 1);
}

}  // namespace

Tensor flip(const Tensor& a, const Dims& axes) {
  require_defined("flip", a);
  if (a.numel() == 0 || axes.rank() == 0) return a.clone();
  const auto is_flipped = axis_set("flip", axes, a.rank());
  Strides strides = a.strides();
  std::int64_t last = 0;
  for (int axis = 0; axis < a.rank(); ++axis) {
    if (!is_flipped[static_cast<std::size_t>(axis)]) continue;
    last += (a.shape()[axis] - 1) * strides[axis];
    strides[axis] = -strides[axis];
  }
  return a.as_strided(a.shape(), strides, last).clone();
}

Tensor roll(const Tensor& a, const Dims& shifts, const Dims& axes) {
  require_defined("roll", a);
  if (axes.rank() == 0 && shifts.rank() == 1) return roll_axis(a.flatten(), shifts[0], 0).reshape(a.shape());
  require<ValueError>(axes.rank() == shifts.rank() && axes.rank() >= 1, "roll", "wants a shift for each axis, got ",
                      shifts, " for ", axes);
  Tensor out = a;
  for (int i = 0; i < axes.rank(); ++i) out = roll_axis(out, shifts[i], normalize_axis("roll", axes[i], a.rank()));
  return out;
}

Tensor repeat(const Tensor& a, const Dims& counts) {
  require_defined("repeat", a);
  const int lead = counts.rank() - a.rank();
  require<ShapeError>(lead >= 0, "repeat", "counts ", counts, " are fewer than the axes of ", a.shape());
  Shape shape = Shape::filled(lead, 1);
  for (const std::int64_t size : a.shape()) shape.push_back(size);
  Tensor out = a;
  // From the last axis on, so that most is copied in long rows.
  for (int axis = counts.rank() - 1; axis >= 0; --axis) {
    require<ValueError>(counts[axis] >= 0, "repeat", "counts ", counts, " have a negative one");
    const Dims outer(std::span(shape.begin(), static_cast<std::size_t>(axis)));
    const Dims inner(std::span(shape.begin() + axis, shape.end()));
    if (counts[axis] != 1) {
      out =
          out.reshape({numel(outer), 1, numel(inner)}).expand({numel(outer), counts[axis], numel(inner)}).contiguous();
    }
    shape[axis] *= counts[axis];
  }
  out = out.reshape(shape);
  return out.shares_memory_with(a) ? out.clone() : out;
}

Tensor repeat_interleave(const Tensor& a, std::int64_t count, std::int64_t axis) {
  const int along = normalize_axis("repeat_interleave", axis, a.rank());
  require<ValueError>(count >= 0, "repeat_interleave", "count must be at least 0, got ", count);
  const std::int64_t size = a.shape()[along];
  const Tensor picks = Tensor::arange(0, static_cast<double>(size), 1, int64).unsqueeze(1).expand({size, count});
  return index_select(a, along, picks.reshape({-1}));
}

Tensor triu(const Tensor& a, std::int64_t diagonal) {
  const std::int64_t d = inside(diagonal, a);
  return without(
      "triu", a, [](std::int64_t) { return 0; }, [d](std::int64_t row) { return row + d; });
}

Tensor tril(const Tensor& a, std::int64_t diagonal) {
  const std::int64_t d = inside(diagonal, a);
  const std::int64_t columns = a.rank() < 2 ? 0 : a.size(-1);
  return without(
      "tril", a, [d](std::int64_t row) { return row + d + 1; }, [=](std::int64_t) { return columns; });
}

Tensor diagonal(const Tensor& a, std::int64_t offset, std::int64_t axis_a, std::int64_t axis_b) {
  const int rows = normalize_axis("diagonal", axis_a, a.rank());
  const int columns = normalize_axis("diagonal", axis_b, a.rank());
  require<IndexError>(rows != columns, "diagonal", "axes ", axis_a, " and ", axis_b, " of ", a.shape(), " are one");
  offset = std::clamp(offset, -a.shape()[rows], a.shape()[columns]);
  const std::int64_t down = std::max<std::int64_t>(-offset, 0);
  const std::int64_t right = std::max<std::int64_t>(offset, 0);
  const std::int64_t length = std::min(a.shape()[rows] - down, a.shape()[columns] - right);
  Shape shape = a.shape();
  Strides strides = a.strides();
  for (const int axis : {std::max(rows, columns), std::min(rows, columns)}) {
    shape.erase(axis);
    strides.erase(axis);
  }
  shape.push_back(length);
  strides.push_back(a.strides()[rows] + a.strides()[columns]);
  return a.as_strided(shape, strides, length == 0 ? 0 : down * a.strides()[rows] + right * a.strides()[columns]);
}

}  // namespace reel
