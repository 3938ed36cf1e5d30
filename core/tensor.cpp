#include <algorithm>
#include <cmath>
#include <reel/core/blocks.h>
#include <reel/core/kernels/copy.h>
#include <reel/core/tensor.h>
#include <utility>

namespace reel {
namespace {

/// Whether `from` broadcasts to exactly `to`.
bool expands(const Shape& from, const Shape& to) {
  const int lead = to.rank() - from.rank();
  bool fits = lead >= 0;
  for (int i = 0; fits && i < from.rank(); ++i) fits = from[i] == 1 || from[i] == to[lead + i];
  return fits;
}

std::size_t count_bytes(const Shape& shape, std::int64_t numel, DType dtype) {
  for (const std::int64_t size : shape) {
    require<ShapeError>(size >= 0, "Tensor::empty", "shape ", shape, " has a negative size");
  }
  std::size_t bytes = 0;
  require<ShapeError>(!__builtin_mul_overflow(static_cast<std::size_t>(numel), size_of(dtype), &bytes), "Tensor::empty",
                      "shape ", shape, " has more bytes than can be counted");
  return bytes;
}

/// Axes of size 1 may have any stride.
bool is_row_major(const Shape& shape, const Strides& strides) {
  std::int64_t expected = 1;
  for (int i = shape.rank() - 1; i >= 0; --i) {
    if (shape[i] != 1 && strides[i] != expected) return false;
    expected *= shape[i];
  }
  return true;
}

}  // namespace

Tensor::Impl::Impl(const Shape& sizes, DType type)
    : numel(reel::numel(sizes)), dtype(type), contiguous(true), shape(sizes), strides(contiguous_strides(sizes)) {
  storage.emplace(count_bytes(sizes, numel, type));
  first = storage->data();
}

Tensor::Impl::Impl(std::byte* memory, std::shared_ptr<void> keeper, const Shape& sizes, DType type)
    : first(memory),
      numel(reel::numel(sizes)),
      dtype(type),
      contiguous(true),
      shape(sizes),
      strides(contiguous_strides(sizes)) {
  storage.emplace(std::span(memory, count_bytes(sizes, numel, type)), std::move(keeper));
}

Tensor::Impl::Impl(std::shared_ptr<const Impl> whose, std::byte* from, const Shape& sizes, const Strides& steps,
                   DType type)
    : owner(std::move(whose)),
      first(from),
      numel(reel::numel(sizes)),
      dtype(type),
      contiguous(numel == 0 || is_row_major(sizes, steps)),
      shape(sizes),
      strides(steps) {}

void Tensor::note_copy(CopyWatch& watch) const {
  if (defined()) watch.note({&owner(), owner().storage->bytes()});
}

Tensor Tensor::empty(const Shape& shape, DType dtype) {
  Tensor out;
  out.impl_ = detail::make_shared_pooled<Impl>(shape, dtype);
  return out;
}

Tensor Tensor::from_blob(void* memory, const Shape& shape, DType dtype, std::shared_ptr<void> owner) {
  const auto address = reinterpret_cast<std::uintptr_t>(memory);
  require<ValueError>(address % size_of(dtype) == 0, "Tensor::from_blob", "the memory of a ", dtype,
                      " tensor must be aligned to ", size_of(dtype), " bytes, its address is ",
                      address % size_of(dtype), " past that");
  if (owner == nullptr) owner = std::shared_ptr<void>(memory, [](void*) {});  // the caller's affair
  Tensor out;
  out.impl_ = detail::make_shared_pooled<Impl>(static_cast<std::byte*>(memory), std::move(owner), shape, dtype);
  return out;
}

Tensor Tensor::full(const Shape& shape, double value, DType dtype) {
  Tensor out = empty(shape, dtype);
  out.fill(value);
  return out;
}

Tensor Tensor::arange(double start, double stop, double step, DType dtype) {
  const double steps = std::ceil((stop - start) / step);
  require<ValueError>(step != 0 && std::isfinite(steps) && steps < 0x1p62, "Tensor::arange", "from ", start, " to ",
                      stop, " by ", step, " has no length that can be counted");
  const auto n = static_cast<std::int64_t>(std::max(0.0, steps));
  Tensor out = empty({n}, dtype);
  visit_all(dtype, [&]<class T>(T) {
    T* values = out.mutable_data<T>();
    for (std::int64_t i = 0; i < n; ++i) values[i] = static_cast<T>(start + static_cast<double>(i) * step);
  });
  return out;
}

Tensor Tensor::eye(std::int64_t n, DType dtype) {
  Tensor out = zeros({n, n}, dtype);
  out.as_strided({n}, {n + 1}).fill(1);
  return out;
}

Tensor Tensor::of(std::initializer_list<double> values, const Shape& shape, DType dtype) {
  return from(std::span<const double>(values.begin(), values.size()), shape).to(dtype);
}

Tensor Tensor::of(std::initializer_list<double> values, DType dtype) {
  return of(values, {static_cast<std::int64_t>(values.size())}, dtype);
}

std::int64_t Tensor::size(std::int64_t axis) const { return shape()[normalize_axis("size", axis, rank())]; }

void Tensor::throw_other_dtype(DType wanted) const {
  throw TypeError("data", "the tensor holds ", dtype(), ", asked for ", wanted);
}

void Tensor::require_contiguous() const {
  require<ShapeError>(is_contiguous(), "span", "the tensor ", shape(), " with strides ", strides(),
                      " is not contiguous; call .contiguous() first");
}

void Tensor::throw_undefined() {
  throw ValueError("tensor", "this tensor is undefined (default-constructed or moved from)");
}

double Tensor::item() const {
  require<ShapeError>(numel() == 1, "item", "wants a tensor of one element, got shape ", shape());
  return visit_all(dtype(), [&]<class T>(T) { return static_cast<double>(*data<T>()); });
}

double Tensor::at(std::initializer_list<std::int64_t> index) const {
  require<IndexError>(static_cast<int>(index.size()) == rank(), "at", "shape ", shape(), " wants ", rank(),
                      " indices, got ", index.size());
  Tensor element = *this;
  for (const std::int64_t i : index) {
    const std::int64_t size = element.shape()[0];
    require<IndexError>(i >= -size && i < size, "at", "index ", i, " is outside axis ", rank() - element.rank(),
                        " of shape ", shape());
    element = element.select(0, i);
  }
  return element.item();
}

Tensor Tensor::contiguous() const { return is_contiguous() ? *this : clone(); }

Tensor Tensor::clone() const {
  Tensor out = empty(shape(), dtype());
  out.copy_from(*this);
  return out;
}

Tensor Tensor::to(DType wanted) const {
  if (dtype() == wanted) return *this;
  Tensor out = empty(shape(), wanted);
  out.copy_from(*this);
  return out;
}

void Tensor::fill(double value) {
  require_writable();
  kernels::fill(*this, value);
  mark_changed("fill");
}

void Tensor::copy_from(const Tensor& source) {
  require_defined("copy_from", source);
  require_writable();
  require<ShapeError>(expands(source.shape(), shape()), "copy_from", "a source of shape ", source.shape(),
                      " does not expand to ", shape());
  kernels::copy(*this, (shares_memory_with(source) ? source.clone() : source).expand(shape()));
  mark_changed("copy_from");
}

void Tensor::require_unchanged() const {
  const Storage& memory = *owner().storage;
  require<AutogradError>(memory.is_readable(), detail::reader.name, "its backward needs the ", dtype(), ' ', shape(),
                         " that it was recorded with, but ", memory.changed_by(),
                         " changed it in place since; change it after the backward, or let the op have a clone()");
}

void Tensor::require_writable() const {
  for (int i = 0; i < rank(); ++i) {
    require<ValueError>(shape()[i] <= 1 || strides()[i] != 0, "write", "axis ", i, " of shape ", shape(),
                        " repeats one element (it was expanded); clone() the tensor before writing to it");
  }
}

void require_same_dtype(std::string_view op, const Tensor& a, const Tensor& b) {
  require_defined(op, a);
  require_defined(op, b);
  require<TypeError>(a.dtype() == b.dtype(), op, "operands have dtypes ", a.dtype(), " and ", b.dtype(),
                     "; convert one of them with .to(...)");
}

}  // namespace reel
