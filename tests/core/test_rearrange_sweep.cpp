#include <doctest/doctest.h>

#include <reel/core/kernels/rearrange.h>
#include <tests/core/arrays.h>

// Rearrangements of random shapes against loops that follow the definition.

using namespace reel;
using namespace reel::testing;

namespace {

/// Every element of `got` is the one of `a` at source(place), or 0 where that is nowhere.
template <class Source>
void check_moved(std::string_view what, const Tensor& got, const Shape& shape, const Tensor& a, const Source& source) {
  const Array before(a);
  Array expected(shape);
  for_each_place(shape, [&](const Dims& at) {
    if (const std::optional<Dims> place = source(at)) expected[at] = before[*place];
  });
  check_same(what, got, expected);
}

/// Some of the axes, in any order.
Dims some_axes(Draw& draw, const Shape& shape) {
  Dims out;
  for (int i = 0; i < shape.rank(); ++i) {
    if (draw.one_in(2)) out.insert(draw.rank(0, out.rank()), draw.either_way(i, shape));
  }
  return out;
}

int own_axis(std::int64_t axis, const Shape& shape) { return normalize_axis("sweep", axis, shape.rank()); }

void check_flip(Draw& draw, const Tensor& a) {
  const Dims axes = some_axes(draw, a.shape());
  check_moved("flip", flip(a, axes), a.shape(), a, [&](Dims at) -> std::optional<Dims> {
    for (const std::int64_t axis : axes) {
      const int i = own_axis(axis, a.shape());
      at[i] = a.shape()[i] - 1 - at[i];
    }
    return at;
  });
}

void check_roll(Draw& draw, const Tensor& a) {
  const Dims axes = some_axes(draw, a.shape());
  if (axes.rank() == 0) return;
  const Dims shifts = draw.shape(axes.rank(), -9, 9);
  check_moved("roll", roll(a, shifts, axes), a.shape(), a, [&](Dims at) -> std::optional<Dims> {
    for (int i = 0; i < axes.rank(); ++i) {
      const int axis = own_axis(axes[i], a.shape());
      const std::int64_t size = a.shape()[axis];
      at[axis] = ((at[axis] - shifts[i]) % size + size) % size;
    }
    return at;
  });
}

void check_repeat(Draw& draw, const Tensor& a) {
  const Dims counts = draw.shape(a.rank() + draw.rank(0, 2), draw.one_in(10) ? 0 : 1, 3);
  const int lead = counts.rank() - a.rank();
  Shape shape = counts;
  for (int i = 0; i < a.rank(); ++i) shape[lead + i] *= a.shape()[i];
  check_moved("repeat", repeat(a, counts), shape, a, [&](const Dims& at) -> std::optional<Dims> {
    Dims place = a.shape();
    for (int i = 0; i < a.rank(); ++i) place[i] = at[lead + i] % a.shape()[i];
    return place;
  });
}

void check_repeat_interleave(Draw& draw, const Tensor& a) {
  const int axis = draw.axis(a.shape());
  const std::int64_t count = draw.pick(0, 3);
  Shape shape = a.shape();
  shape[axis] *= count;
  const std::int64_t named = draw.either_way(axis, shape);
  check_moved("repeat_interleave", repeat_interleave(a, count, named), shape, a, [&](Dims at) -> std::optional<Dims> {
    at[axis] /= count;
    return at;
  });
}

void check_triangles(Draw& draw, const Tensor& a) {
  const std::int64_t diagonal = draw.pick(-6, 6);
  const auto keep = [&](bool is_upper) {
    return [=](const Dims& at) -> std::optional<Dims> {
      const std::int64_t own = at[at.rank() - 1] - at[at.rank() - 2];  // the diagonal that this place is on
      return (is_upper ? own >= diagonal : own <= diagonal) ? std::optional(at) : std::nullopt;
    };
  };
  check_moved("triu", triu(a, diagonal), a.shape(), a, keep(true));
  check_moved("tril", tril(a, diagonal), a.shape(), a, keep(false));
}

void check_diagonal(Draw& draw, const Tensor& a) {
  const std::int64_t offset = draw.pick(-6, 6);
  const int rows = draw.axis(a.shape());
  const int columns = (rows + draw.rank(1, a.rank() - 1)) % a.rank();
  std::int64_t length = 0;
  for (std::int64_t r = 0; r < a.shape()[rows]; ++r) {
    if (r + offset >= 0 && r + offset < a.shape()[columns]) ++length;
  }
  Shape shape = a.shape();
  shape.erase(std::max(rows, columns));
  shape.erase(std::min(rows, columns));
  shape.push_back(length);
  const Tensor got = diagonal(a, offset, draw.either_way(rows, a.shape()), draw.either_way(columns, a.shape()));
  check_moved("diagonal", got, shape, a, [&](const Dims& at) -> std::optional<Dims> {
    const std::int64_t i = at[at.rank() - 1];
    Dims place;
    int next = 0;
    for (int axis = 0; axis < a.rank(); ++axis) {
      if (axis == rows) place.push_back(i + std::max<std::int64_t>(0, -offset));
      else if (axis == columns) place.push_back(i + std::max<std::int64_t>(0, offset));
      else place.push_back(at[next++]);
    }
    return place;
  });
}

}  // namespace

TEST_CASE("rearranging sweep against the definition") {
  const int rounds = sweep_size(300);
  Draw draw(20261127);
  for (int i = 0; i < rounds; ++i) {
    CAPTURE(i);
    const Shape shape = draw.shape(draw.rank(1, 4), draw.one_in(10) ? 0 : 1, 5);
    const Tensor a = draw.numbers(shape, draw.one_in(4) ? uint8 : draw.dtype(), 0, 200);
    check_flip(draw, a);
    check_roll(draw, a);
    check_repeat(draw, a);
    check_repeat_interleave(draw, a);
    if (a.rank() < 2) continue;
    check_triangles(draw, a);
    check_diagonal(draw, a);
  }
}
