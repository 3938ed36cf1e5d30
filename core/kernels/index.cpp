#include <algorithm>
#include <cstring>
#include <reel/core/kernels/index.h>
#include <reel/core/parallel.h>

namespace reel {
namespace {

Shape with_size(Shape shape, int axis, std::int64_t size) {
  shape[axis] = size;
  return shape;
}

/// Rows of a row-major tensor seen as (outer, size of axis, inner).
struct Rows {
  std::int64_t outer = 1;
  std::int64_t inner = 1;
  Rows(const Shape& shape, int axis) {
    for (int i = 0; i < shape.rank(); ++i) (i < axis ? outer : i > axis ? inner : ignored_) *= shape[i];
  }

 private:
  std::int64_t ignored_ = 1;
};

void require_gather_shapes(std::string_view op, const Shape& shape, int axis, const Shape& index) {
  bool fits = index.rank() == shape.rank();
  for (int i = 0; fits && i < shape.rank(); ++i) fits = i == axis || index[i] <= shape[i];
  require<ShapeError>(fits, op, "index ", index, " is larger than ", shape, " outside axis ", axis,
                      ", or of another rank");
}

/// Calls `f(at, picked)` with the flat places of every index element, and of what it points to in a row-major tensor
/// of `shape`.
template <class F>
void for_each_pick(const Shape& shape, int axis, const Tensor& index, const F& f) {
  const Tensor picks = index.contiguous();
  const auto* pick = picks.data<std::int64_t>();
  const Strides strides = contiguous_strides(shape);
  for (std::int64_t at = 0; at < picks.numel(); ++at) {
    std::int64_t rest = at;
    std::int64_t place = pick[at] * strides[axis];
    for (int i = shape.rank() - 1; i >= 0; --i) {
      if (i != axis) place += rest % picks.shape()[i] * strides[i];
      rest /= picks.shape()[i];
    }
    f(at, place);
  }
}

}  // namespace

void require_indices(std::string_view op, const Tensor& index, std::int64_t size, std::string_view noun) {
  require<TypeError>(index.dtype() == int64, op, noun, " wants int64, got ", index.dtype());
  const Tensor dense = index.contiguous();
  const auto values = dense.span<std::int64_t>();
  const auto bad = std::find_if(values.begin(), values.end(), [size](auto i) { return i < 0 || i >= size; });
  if (bad == values.end()) return;
  throw IndexError(op, noun, ' ', *bad, " at position ", bad - values.begin(), " is outside [0, ", size, ")");
}

Tensor concatenate(const std::vector<Tensor>& parts, std::int64_t axis) {
  require<ValueError>(!parts.empty(), "concatenate", "got no tensors");
  const int a = normalize_axis("concatenate", axis, parts.front().rank());
  const Shape& first = parts.front().shape();
  std::int64_t total = 0;
  for (const Tensor& part : parts) {
    require<ShapeError>(part.rank() == first.rank() && with_size(part.shape(), a, 0) == with_size(first, a, 0),
                        "concatenate", "shapes ", first, " and ", part.shape(), " differ outside axis ", a);
    require_same_dtype("concatenate", parts.front(), part);
    total += part.shape()[a];
  }
  Tensor out = Tensor::empty(with_size(first, a, total), parts.front().dtype());
  std::int64_t start = 0;
  for (const Tensor& part : parts) {
    out.narrow(a, start, part.shape()[a]).copy_from(part);
    start += part.shape()[a];
  }
  return out;
}

Tensor stack(const std::vector<Tensor>& parts, std::int64_t axis) {
  std::vector<Tensor> thick;
  thick.reserve(parts.size());
  for (const Tensor& part : parts) {
    require<ShapeError>(part.shape() == parts.front().shape(), "stack", "shapes ", parts.front().shape(), " and ",
                        part.shape(), " differ");
    thick.push_back(part.unsqueeze(axis));
  }
  require<ValueError>(!thick.empty(), "stack", "got no tensors");
  return concatenate(thick, normalize_axis("stack", axis, thick.front().rank()));
}

Tensor index_select(const Tensor& a, std::int64_t axis, const Tensor& index) {
  const int along = normalize_axis("index_select", axis, a.rank());
  require<ShapeError>(index.rank() == 1, "index_select", "index wants shape [K], got ", index.shape());
  require_indices("index_select", index, a.shape()[along]);
  const Tensor source = a.contiguous();
  const Tensor picks = index.contiguous();
  Tensor out = Tensor::empty(with_size(a.shape(), along, picks.numel()), a.dtype());
  const Rows rows(a.shape(), along);
  const auto bytes = static_cast<std::size_t>(rows.inner) * size_of(a.dtype());
  const auto* pick = picks.data<std::int64_t>();
  const std::int64_t grain =
      std::max<std::int64_t>(1, (1 << 17) / std::max<std::int64_t>(1, static_cast<std::int64_t>(bytes)));
  parallel_for(rows.outer * picks.numel(), grain, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t row = begin; row < end; ++row) {
      const std::int64_t from = row / picks.numel() * a.shape()[along] + pick[row % picks.numel()];
      std::memcpy(out.bytes() + static_cast<std::size_t>(row) * bytes,
                  source.bytes() + static_cast<std::size_t>(from) * bytes, bytes);
    }
  });
  return out;
}

Tensor index_add(const Shape& shape, std::int64_t axis, const Tensor& index, const Tensor& values) {
  const int along = normalize_axis("index_add", axis, shape.rank());
  require<ShapeError>(index.rank() == 1 && values.shape() == with_size(shape, along, index.numel()), "index_add",
                      "values want shape ", with_size(shape, along, index.numel()), ", got ", values.shape());
  require_indices("index_add", index, shape[along]);
  Tensor out = Tensor::zeros(shape, values.dtype());
  const Tensor source = values.contiguous();
  const Tensor picks = index.contiguous();
  const Rows rows(shape, along);
  const auto* pick = picks.data<std::int64_t>();
  visit_numbers("index_add", values.dtype(), [&]<class T>(T) {
    T* to = out.mutable_data<T>();
    const T* from = source.data<T>();
    for (std::int64_t row = 0; row < rows.outer * picks.numel(); ++row) {
      T* target = to + (row / picks.numel() * shape[along] + pick[row % picks.numel()]) * rows.inner;
      for (std::int64_t i = 0; i < rows.inner; ++i) target[i] += from[row * rows.inner + i];
    }
  });
  return out;
}

Tensor gather(const Tensor& a, std::int64_t axis, const Tensor& index) {
  const int along = normalize_axis("gather", axis, a.rank());
  require_gather_shapes("gather", a.shape(), along, index.shape());
  require_indices("gather", index, a.shape()[along]);
  const Tensor source = a.contiguous();
  Tensor out = Tensor::empty(index.shape(), a.dtype());
  visit_all(a.dtype(), [&]<class T>(T) {
    T* to = out.mutable_data<T>();
    const T* from = source.data<T>();
    for_each_pick(a.shape(), along, index, [&](std::int64_t at, std::int64_t place) { to[at] = from[place]; });
  });
  return out;
}

Tensor scatter_add(const Shape& shape, std::int64_t axis, const Tensor& index, const Tensor& values) {
  const int along = normalize_axis("scatter_add", axis, shape.rank());
  require_gather_shapes("scatter_add", shape, along, index.shape());
  require<ShapeError>(values.shape() == index.shape(), "scatter_add", "values ", values.shape(), " and index ",
                      index.shape(), " differ in shape");
  require_indices("scatter_add", index, shape[along]);
  Tensor out = Tensor::zeros(shape, values.dtype());
  const Tensor source = values.contiguous();
  visit_numbers("scatter_add", values.dtype(), [&]<class T>(T) {
    T* to = out.mutable_data<T>();
    const T* from = source.data<T>();
    for_each_pick(shape, along, index, [&](std::int64_t at, std::int64_t place) { to[place] += from[at]; });
  });
  return out;
}

Tensor one_hot(const Tensor& labels, std::int64_t classes, DType dtype) {
  require_indices("one_hot", labels, classes);
  Shape shape = labels.shape();
  shape.push_back(classes);
  Tensor out = Tensor::zeros(shape, dtype);
  const Tensor dense = labels.contiguous();
  visit_all(dtype, [&]<class T>(T) {
    T* to = out.mutable_data<T>();
    for (const std::int64_t label : dense.span<std::int64_t>()) {
      to[label] = T{1};
      to += classes;
    }
  });
  return out;
}

}  // namespace reel
