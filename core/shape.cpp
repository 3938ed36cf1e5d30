#include <algorithm>
#include <reel/core/shape.h>

namespace reel {

Dims::Dims(std::span<const std::int64_t> values) : rank_(static_cast<int>(values.size())) {
  require<ShapeError>(values.size() <= max_rank, "shape", "a tensor has at most ", max_rank, " axes, got ",
                      values.size());
  std::copy(values.begin(), values.end(), values_.begin());
}

Dims Dims::filled(int rank, std::int64_t value) {
  Dims dims;
  for (int i = 0; i < rank; ++i) dims.push_back(value);
  return dims;
}

void Dims::push_back(std::int64_t value) { insert(rank_, value); }

void Dims::insert(int position, std::int64_t value) {
  require<ShapeError>(rank_ < max_rank, "shape", "a tensor has at most ", max_rank, " axes");
  std::copy_backward(begin() + position, end(), end() + 1);
  (*this)[position] = value;
  ++rank_;
}

void Dims::erase(int position) {
  std::copy(begin() + position + 1, end(), begin() + position);
  --rank_;
}

std::ostream& operator<<(std::ostream& out, const Dims& dims) {
  out << '[';
  for (int i = 0; i < dims.rank(); ++i) out << (i == 0 ? "" : ", ") << dims[i];
  return out << ']';
}

std::int64_t numel(const Shape& shape) {
  std::int64_t product = 1;
  bool empty = false;
  for (const std::int64_t size : shape) {
    empty = empty || size == 0;  // counted as 1, so that an empty tensor's strides can't overflow either
    require<ShapeError>(!__builtin_mul_overflow(product, size == 0 ? 1 : size, &product), "shape", "shape ", shape,
                        " has more elements than can be counted");
  }
  return empty ? 0 : product;
}

Strides contiguous_strides(const Shape& shape) {
  Strides strides = shape;
  std::int64_t step = 1;
  for (int i = shape.rank() - 1; i >= 0; --i) {
    strides[i] = step;
    step *= std::max<std::int64_t>(shape[i], 1);
  }
  return strides;
}

Shape broadcast_shapes(std::string_view op, const Shape& a, const Shape& b) {
  const Shape& longer = a.rank() >= b.rank() ? a : b;
  const Shape& shorter = a.rank() >= b.rank() ? b : a;
  Shape out = longer;
  const int lead = longer.rank() - shorter.rank();
  for (int i = 0; i < shorter.rank(); ++i) {
    std::int64_t& size = out[lead + i];
    require<ShapeError>(size == shorter[i] || size == 1 || shorter[i] == 1, op, "shapes ", a, " and ", b,
                        " do not broadcast: axis ", lead + i, " has ", longer[lead + i], " and ", shorter[i],
                        " (sizes must be equal, or one of them 1)");
    if (size == 1) size = shorter[i];
  }
  return out;
}

int normalize_axis(std::string_view op, std::int64_t axis, int rank) {
  require<IndexError>(axis >= -rank && axis < rank, op, "axis ", axis, " is outside [", -rank, ", ", rank,
                      ") of a tensor of rank ", rank);
  return static_cast<int>(axis < 0 ? axis + rank : axis);
}

}  // namespace reel
