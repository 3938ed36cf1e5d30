#include <algorithm>
#include <reel/core/kernels/advanced_index.h>
#include <reel/core/kernels/elementwise.h>
#include <reel/core/kernels/index.h>
#include <reel/core/kernels/loops.h>
#include <reel/core/kernels/picks.h>

namespace reel {
namespace {

/// Row-major places of what is not 0: int64 [count].
Tensor flat_nonzero(const Tensor& a) {
  const Tensor dense = a.contiguous();
  return visit_all(a.dtype(), [&]<class T>(T) {
    const auto values = dense.span<T>();
    const std::int64_t count = std::ssize(values) - std::count(values.begin(), values.end(), T{0});
    Tensor out = Tensor::empty({count}, int64);
    auto* to = out.mutable_data<std::int64_t>();
    // Without a branch on the values, which would be guessed wrong half of the time.
    for (std::int64_t i = 0, found = 0; found < count; ++i) {
      to[found] = i;
      found += values[static_cast<std::size_t>(i)] != T{0} ? 1 : 0;
    }
    return out;
  });
}

/// What is left of a tensor once integers, slices and masks are dealt with: a view, and the places along some of its
/// axes.
class Parts {
 public:
  struct Places {
    int axis;
    Tensor index;  // int64, may be negative
  };

  Parts(std::string_view op, const Tensor& a, const std::vector<Index>& indices)
      : op_(op), view_(a), shape_(a.shape()) {
    for (const Index& entry : indices) std::visit([this](const auto& e) { take(e); }, entry);
  }

  [[nodiscard]] const Tensor& view() const { return view_; }
  [[nodiscard]] const std::vector<Places>& places() const { return places_; }

 private:
  void take(std::int64_t at) {
    require_axes(1);
    const std::int64_t size = view_.shape()[axis_];
    require<IndexError>(at >= -size && at < size, op_, "index ", at, " is outside [", -size, ", ", size, ")");
    view_ = view_.select(axis_, at);
  }

  void take(const Slice& part) {
    require_axes(1);
    view_ = view_.slice(axis_++, part.start, part.stop, part.step);
  }

  void take(const Tensor& index) {
    require_defined(op_, index);
    if (index.dtype() == boolean) return take_mask(index);
    require_axes(1);
    const std::int64_t size = view_.shape()[axis_];
    require_indices(op_, index, size, "index", -size);
    if (index.rank() == 0) return take(*index.data<std::int64_t>());
    places_.push_back({axis_++, index});
  }

  void take_mask(const Tensor& mask) {
    require<ShapeError>(mask.rank() >= 1, op_, "a mask wants an axis, got shape []");
    require_axes(mask.rank());
    for (int i = 0; i < mask.rank(); ++i) {
      require<ShapeError>(mask.shape()[i] == view_.shape()[axis_ + i], op_, "mask ", mask.shape(),
                          " does not fit the axes from ", axis_, " on of ", view_.shape());
    }
    // Of a contiguous tensor this is a view, even where other axes were sliced: index_put relies on that.
    view_ = view_.flatten(axis_, axis_ + mask.rank() - 1);
    places_.push_back({axis_++, flat_nonzero(mask)});
  }

  void require_axes(int count) const {
    require<IndexError>(axis_ + count <= view_.rank(), op_, "there are indices for more axes than those of ", shape_);
  }

  std::string_view op_;
  Tensor view_;
  Shape shape_;  // of what is indexed
  std::vector<Places> places_;
  int axis_ = 0;  // of the view: the next entry's
};

/// How far from the view's first element each pick begins, in elements: int64 of `shape`.
Tensor offsets(const Parts& parts, const Shape& shape) {
  Tensor out = Tensor::zeros(shape, int64);
  auto* to = out.mutable_data<std::int64_t>();
  for (const auto& [axis, index] : parts.places()) {
    const Tensor wide = index.expand(shape);
    const auto* from = wide.data<std::int64_t>();
    const std::int64_t size = parts.view().shape()[axis];
    const std::int64_t stride = parts.view().strides()[axis];
    kernels::for_each_row(kernels::collapse<2>(shape, {out.strides(), wide.strides()}),
                          [&](const kernels::Offsets<2>& at, const kernels::Offsets<2>& step, std::int64_t n) {
                            for (std::int64_t i = 0; i < n; ++i) {
                              const std::int64_t place = from[at[1] + i * step[1]];
                              to[at[0] + i * step[0]] += (place < 0 ? place + size : place) * stride;
                            }
                          });
  }
  return out;
}

struct Target {
  kernels::Picks picks;  // from the view, with the common axes of the indexing tensors as one
  Shape shape;           // of the result
};

Target target_of(std::string_view op, const Parts& parts) {
  const Tensor& view = parts.view();
  Shape common;
  std::array<bool, Shape::max_rank> is_indexed{};
  for (const auto& [axis, index] : parts.places()) {
    common = broadcast_shapes(op, common, index.shape());
    is_indexed[static_cast<std::size_t>(axis)] = true;
  }
  const int first = parts.places().front().axis;
  const bool adjacent = parts.places().back().axis - first + 1 == std::ssize(parts.places());
  const int place = adjacent ? first : 0;  // of the common axes
  Target out;
  const auto append = [&](std::int64_t size, std::int64_t lane, std::int64_t step) {
    out.picks.shape.push_back(size);
    out.picks.lanes.push_back(lane);
    out.picks.steps.push_back(step);
  };
  for (int i = 0; i <= view.rank(); ++i) {
    if (i == place) {
      append(numel(common), 0, 1);
      for (const std::int64_t size : common) out.shape.push_back(size);
    }
    if (i == view.rank() || is_indexed[static_cast<std::size_t>(i)]) continue;
    append(view.shape()[i], view.strides()[i], 0);
    out.shape.push_back(view.shape()[i]);
  }
  out.picks.axis = place;
  out.picks.index = offsets(parts, common);
  out.picks.unit = 1;
  return out;
}

}  // namespace

void require_mask(std::string_view op, const Tensor& mask) {
  require_defined(op, mask);
  require<TypeError>(mask.dtype() == boolean, op, "the mask wants bool, got ", mask.dtype());
}

Tensor index(const Tensor& a, const std::vector<Index>& indices) {
  require_defined("index", a);
  const Parts parts("index", a, indices);
  if (parts.places().empty()) return parts.view().clone();
  const auto [picks, shape] = target_of("index", parts);
  return kernels::pick(parts.view(), picks).reshape(shape);
}

Tensor index_put(const Tensor& a, const std::vector<Index>& indices, const Tensor& values, bool accumulate) {
  require_same_dtype("index_put", a, values);
  Tensor out = a.clone();
  const Parts parts("index_put", out, indices);
  const auto wide = [&](const Shape& shape) {
    require<ShapeError>(broadcast_shapes("index_put", values.shape(), shape) == shape, "index_put", "values ",
                        values.shape(), " don't broadcast to ", shape, ", the shape of what is indexed");
    return values.expand(shape);
  };
  if (parts.places().empty()) {
    Tensor view = parts.view();
    view.copy_from(accumulate ? view + wide(view.shape()) : wide(view.shape()));
    return out;
  }
  const auto [picks, shape] = target_of("index_put", parts);
  kernels::put("index_put", parts.view(), picks, wide(shape).reshape(picks.shape), accumulate);
  return out;
}

Tensor nonzero(const Tensor& a) {
  const Tensor flat = flat_nonzero(a);
  const auto* place = flat.data<std::int64_t>();
  Tensor out = Tensor::empty({flat.numel(), a.rank()}, int64);
  auto* to = out.mutable_data<std::int64_t>();
  parallel_for(flat.numel(), kernels::loop_chunk, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i) {
      std::int64_t rest = place[i];
      for (int axis = a.rank() - 1; axis >= 0; --axis) {
        to[i * a.rank() + axis] = rest % a.shape()[axis];
        rest /= a.shape()[axis];
      }
    }
  });
  return out;
}

Tensor masked_select(const Tensor& a, const Tensor& mask) {
  require_mask("masked_select", mask);
  const Shape shape = broadcast_shapes("masked_select", a.shape(), mask.shape());
  return index(a.expand(shape).flatten(), {mask.expand(shape).flatten()});
}

Tensor masked_fill(const Tensor& a, const Tensor& mask, double value) {
  require_mask("masked_fill", mask);
  return where(mask, scalar_like(value, a), a);
}

}  // namespace reel
