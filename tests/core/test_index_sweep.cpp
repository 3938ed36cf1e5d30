#include <doctest/doctest.h>

#include <reel/core/kernels/advanced_index.h>
#include <reel/core/kernels/index.h>
#include <tests/core/arrays.h>

// Indexing of random shapes, by random lists, elements and masks, against loops that follow the definition.

using namespace reel;
using namespace reel::testing;

namespace {

/// What one axis of the indexed tensor is indexed by.
struct AxisIndex {
  enum class Kind { integer, slice, tensor } kind;
  std::vector<std::int64_t> places;  // of an integer one, of a slice all
  Array index = Array(Shape{});      // of a tensor
};

/// The brackets of a[i, j, ...], and the same axis by axis.
struct Brackets {
  std::vector<Index> indices;
  std::vector<AxisIndex> axes;
  Shape common;  // of all tensors among them
};

class BracketSource {
 public:
  BracketSource(Draw& draw, const Shape& shape) : draw_(draw), shape_(shape) {}

  Brackets next() {
    Brackets out;
    out.common = draw_.shape(draw_.rank(1, 2), draw_.one_in(8) ? 0 : 1, 3);
    const int masked = draw_.one_in(3) ? draw_.axis(shape_) : -1;  // a mask begins here; it settles the common shape
    std::optional<Tensor> mask;
    if (masked >= 0) {
      Shape sizes;
      for (int i = masked; i < shape_.rank() && sizes.rank() < 1 + draw_.pick(0, 1); ++i) sizes.push_back(shape_[i]);
      mask = draw_.mask(sizes);
      out.common = {nonzero_by_definition(*mask).shape[0]};
    }
    while (std::ssize(out.axes) < shape_.rank()) {
      if (std::ssize(out.axes) == masked) {
        add_mask(out, *mask);
      } else if (std::ssize(out.axes) > masked && draw_.one_in(6)) {
        break;  // the rest is taken whole
      } else {
        add_one(out);
      }
    }
    for (int axis = static_cast<int>(out.axes.size()); axis < shape_.rank(); ++axis) {
      out.axes.push_back({AxisIndex::Kind::slice, slice_places({}, shape_[axis])});
    }
    return out;
  }

  static Array nonzero_by_definition(const Tensor& a) {
    const Array values(a);
    std::vector<Dims> places;
    for_each_place(a.shape(), [&](const Dims& place) {
      if (values[place] != 0) places.push_back(place);
    });
    Array out({std::ssize(places), a.rank()});
    for_each_place(out.shape, [&](const Dims& at) {
      out[at] = static_cast<double>(places[static_cast<std::size_t>(at[0])][static_cast<int>(at[1])]);
    });
    return out;
  }

 private:
  void add_mask(Brackets& out, const Tensor& mask) {
    const Array places = nonzero_by_definition(mask);
    out.indices.emplace_back(mask);
    for (int axis = 0; axis < mask.rank(); ++axis) {
      Array along({places.shape[0]});
      for (std::int64_t i = 0; i < places.shape[0]; ++i) along[{i}] = places[{i, axis}];
      out.axes.push_back({AxisIndex::Kind::tensor, {}, along});
    }
  }

  void add_one(Brackets& out) {
    const std::int64_t size = shape_[static_cast<int>(out.axes.size())];
    const std::int64_t kind = draw_.pick(0, size == 0 ? 0 : 5);
    if (kind <= 1) {
      const Slice slice{draw_.pick(-size - 1, size + 1), draw_.pick(-size - 1, size + 1), draw_.pick(1, 3)};
      out.indices.emplace_back(draw_.one_in(2) ? slice : Slice{});
      out.axes.push_back({AxisIndex::Kind::slice, slice_places(std::get<Slice>(out.indices.back()), size)});
    } else if (kind == 2) {
      const std::int64_t at = draw_.pick(-size, size - 1);
      if (draw_.one_in(2)) out.indices.emplace_back(at);
      else out.indices.emplace_back(Tensor::scalar(static_cast<double>(at), int64));
      out.axes.push_back({AxisIndex::Kind::integer, {at < 0 ? at + size : at}});
    } else {
      Shape narrower = draw_.narrower(out.common);
      if (narrower.rank() == 0) narrower = {1};  // one of shape [] would be an integer
      const Tensor index = draw_.numbers(narrower, int64, -size, size - 1);
      out.indices.emplace_back(index);
      out.axes.push_back({AxisIndex::Kind::tensor, {}, Array(index)});
    }
  }

  static std::vector<std::int64_t> slice_places(const Slice& slice, std::int64_t size) {
    const auto bound = [&](std::int64_t i) { return i < 0 ? i + size : i; };
    std::vector<std::int64_t> out;
    for (std::int64_t i = 0; i < size; ++i) {
      const std::int64_t first = std::max<std::int64_t>(bound(slice.start), 0);
      if (i >= first && i < bound(slice.stop) && (i - first) % slice.step == 0) out.push_back(i);
    }
    return out;
  }

  Draw& draw_;
  Shape shape_;
};

/// The shape of a[brackets], and where in `a` each of its elements comes from, in row-major order.
struct Picked {
  Shape shape;
  std::vector<Dims> places;
};

/// NumPy's rule, word by word. Integers have taken their axes away before, as in PyTorch.
Picked pick_by_definition(const Shape& a, const Brackets& b) {
  using Kind = AxisIndex::Kind;
  int first = -1, last = -1, tensors = 0, kept = 0;
  Shape common;  // of those that are there
  for (const AxisIndex& axis : b.axes) {
    if (axis.kind == Kind::integer) continue;
    if (axis.kind == Kind::tensor) {
      if (first < 0) first = kept;
      last = kept;
      ++tensors;
      common = broadcast_shapes("sweep", common, axis.index.shape);
    }
    ++kept;
  }
  const int front = tensors > 0 && last - first + 1 == tensors ? first : 0;  // axes before the common ones
  Picked out;
  std::vector<std::int64_t> sizes;
  for (const AxisIndex& axis : b.axes) {
    if (axis.kind == Kind::slice) sizes.push_back(std::ssize(axis.places));
  }
  sizes.insert(sizes.begin() + front, common.begin(), common.end());
  out.shape = Shape(sizes);
  for_each_place(out.shape, [&](const Dims& at) {
    const Dims in_common(std::span(at.begin() + front, static_cast<std::size_t>(common.rank())));
    Dims place;
    int next = 0;  // axis of the result that the next slice fills
    for (std::size_t i = 0; i < b.axes.size(); ++i) {
      const AxisIndex& axis = b.axes[i];
      if (next == front && axis.kind == Kind::slice) next += common.rank();
      std::int64_t from = 0;
      if (axis.kind == Kind::integer) from = axis.places[0];
      if (axis.kind == Kind::slice) from = axis.places[static_cast<std::size_t>(at[next++])];
      if (axis.kind == Kind::tensor) from = static_cast<std::int64_t>(axis.index.broadcast_at(in_common));
      place.push_back(from < 0 ? from + a[static_cast<int>(i)] : from);
    }
    out.places.push_back(place);
  });
  return out;
}

void check_brackets(Draw& draw) {
  const Shape shape = draw.shape(draw.rank(1, 5), draw.one_in(10) ? 0 : 1, 4);
  const DType dtype = draw.dtype();
  const Tensor a = draw.numbers(shape, dtype);
  const Brackets brackets = BracketSource(draw, shape).next();
  const Picked picked = pick_by_definition(shape, brackets);
  const Array before(a);
  Array expected(picked.shape);
  std::size_t i = 0;
  for_each_place(picked.shape, [&](const Dims& at) { expected[at] = before[picked.places[i++]]; });
  check_same("index", index(a, brackets.indices), expected);

  const Tensor values = draw.numbers(draw.narrower(picked.shape), dtype);
  const Array put(values);
  Array written = before;
  Array added = before;
  i = 0;
  for_each_place(picked.shape, [&](const Dims& at) {
    written[picked.places[i]] = put.broadcast_at(at);
    added[picked.places[i++]] += put.broadcast_at(at);
  });
  check_same("index_put", index_put(a, brackets.indices, values), written);
  check_same("index_put, added", index_put(a, brackets.indices, values, true), added);
}

/// `place` with another place along `axis`.
Dims moved(Dims place, int axis, double to) {
  place[axis] = static_cast<std::int64_t>(to);
  return place;
}

void check_lists(Draw& draw) {
  const Shape shape = draw.shape(draw.rank(1, 4), 1, 5);
  const int axis = draw.axis(shape);
  const DType dtype = draw.dtype();
  const Tensor a = draw.numbers(shape, dtype);
  const Tensor list = draw.numbers({draw.pick(0, 6)}, int64, 0, shape[axis] - 1);
  const Tensor source = draw.numbers(moved(shape, axis, static_cast<double>(list.numel())), dtype);
  const Array before(a), picks(list), parts(source);
  Array selected(source.shape());
  Array added = before;
  Array copied = before;
  for_each_place(source.shape(), [&](const Dims& at) {
    const Dims place = moved(at, axis, picks[{at[axis]}]);
    selected[at] = before[place];
    added[place] += parts[at];
    copied[place] = parts[at];
  });
  const std::int64_t named = draw.either_way(axis, shape);
  check_same("index_select", index_select(a, named, list), selected);
  check_same("index_add", index_add(a, named, list, source), added);
  check_same("index_copy", index_copy(a, named, list, source), copied);
}

void check_elements(Draw& draw) {
  const Shape shape = draw.shape(draw.rank(1, 4), 1, 5);
  const int axis = draw.axis(shape);
  const DType dtype = draw.dtype();
  const Tensor a = draw.numbers(shape, dtype);
  Shape part;
  for (int i = 0; i < shape.rank(); ++i) part.push_back(draw.pick(0, i == axis ? 7 : shape[i]));
  const Tensor index = draw.numbers(part, int64, 0, shape[axis] - 1);
  const Tensor source = draw.numbers(part, dtype);
  const Array before(a), picks(index), parts(source);
  Array gathered(part);
  Array added = before;
  Array scattered = before;
  for_each_place(part, [&](const Dims& at) {
    const Dims place = moved(at, axis, picks[at]);
    gathered[at] = before[place];
    added[place] += parts[at];
    scattered[place] = parts[at];
  });
  const std::int64_t named = draw.either_way(axis, shape);
  check_same("gather", gather(a, named, index), gathered);
  check_same("scatter_add", scatter_add(a, named, index, source), added);
  check_same("scatter", scatter(a, named, index, source), scattered);
}

void check_masks(Draw& draw) {
  const Shape wide = draw.shape(draw.rank(0, 4), draw.one_in(10) ? 0 : 1, 4);
  const Tensor a = draw.numbers(draw.narrower(wide), draw.dtype());
  const Tensor mask = draw.mask(draw.narrower(wide));
  const Shape shape = broadcast_shapes("sweep", a.shape(), mask.shape());
  const Array values(a), is_on(mask);
  std::vector<double> selected;
  Array filled(shape);
  for_each_place(shape, [&](const Dims& at) {
    const bool on = is_on.broadcast_at(at) != 0;
    if (on) selected.push_back(values.broadcast_at(at));
    filled[at] = on ? 5 : values.broadcast_at(at);
  });
  check_same("masked_select", masked_select(a, mask), Array(Tensor::from<double>(selected, {std::ssize(selected)})));
  check_same("masked_fill", masked_fill(a, mask, 5), filled);
  check_same("nonzero", nonzero(a), BracketSource::nonzero_by_definition(a));
}

}  // namespace

TEST_CASE("indexing sweep against the definition") {
  const int rounds = sweep_size(300);
  Draw draw(20261126);
  for (int i = 0; i < rounds; ++i) {
    CAPTURE(i);
    check_brackets(draw);
    check_lists(draw);
    check_elements(draw);
    check_masks(draw);
  }
}
