#include <algorithm>
#include <cstdlib>
#include <reel/core/kernels/pad.h>
#include <reel/core/parallel.h>
#include <vector>

namespace reel::kernels {
namespace {

constexpr std::int64_t nowhere = -1;

/// The element of an axis of `size` that stands at i, which may lie before or after it.
std::int64_t source_of(std::int64_t i, std::int64_t size, PaddingMode mode) {
  const auto modulo = [i](std::int64_t n) { return (i % n + n) % n; };
  if (i >= 0 && i < size) return i;
  if (mode == PaddingMode::zeros) return nowhere;
  if (mode == PaddingMode::replicate) return i < 0 ? 0 : size - 1;
  if (mode == PaddingMode::circular) return modulo(size);
  const std::int64_t along = modulo(std::max<std::int64_t>(1, 2 * size - 2));  // there and back
  return std::min(along, std::max<std::int64_t>(0, 2 * size - 2 - along));
}

/// Where an axis's elements come from: [begin, end) in one piece, from `first` on, and the others one by one.
struct Axis {
  std::int64_t begin, end, first;
  std::vector<std::int64_t> sources;
};

/// A padding as rows: all axes but the last are counted through. Planes, the axes before the first that is padded, have
/// nothing in common.
struct Rows {
  Shape in, out;
  std::vector<Axis> axes;
  std::int64_t planes = 1;
  std::int64_t plane_rows = 1;  // of the output

  Rows(const Shape& shape, const Dims& amounts, PaddingMode mode) : in(shape), out(shape) {
    bool is_plain = true;
    for (int i = 0; i < shape.rank(); ++i) {
      const int pair = 2 * (shape.rank() - 1 - i);
      const std::int64_t before = pair < amounts.rank() ? amounts[pair] : 0;
      const std::int64_t after = pair < amounts.rank() ? amounts[pair + 1] : 0;
      const std::int64_t cut = std::max<std::int64_t>(0, -before);
      const std::int64_t kept = shape[i] - cut - std::max<std::int64_t>(0, -after);
      out[i] = before + shape[i] + after;
      const std::int64_t begin = std::max<std::int64_t>(0, before);
      Axis& axis = axes.emplace_back(Axis{begin, begin + kept, cut, {}});
      for (std::int64_t j = 0; j < out[i]; ++j) {
        const std::int64_t source = source_of(j - begin, kept, mode);
        axis.sources.push_back(source == nowhere ? nowhere : cut + source);
      }
      is_plain = is_plain && before == 0 && after == 0;
      if (i < shape.rank() - 1) (is_plain ? planes : plane_rows) *= out[i];
    }
  }

  /// The first element of the input's row that output row `row` comes from, or nowhere.
  [[nodiscard]] std::int64_t source_row(std::int64_t row) const {
    std::int64_t place = 0;
    std::int64_t step = in[in.rank() - 1];
    for (int i = in.rank() - 2; i >= 0; --i) {
      const std::int64_t source = axes[static_cast<std::size_t>(i)].sources[static_cast<std::size_t>(row % out[i])];
      if (source == nowhere) return nowhere;
      place += source * step;
      row /= out[i];
      step *= in[i];
    }
    return place;
  }

  /// Runs `f(begin, end)` over planes, in tasks of some 32,000 elements.
  template <class F>
  void for_some_planes(const F& f) const {
    const std::int64_t elements = std::max<std::int64_t>(1, plane_rows * out[out.rank() - 1]);
    parallel_for(planes, std::max<std::int64_t>(1, (1 << 15) / elements), f);
  }
};

void check(const Shape& shape, const Dims& amounts, PaddingMode mode) {
  require<ShapeError>(amounts.rank() % 2 == 0 && amounts.rank() <= 2 * shape.rank(), "pad",
                      "wants two amounts for each axis from the last one on, got ", amounts, " for ", shape);
  for (const std::int64_t amount : amounts) {
    require<ShapeError>(std::abs(amount / 2) < (std::int64_t{1} << 30), "pad", "amounts ", amounts,
                        " are out of bounds; they must be below 2^31");
  }
  for (int i = 0; i < amounts.rank(); i += 2) {
    const std::int64_t size = shape[shape.rank() - 1 - i / 2];
    const std::int64_t kept = size + std::min<std::int64_t>(0, amounts[i]) + std::min<std::int64_t>(0, amounts[i + 1]);
    require<ShapeError>(kept >= 0, "pad", "amounts ", amounts, " cut more off ", shape, " than there is");
    require<ShapeError>(kept > 0 || mode == PaddingMode::zeros || std::max(amounts[i], amounts[i + 1]) <= 0, "pad",
                        "mode ", mode, " has nothing to continue along an empty axis of ", shape, "; use zeros");
  }
}

/// Calls `f(j, source)` for the elements of a row that don't come in one piece.
template <class F>
void for_each_end(const Axis& axis, const F& f) {
  const auto n = static_cast<std::int64_t>(axis.sources.size());
  for (std::int64_t j = 0; j < axis.begin; ++j) f(j, axis.sources[static_cast<std::size_t>(j)]);
  for (std::int64_t j = axis.end; j < n; ++j) f(j, axis.sources[static_cast<std::size_t>(j)]);
}

template <class T>
void pad_row(const T* from, const Axis& axis, T zero, T* to) {
  std::copy_n(from + axis.first, axis.end - axis.begin, to + axis.begin);
  for_each_end(axis, [&](std::int64_t j, std::int64_t source) { to[j] = source == nowhere ? zero : from[source]; });
}

template <class T>
void add_row(const T* grad, const Axis& axis, T* to) {
  for (std::int64_t j = axis.begin; j < axis.end; ++j) to[axis.first + j - axis.begin] += grad[j];
  for_each_end(axis, [&](std::int64_t j, std::int64_t source) {
    if (source != nowhere) to[source] += grad[j];
  });
}

}  // namespace

Tensor pad(const Tensor& x, const Dims& amounts, PaddingMode mode, double zero) {
  check(x.shape(), amounts, mode);
  if (amounts.rank() == 0) return x;
  const Rows rows(x.shape(), amounts, mode);
  const Tensor source = x.contiguous();
  Tensor out = Tensor::empty(rows.out, x.dtype());
  const std::int64_t width = rows.out[x.rank() - 1];
  visit_all(x.dtype(), [&]<class T>(T) {
    const T* from = source.data<T>();
    T* to = out.mutable_data<T>();
    rows.for_some_planes([&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t row = begin * rows.plane_rows; row < end * rows.plane_rows; ++row) {
        const std::int64_t place = rows.source_row(row);
        if (place == nowhere) std::fill_n(to + row * width, width, static_cast<T>(zero));
        else pad_row(from + place, rows.axes.back(), static_cast<T>(zero), to + row * width);
      }
    });
  });
  return out;
}

Tensor pad_adjoint(const Tensor& grad, const Shape& shape, const Dims& amounts, PaddingMode mode) {
  if (amounts.rank() == 0) return grad;
  const Rows rows(shape, amounts, mode);
  const Tensor source = grad.contiguous();
  Tensor out = Tensor::zeros(shape, grad.dtype());
  const std::int64_t width = rows.out[shape.rank() - 1];
  visit_numbers("pad_adjoint", grad.dtype(), [&]<class T>(T) {
    const T* from = source.data<T>();
    T* to = out.mutable_data<T>();
    rows.for_some_planes([&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t row = begin * rows.plane_rows; row < end * rows.plane_rows; ++row) {
        const std::int64_t place = rows.source_row(row);
        if (place != nowhere) add_row(from + row * width, rows.axes.back(), to + place);
      }
    });
  });
  return out;
}

}  // namespace reel::kernels
