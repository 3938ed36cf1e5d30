#include <algorithm>
#include <reel/core/kernels/index.h>
#include <reel/core/kernels/picks.h>
#include <reel/core/simd.h>

namespace reel {
namespace {

/// `dims` with another number for `axis`.
Dims with_size(Dims dims, int axis, std::int64_t size) {
  dims[axis] = size;
  return dims;
}

/// Whether all values are in [least, size): value - least and size - 1 - value both have no sign then.
REEL_SIMD bool are_inside(std::span<const std::int64_t> values, std::int64_t least, std::int64_t size) {
  std::uint64_t signs = 0;
  for (const std::int64_t value : values) {
    const auto v = static_cast<std::uint64_t>(value);
    signs |= (v - static_cast<std::uint64_t>(least)) | (static_cast<std::uint64_t>(size) - 1 - v);
  }
  return signs >> 63 == 0;
}

/// That of index_select and its relatives.
void require_list(std::string_view op, const Tensor& index) {
  require_defined(op, index);
  require<ShapeError>(index.rank() == 1, op, "index wants shape [K], got ", index.shape());
}

/// That of gather and its relatives.
void require_element_index(std::string_view op, const Tensor& a, int axis, const Tensor& index) {
  require_defined(op, index);
  bool fits = index.rank() == a.rank();
  for (int i = 0; fits && i < a.rank(); ++i) fits = i == axis || index.shape()[i] <= a.shape()[i];
  require<ShapeError>(fits, op, "index ", index.shape(), " is larger than ", a.shape(), " outside axis ", axis,
                      ", or of another rank");
  require_indices(op, index, a.shape()[axis]);
}

/// The picks by an index [K] along `axis` of `a`.
kernels::Picks list_picks(const Tensor& a, int axis, const Tensor& index) {
  return {.shape = with_size(a.shape(), axis, index.numel()),
          .axis = axis,
          .lanes = with_size(a.strides(), axis, 0),
          .index = index,
          .steps = with_size(Strides::filled(a.rank(), 0), axis, index.strides()[0]),
          .unit = a.strides()[axis]};
}

/// The picks by an index of a's rank.
kernels::Picks element_picks(const Tensor& a, int axis, const Tensor& index) {
  return {.shape = index.shape(),
          .axis = axis,
          .lanes = with_size(a.strides(), axis, 0),
          .index = index,
          .steps = index.strides(),
          .unit = a.strides()[axis]};
}

/// index_add and index_copy.
Tensor put_parts(std::string_view op, const Tensor& a, std::int64_t axis, const Tensor& index, const Tensor& source,
                 bool accumulate) {
  require_same_dtype(op, a, source);
  const int along = normalize_axis(op, axis, a.rank());
  require_list(op, index);
  const Shape wanted = with_size(a.shape(), along, index.numel());
  require<ShapeError>(source.shape() == wanted, op, "source wants shape ", wanted, ", got ", source.shape());
  require_indices(op, index, a.shape()[along]);
  Tensor out = a.clone();
  kernels::put(op, out, list_picks(out, along, index), source, accumulate);
  return out;
}

/// scatter_add and scatter.
Tensor put_elements(std::string_view op, const Tensor& a, std::int64_t axis, const Tensor& index, const Tensor& source,
                    bool accumulate) {
  require_same_dtype(op, a, source);
  const int along = normalize_axis(op, axis, a.rank());
  require_element_index(op, a, along, index);
  require<ShapeError>(source.shape() == index.shape(), op, "source ", source.shape(), " and index ", index.shape(),
                      " differ in shape");
  Tensor out = a.clone();
  kernels::put(op, out, element_picks(out, along, index), source, accumulate);
  return out;
}

}  // namespace

void require_indices(std::string_view op, const Tensor& index, std::int64_t size, std::string_view noun,
                     std::int64_t least) {
  require<TypeError>(index.dtype() == int64, op, noun, " wants int64, got ", index.dtype());
  const Tensor dense = index.contiguous();
  const auto values = dense.span<std::int64_t>();
  if (are_inside(values, least, size)) return;
  const auto bad = std::find_if(values.begin(), values.end(), [=](auto i) { return i < least || i >= size; });
  throw IndexError(op, noun, ' ', *bad, " at position ", bad - values.begin(), " is outside [", least, ", ", size, ")");
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
  require_list("index_select", index);
  require_indices("index_select", index, a.shape()[along]);
  return kernels::pick(a, list_picks(a, along, index));
}

Tensor index_add(const Tensor& a, std::int64_t axis, const Tensor& index, const Tensor& source) {
  return put_parts("index_add", a, axis, index, source, true);
}

Tensor index_copy(const Tensor& a, std::int64_t axis, const Tensor& index, const Tensor& source) {
  return put_parts("index_copy", a, axis, index, source, false);
}

Tensor gather(const Tensor& a, std::int64_t axis, const Tensor& index) {
  const int along = normalize_axis("gather", axis, a.rank());
  require_element_index("gather", a, along, index);
  return kernels::pick(a, element_picks(a, along, index));
}

Tensor scatter_add(const Tensor& a, std::int64_t axis, const Tensor& index, const Tensor& source) {
  return put_elements("scatter_add", a, axis, index, source, true);
}

Tensor scatter(const Tensor& a, std::int64_t axis, const Tensor& index, const Tensor& source) {
  return put_elements("scatter", a, axis, index, source, false);
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
