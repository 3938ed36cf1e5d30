#pragma once

#include <cstddef>
#include <initializer_list>
#include <memory>
#include <optional>
#include <ostream>
#include <reel/core/copy_watch.h>
#include <reel/core/dtype.h>
#include <reel/core/shape.h>
#include <reel/core/storage.h>
#include <span>
#include <string>

namespace reel {

/// Numbers: a dtype, a shape, strides and a shared storage. A Tensor is a handle: copies and views share memory, as in
/// NumPy and PyTorch, and `clone()` makes an independent one. It knows nothing of gradients (see Variable).
class Tensor {
 public:
  /// An undefined tensor; everything but `defined()` and assignment throws.
  Tensor() = default;
  /// Handles of the same memory:
  Tensor(const Tensor& other) : impl_(other.impl_) {
    if (CopyWatch* watch = CopyWatch::current(); watch != nullptr) [[unlikely]]
      note_copy(*watch);
  }
  Tensor(Tensor&&) noexcept = default;
  Tensor& operator=(const Tensor&) = default;
  Tensor& operator=(Tensor&&) noexcept = default;
  ~Tensor() = default;
  /// Not initialised. Throws ShapeError for a negative size.
  static Tensor empty(const Shape& shape, DType dtype = float32);
  /// All elements `value`, 0 or 1. Throw ShapeError for a negative size:
  static Tensor full(const Shape& shape, double value, DType dtype = float32);
  static Tensor zeros(const Shape& shape, DType dtype = float32) { return full(shape, 0, dtype); }
  static Tensor ones(const Shape& shape, DType dtype = float32) { return full(shape, 1, dtype); }
  /// Shape [].
  static Tensor scalar(double value, DType dtype = float32) { return full({}, value, dtype); }
  /// start, start + step, ... below (for a negative step: above) stop.
  static Tensor arange(double start, double stop, double step = 1, DType dtype = float32);
  /// The identity matrix [n, n].
  static Tensor eye(std::int64_t n, DType dtype = float32);
  /// A copy of `values` in row-major order. Throws ShapeError where their number is not that of the shape.
  template <class T>
  static Tensor from(std::span<const T> values, const Shape& shape);
  /// `Tensor::of({1, 2, 3, 4}, {2, 2})`; the dtype converts the values.
  static Tensor of(std::initializer_list<double> values, const Shape& shape, DType dtype = float32);
  /// Of rank 1.
  static Tensor of(std::initializer_list<double> values, DType dtype = float32);

  /// A row-major tensor in memory from elsewhere, without a copy: `owner` keeps it alive, or is null where the caller
  /// does. See torch::from_blob. Throws ShapeError for a negative size, and ValueError for memory that is not aligned
  /// to the size of the dtype.
  ///
  ///     const auto frame = std::make_shared<std::vector<float>>(height * width);
  ///     const Tensor image = Tensor::from_blob(frame->data(), {height, width}, float32, frame);
  static Tensor from_blob(void* memory, const Shape& shape, DType dtype, std::shared_ptr<void> owner = {});

  /// False for a default-constructed one, and for one that was moved from.
  [[nodiscard]] bool defined() const { return impl_ != nullptr; }
  /// Sizes of the axes, [N, C, H, W] of images; strides in elements; what the elements are; how many axes there are:
  [[nodiscard]] const Shape& shape() const { return impl().shape; }
  [[nodiscard]] const Strides& strides() const { return impl().strides; }
  [[nodiscard]] DType dtype() const { return impl().dtype; }
  [[nodiscard]] int rank() const { return shape().rank(); }
  /// The size of an axis; negative axes count from the end. Throws IndexError.
  [[nodiscard]] std::int64_t size(std::int64_t axis) const;

  /// How many elements there are, how many bytes they take, and whether they lie in row-major order without gaps:
  [[nodiscard]] std::int64_t numel() const { return impl().numel; }
  [[nodiscard]] std::size_t nbytes() const { return static_cast<std::size_t>(numel()) * size_of(dtype()); }
  [[nodiscard]] bool is_contiguous() const { return impl().contiguous; }
  /// True where no other Tensor shares the memory, so that it may be written over.
  [[nodiscard]] bool is_sole_owner() const {
    // The owner's count tells of its views, too.
    return impl().owner == nullptr ? impl_.use_count() == 1 : impl_.use_count() == 1 && impl_->owner.use_count() == 1;
  }
  /// Tells one storage from another.
  [[nodiscard]] const void* memory() const { return &*owner().storage; }
  /// True where both are views of one storage.
  [[nodiscard]] bool shares_memory_with(const Tensor& other) const { return memory() == other.memory(); }

  /// The first element. Elements lie at `strides()`. Throws TypeError where T is not the dtype. mutable_data() counts
  /// as a change in place where somebody else holds the memory too, which is all that is seen of writes by pointer:
  template <class T>
  [[nodiscard]] const T* data() const {
    require_readable();
    return reinterpret_cast<const T*>(raw(dtype_of<T>()));
  }
  template <class T>
  [[nodiscard]] T* mutable_data() {
    std::byte* first = raw(dtype_of<T>());
    mark_changed("mutable_data");
    return reinterpret_cast<T*>(first);
  }
  /// The first element's address, whatever the dtype.
  [[nodiscard]] std::byte* bytes() const {
    require_readable();
    return impl_->first;
  }
  /// All elements of a contiguous tensor. Throws ShapeError for one that is not.
  template <class T>
  [[nodiscard]] std::span<const T> span() const {
    require_contiguous();
    return {data<T>(), static_cast<std::size_t>(numel())};
  }
  /// The value of a tensor with one element, converted. Throws ShapeError for any other.
  [[nodiscard]] double item() const;
  /// One element, converted: `t.at({0, 2})`. Negative indices count from the end. Throws IndexError.
  [[nodiscard]] double at(std::initializer_list<std::int64_t> index) const;

  // Views: they share memory. Axes may be negative. Bad ones throw ShapeError or IndexError.

  /// Same elements in row-major order, new shape; one size may be -1. Copies only where no view can do it.
  [[nodiscard]] Tensor reshape(const Shape& wanted) const;
  /// Makes axes start..end into one: the [N, C, H, W] of a conv net into [N, C*H*W] by `flatten(1)`.
  [[nodiscard]] Tensor flatten(std::int64_t start = 0, std::int64_t end = -1) const;
  /// With two axes exchanged.
  [[nodiscard]] Tensor transpose(std::int64_t axis_a, std::int64_t axis_b) const;
  /// Axis i of the result is axis `order[i]` of this.
  [[nodiscard]] Tensor permute(const Dims& order) const;
  /// `length` indices of `axis` from `start` on.
  [[nodiscard]] Tensor narrow(std::int64_t axis, std::int64_t start, std::int64_t length) const;
  /// Indices start, start + step, ... before stop; out-of-range bounds are clamped and negative ones count from the
  /// end, as in Python. step >= 1.
  [[nodiscard]] Tensor slice(std::int64_t axis, std::int64_t start, std::int64_t stop, std::int64_t step = 1) const;
  /// One index of `axis`, which disappears.
  [[nodiscard]] Tensor select(std::int64_t axis, std::int64_t index) const;
  /// The same along the first axis: `images[3]`.
  [[nodiscard]] Tensor operator[](std::int64_t index) const { return select(0, index); }
  /// Repeats axes of size 1 (and new leading ones) without copying; -1 keeps a size.
  [[nodiscard]] Tensor expand(const Shape& wanted) const;
  /// Drops one axis of size 1, or all of them.
  [[nodiscard]] Tensor squeeze(std::optional<std::int64_t> axis = {}) const;
  /// With a new axis of size 1 at place `axis`.
  [[nodiscard]] Tensor unsqueeze(std::int64_t axis) const;
  /// A view with any shape, strides and offset (in elements, from this view's first element). Throws ShapeError where
  /// that would reach outside the storage.
  [[nodiscard]] Tensor as_strided(const Shape& sizes, const Strides& steps, std::int64_t offset = 0) const;

  /// This, or a row-major copy where this is not row-major.
  [[nodiscard]] Tensor contiguous() const;
  /// A row-major copy.
  [[nodiscard]] Tensor clone() const;
  /// A copy of another dtype (this, where it has it already). Floats are truncated towards zero, as in C++; everything
  /// but 0 becomes true.
  [[nodiscard]] Tensor to(DType wanted) const;

  // In place: every view of the memory sees it.

  /// Makes all elements `value`.
  void fill(double value);
  /// Takes over the values of `source`, broadcast to this shape and converted to this dtype. The source may overlap.
  /// Both throw ValueError for an expanded view. Throws ShapeError where the shapes do not fit.
  void copy_from(const Tensor& source);
  /// Names what wrote to the memory through mutable_data(), for the error of a backward that needed the old values.
  /// `by` is a literal.
  void mark_changed(const char* by) {
    if (!is_sole_owner()) [[unlikely]] {
      owner().storage->mark_changed(by);
    }
  }

 private:
  struct Impl {
    std::optional<Storage> storage;     // of a view: none
    std::shared_ptr<const Impl> owner;  // of a view: whose storage it looks into
    std::byte* first;
    std::int64_t numel;
    DType dtype;
    bool contiguous;
    Shape shape;
    Strides strides;

    Impl(const Shape& sizes, DType type);
    Impl(std::byte* memory, std::shared_ptr<void> keeper, const Shape& sizes, DType type);
    Impl(std::shared_ptr<const Impl> whose, std::byte* from, const Shape& sizes, const Strides& steps, DType type);
  };

  [[nodiscard]] const Impl& owner() const { return impl().owner == nullptr ? impl() : *impl().owner; }
  [[nodiscard]] Tensor view(const Shape& shape, const Strides& strides, std::int64_t offset = 0) const;
  [[nodiscard]] const Impl& impl() const {
    if (impl_ == nullptr) [[unlikely]] {
      throw_undefined();
    }
    return *impl_;
  }
  [[noreturn]] static void throw_undefined();
  void note_copy(CopyWatch& watch) const;
  [[nodiscard]] std::byte* raw(DType wanted) const {
    if (impl().dtype != wanted) [[unlikely]] {
      throw_other_dtype(wanted);
    }
    return impl_->first;
  }
  [[noreturn]] void throw_other_dtype(DType wanted) const;
  /// Throws AutogradError where this thread reads as of a time at which this was another value.
  void require_readable() const {
    if (owner().storage->changed_at() > detail::reader.since) [[unlikely]] {
      require_unchanged();
    }
  }
  void require_unchanged() const;
  void require_contiguous() const;
  void require_writable() const;

  std::shared_ptr<const Impl> impl_;
};

/// Prints as NumPy does: nested brackets, aligned columns, the middle of long axes left out; then shape and dtype.
std::ostream& operator<<(std::ostream& out, const Tensor& tensor);
/// The same as a string.
[[nodiscard]] std::string to_string(const Tensor& tensor);

/// Throws ValueError for a tensor that is undefined.
inline void require_defined(std::string_view op, const Tensor& a) {
  require<ValueError>(a.defined(), op, "got an undefined tensor (default-constructed or moved from)");
}
/// Throws TypeError unless both have the same dtype, and ValueError where one is undefined.
void require_same_dtype(std::string_view op, const Tensor& a, const Tensor& b);

template <class T>
Tensor Tensor::from(std::span<const T> values, const Shape& shape) {
  require<ShapeError>(static_cast<std::int64_t>(values.size()) == reel::numel(shape), "Tensor::from", "shape ", shape,
                      " holds ", reel::numel(shape), " values, got ", values.size());
  Tensor out = empty(shape, dtype_of<T>());
  std::copy(values.begin(), values.end(), out.mutable_data<T>());
  return out;
}

}  // namespace reel
