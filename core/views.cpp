#include <algorithm>
#include <reel/core/blocks.h>
#include <reel/core/tensor.h>
#include <utility>

namespace reel {
namespace {

/// Replaces the one -1 of `wanted` by what is left of `elements`.
Shape infer_size(const Shape& from, std::int64_t elements, Shape wanted) {
  std::int64_t known = 1;
  int unknown = -1;
  for (int i = 0; i < wanted.rank(); ++i) {
    if (wanted[i] == -1) {
      require<ShapeError>(unknown < 0, "reshape", "shape ", wanted, " has more than one -1");
      unknown = i;
    } else {
      require<ShapeError>(wanted[i] >= 0, "reshape", "shape ", wanted, " has a negative size");
      require<ShapeError>(!__builtin_mul_overflow(known, wanted[i], &known), "reshape", "shape ", wanted,
                          " has more elements than can be counted");
    }
  }
  if (unknown >= 0 && known > 0 && elements % known == 0) {
    wanted[unknown] = elements / known;
    known = elements;
  }
  require<ShapeError>(known == elements && (unknown < 0 || wanted[unknown] >= 0), "reshape", "a tensor of shape ", from,
                      " has ", elements, " elements, which do not fit shape ", wanted);
  return wanted;
}

/// The strides that give `wanted` the same elements in the same order, or none where no view can.
/// Walks both shapes from the back and matches runs of axes that lie densely in memory.
std::optional<Strides> view_strides(const Shape& shape, const Strides& strides, const Shape& wanted) {
  Strides out = contiguous_strides(wanted);
  int to = wanted.rank() - 1;
  for (int from = shape.rank() - 1; from >= 0;) {
    const std::int64_t step = strides[from];
    std::int64_t run = shape[from--];
    while (from >= 0 && (shape[from] == 1 || strides[from] == step * run)) run *= shape[from--];
    std::int64_t taken = 1;
    while (to >= 0 && (taken < run || wanted[to] == 1)) {
      out[to] = step * taken;
      taken *= wanted[to--];
    }
    if (taken != run) return std::nullopt;
  }
  return out;
}

}  // namespace

Tensor Tensor::view(const Shape& shape, const Strides& strides, std::int64_t offset) const {
  Tensor out;
  out.impl_ = detail::make_shared_pooled<const Impl>(
      impl().owner == nullptr ? impl_ : impl().owner,
      impl().first + offset * static_cast<std::int64_t>(size_of(dtype())), shape, strides, dtype());
  return out;
}

Tensor Tensor::reshape(const Shape& wanted) const {
  const Shape shape = infer_size(this->shape(), numel(), wanted);
  if (is_contiguous()) return view(shape, contiguous_strides(shape));
  if (const auto strides = view_strides(this->shape(), this->strides(), shape)) return view(shape, *strides);
  return clone().view(shape, contiguous_strides(shape));
}

Tensor Tensor::flatten(std::int64_t start, std::int64_t end) const {
  if (rank() == 0) return reshape({1});
  const int first = normalize_axis("flatten", start, rank());
  const int last = normalize_axis("flatten", end, rank());
  require<ShapeError>(first <= last, "flatten", "axes ", start, " to ", end, " of shape ", shape(), " are no range");
  Shape merged;
  std::int64_t run = 1;
  for (int i = 0; i < rank(); ++i) {
    if (i < first || i > last) merged.push_back(shape()[i]);
    if (i >= first && i <= last) run *= shape()[i];
    if (i == last) merged.push_back(run);
  }
  return reshape(merged);
}

Tensor Tensor::transpose(std::int64_t axis_a, std::int64_t axis_b) const {
  const int a = normalize_axis("transpose", axis_a, rank());
  const int b = normalize_axis("transpose", axis_b, rank());
  Shape sizes = shape();
  Strides steps = strides();
  std::swap(sizes[a], sizes[b]);
  std::swap(steps[a], steps[b]);
  return view(sizes, steps);
}

Tensor Tensor::permute(const Dims& order) const {
  require<ShapeError>(order.rank() == rank(), "permute", "shape ", shape(), " wants ", rank(), " axes, got ", order);
  Shape sizes;
  Strides steps;
  std::array<bool, Dims::max_rank> seen{};
  for (const std::int64_t entry : order) {
    const int axis = normalize_axis("permute", entry, rank());
    require<ShapeError>(!std::exchange(seen[static_cast<std::size_t>(axis)], true), "permute", "axis ", axis,
                        " occurs twice in ", order);
    sizes.push_back(shape()[axis]);
    steps.push_back(strides()[axis]);
  }
  return view(sizes, steps);
}

Tensor Tensor::narrow(std::int64_t axis, std::int64_t start, std::int64_t length) const {
  const int a = normalize_axis("narrow", axis, rank());
  require<IndexError>(start >= 0 && length >= 0 && start <= shape()[a] - length, "narrow", "start ", start,
                      " and length ", length, " reach outside axis ", a, " of shape ", shape());
  Shape sizes = shape();
  sizes[a] = length;
  return view(sizes, strides(), length == 0 ? 0 : start * strides()[a]);
}

Tensor Tensor::slice(std::int64_t axis, std::int64_t start, std::int64_t stop, std::int64_t step) const {
  const int a = normalize_axis("slice", axis, rank());
  const std::int64_t size = shape()[a];
  require<ValueError>(step >= 1, "slice", "step must be at least 1, got ", step);
  const auto bound = [size](std::int64_t i) { return std::clamp<std::int64_t>(i < 0 ? i + size : i, 0, size); };
  const std::int64_t first = bound(start);
  const std::int64_t length = std::max<std::int64_t>(0, bound(stop) - first);
  Tensor run = narrow(a, first, length);
  Shape sizes = run.shape();
  Strides steps = run.strides();
  sizes[a] = length == 0 ? 0 : (length - 1) / step + 1;
  if (sizes[a] > 1) steps[a] *= step;  // a longer step is never taken, and might overflow
  return run.view(sizes, steps);
}

Tensor Tensor::select(std::int64_t axis, std::int64_t index) const {
  const int a = normalize_axis("select", axis, rank());
  const std::int64_t size = shape()[a];
  require<IndexError>(index >= -size && index < size, "select", "index ", index, " is outside axis ", a, " of shape ",
                      shape());
  Shape sizes = shape();
  Strides steps = strides();
  sizes.erase(a);
  steps.erase(a);
  return view(sizes, steps, (index < 0 ? index + size : index) * strides()[a]);
}

Tensor Tensor::expand(const Shape& wanted) const {
  if (wanted == shape()) return *this;
  const int lead = wanted.rank() - rank();
  require<ShapeError>(lead >= 0, "expand", "shape ", shape(), " has more axes than ", wanted);
  Shape sizes = wanted;
  Strides steps = Strides::filled(wanted.rank(), 0);
  for (int i = 0; i < rank(); ++i) {
    std::int64_t& size = sizes[lead + i];
    if (size == -1) size = shape()[i];
    require<ShapeError>(size == shape()[i] || shape()[i] == 1, "expand", "shape ", shape(), " does not expand to ",
                        wanted, ": axis ", lead + i, " has ", shape()[i], ", not 1");
    if (size == shape()[i]) steps[lead + i] = strides()[i];
  }
  for (const std::int64_t size : sizes) {
    require<ShapeError>(size >= 0, "expand", "shape ", wanted, " has a negative size, or -1 for a new axis");
  }
  return view(sizes, steps);
}

Tensor Tensor::squeeze(std::optional<std::int64_t> axis) const {
  const int only = axis ? normalize_axis("squeeze", *axis, rank()) : -1;
  Shape sizes;
  Strides steps;
  for (int i = 0; i < rank(); ++i) {
    if (shape()[i] == 1 && (only < 0 || i == only)) continue;
    sizes.push_back(shape()[i]);
    steps.push_back(strides()[i]);
  }
  return view(sizes, steps);
}

Tensor Tensor::unsqueeze(std::int64_t axis) const {
  const int a = normalize_axis("unsqueeze", axis, rank() + 1);
  Shape sizes = shape();
  Strides steps = strides();
  sizes.insert(a, 1);
  steps.insert(a, a < rank() ? shape()[a] * strides()[a] : 1);
  return view(sizes, steps);
}

Tensor Tensor::as_strided(const Shape& sizes, const Strides& steps, std::int64_t offset) const {
  require<ShapeError>(sizes.rank() == steps.rank(), "as_strided", "shape ", sizes, " and strides ", steps,
                      " differ in rank");
  const auto width = static_cast<std::int64_t>(size_of(dtype()));
  std::int64_t low = (impl().first - owner().storage->data()) / width;
  bool countable = !__builtin_add_overflow(low, offset, &low);
  std::int64_t high = low;
  for (int i = 0; i < sizes.rank(); ++i) {
    require<ShapeError>(sizes[i] >= 0, "as_strided", "shape ", sizes, " has a negative size");
    std::int64_t reach = 0;
    std::int64_t& bound = steps[i] < 0 ? low : high;
    countable = countable && !__builtin_mul_overflow(sizes[i] - 1, steps[i], &reach) &&
                !__builtin_add_overflow(bound, reach, &bound);
  }
  const auto capacity = static_cast<std::int64_t>(owner().storage->bytes()) / width;
  require<ShapeError>(reel::numel(sizes) == 0 || (countable && low >= 0 && high < capacity), "as_strided", "shape ",
                      sizes, ", strides ", steps, " and offset ", offset, " reach outside the storage's ", capacity,
                      " elements");
  return view(sizes, steps, offset);
}

}  // namespace reel
