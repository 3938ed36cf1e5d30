#include <cmath>
#include <reel/core/kernels/elementwise.h>
#include <reel/core/kernels/loops.h>
#include <reel/core/kernels/reduce.h>
#include <type_traits>
#include <vector>

namespace reel {
namespace {

/// A run of neighbouring axes to reduce, row-major: out[o][i] = reduce over n of x[o][n][i].
struct Folded {
  Tensor values;
  std::int64_t outer = 1;
  std::int64_t n = 1;
  std::int64_t inner = 1;
};

Folded fold(const Tensor& a, int begin, int end) {
  Folded folded{.values = a.contiguous()};
  for (int i = 0; i < a.rank(); ++i) (i < begin ? folded.outer : i < end ? folded.n : folded.inner) *= a.shape()[i];
  return folded;
}

/// Reduces one run of neighbouring axes after another, the last one first, by `reduce(to, folded)`. No axes at all is
/// one empty run: the reduction then has n = 1.
template <class Reduce>
Tensor reduce_runs(std::string_view op, const Tensor& a, const Dims& axes, bool keepdim, const Reduce& reduce) {
  const auto reduced = axis_set(op, axes, a.rank());
  const auto is_reduced = [&](int axis) { return reduced[static_cast<std::size_t>(axis)]; };
  Tensor left = a;
  int end = a.rank();
  do {
    while (end > 0 && !is_reduced(end - 1)) --end;
    int begin = end;
    Shape shape = left.shape();
    while (begin > 0 && is_reduced(begin - 1)) shape[--begin] = 1;
    Tensor out = Tensor::empty(shape, a.dtype());
    reduce(out, fold(left, begin, end));
    left = out;
    end = begin;
  } while (end > 0);
  return left.reshape(reduced_shape(op, a.shape(), axes, keepdim));
}

template <class T>
using Wide = std::conditional_t<std::is_floating_point_v<T>, double, T>;

constexpr std::int64_t block = 1024;

/// The sum of up to `block` values, in 16 lanes that the compiler can keep in vector registers.
template <class T>
REEL_SIMD Wide<T> sum_block(const T* x, std::int64_t n) {
  constexpr std::int64_t width = 16;
  T lanes[width] = {};
  std::int64_t i = 0;
  for (; i + width <= n; i += width) {
    for (std::int64_t k = 0; k < width; ++k) lanes[k] += x[i + k];
  }
  Wide<T> total = 0;
  for (; i < n; ++i) total += x[i];
  for (const T lane : lanes) total += lane;
  return total;
}

template <class T>
Wide<T> sum_run(const T* x, std::int64_t n) {
  Wide<T> total = 0;
  for (std::int64_t i = 0; i < n; i += block) total += sum_block(x + i, std::min(block, n - i));
  return total;
}

/// One long run, cut into chunks whose partial sums are added in order.
template <class T>
T sum_long(const T* x, std::int64_t n) {
  constexpr std::int64_t chunk = 64 * block;
  std::vector<Wide<T>> partial(static_cast<std::size_t>((n + chunk - 1) / chunk));
  parallel_for(n, chunk, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; i += chunk) {
      partial[static_cast<std::size_t>(i / chunk)] = sum_run(x + i, std::min(chunk, end - i));
    }
  });
  Wide<T> total = 0;
  for (const Wide<T> part : partial) total += part;
  return static_cast<T>(total);
}

template <class T>
REEL_SIMD void add_row(T* __restrict total, const T* __restrict row, std::int64_t n) {
  for (std::int64_t i = 0; i < n; ++i) total[i] += row[i];
}

/// out[i] = sum over n of x[n][i] for a strip of columns: rows are added up in T by blocks, the blocks in Wide.
template <class T>
void sum_strip(T* out, const T* x, std::int64_t n, std::int64_t inner, std::int64_t width) {
  std::vector<Wide<T>> total(static_cast<std::size_t>(width));
  std::vector<T> partial(static_cast<std::size_t>(width));
  for (std::int64_t begin = 0; begin < n; begin += 64) {
    std::fill(partial.begin(), partial.end(), T{});
    for (std::int64_t r = begin; r < std::min(n, begin + 64); ++r) add_row(partial.data(), x + r * inner, width);
    for (std::size_t i = 0; i < total.size(); ++i) total[i] += partial[i];
  }
  for (std::size_t i = 0; i < total.size(); ++i) out[i] = static_cast<T>(total[i]);
}

template <class T>
void sum_folded(T* out, const Folded& f) {
  const T* x = f.values.data<T>();
  if (f.outer == 1 && f.inner == 1) {
    *out = sum_long(x, f.n);
  } else if (f.inner == 1) {
    const std::int64_t rows = std::max<std::int64_t>(1, kernels::loop_chunk / std::max<std::int64_t>(f.n, 1));
    parallel_for(f.outer, rows, [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t o = begin; o < end; ++o) out[o] = static_cast<T>(sum_run(x + o * f.n, f.n));
    });
  } else {
    constexpr std::int64_t strip = 512;
    const std::int64_t strips = (f.inner + strip - 1) / strip;
    const std::int64_t grain = std::max<std::int64_t>(1, kernels::loop_chunk / std::max<std::int64_t>(f.n * strip, 1));
    parallel_for(f.outer * strips, grain, [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t task = begin; task < end; ++task) {
        const std::int64_t o = task / strips;
        const std::int64_t i = task % strips * strip;
        sum_strip(out + o * f.inner + i, x + o * f.n * f.inner + i, f.n, f.inner, std::min(strip, f.inner - i));
      }
    });
  }
}

// `op` is whose name an error carries: mean and var are sums too.

Tensor sum_of(std::string_view op, const Tensor& a, const Dims& axes, bool keepdim) {
  require_defined(op, a);
  return visit_numbers(op, a.dtype(), [&]<class T>(T) {
    return reduce_runs(op, a, axes, keepdim,
                       [](Tensor& out, const Folded& f) { sum_folded(out.mutable_data<T>(), f); });
  });
}

Tensor mean_of(std::string_view op, const Tensor& a, const Dims& axes, bool keepdim) {
  require_defined(op, a);
  require<TypeError>(is_floating(a.dtype()), op, "wants float32 or float64, got ", a.dtype());
  const Tensor total = sum_of(op, a, axes, keepdim);
  return total / (static_cast<double>(a.numel()) / static_cast<double>(total.numel()));
}

/// out[o][i] = the first x[o][.][i] that no other beats, or its index; a NaN beats everything.
template <class T, class Better, class Write>
void select_folded(const Folded& f, const Better& better, const Write& write) {
  const T* x = f.values.data<T>();
  const std::int64_t grain = std::max<std::int64_t>(1, kernels::loop_chunk / std::max<std::int64_t>(f.n, 1));
  parallel_for(f.outer * f.inner, grain, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t at = begin; at < end; ++at) {
      const T* run = x + at / f.inner * f.n * f.inner + at % f.inner;
      std::int64_t best = 0;
      for (std::int64_t k = 1; k < f.n && run[best * f.inner] == run[best * f.inner]; ++k) {
        const T value = run[k * f.inner];
        if (better(value, run[best * f.inner]) || value != value) best = k;
      }
      write(at, best, run[best * f.inner]);
    }
  });
}

/// Every element of the result needs one to be chosen from.
void require_choice(std::string_view op, const Shape& shape, const Shape& result) {
  require<ShapeError>(numel(shape) > 0 || numel(result) == 0, op, "shape ", shape, " has no elements to choose from");
}

template <class Better>
Tensor extremum(std::string_view op, const Tensor& a, const Dims& axes, bool keepdim, const Better& better) {
  require_defined(op, a);
  require_choice(op, a.shape(), reduced_shape(op, a.shape(), axes, keepdim));
  return visit_numbers(op, a.dtype(), [&]<class T>(T) {
    return reduce_runs(op, a, axes, keepdim, [&](Tensor& out, const Folded& f) {
      T* to = out.mutable_data<T>();
      select_folded<T>(f, better, [&](std::int64_t at, std::int64_t, T value) { to[at] = value; });
    });
  });
}

}  // namespace

std::array<bool, Dims::max_rank> axis_set(std::string_view op, const Dims& axes, int rank) {
  std::array<bool, Dims::max_rank> set{};
  for (int i = 0; i < rank && axes.rank() == 0; ++i) set[static_cast<std::size_t>(i)] = true;
  for (const std::int64_t axis : axes) {
    bool& member = set[static_cast<std::size_t>(normalize_axis(op, axis, rank))];
    require<IndexError>(!member, op, "axis ", axis, " comes twice in ", axes);
    member = true;
  }
  return set;
}

Shape reduced_shape(std::string_view op, const Shape& shape, const Dims& axes, bool keepdim) {
  const auto reduced = axis_set(op, axes, shape.rank());
  Shape out;
  for (int i = 0; i < shape.rank(); ++i) {
    if (!reduced[static_cast<std::size_t>(i)]) out.push_back(shape[i]);
    else if (keepdim) out.push_back(1);
  }
  return out;
}

Tensor sum(const Tensor& a, const Dims& axes, bool keepdim) { return sum_of("sum", a, axes, keepdim); }

Tensor mean(const Tensor& a, const Dims& axes, bool keepdim) { return mean_of("mean", a, axes, keepdim); }

Tensor var(const Tensor& a, const Dims& axes, bool keepdim, std::int64_t correction) {
  const Tensor centred = a - mean_of("var", a, axes, true);
  const Tensor total = sum_of("var", centred * centred, axes, keepdim);
  const auto n = static_cast<double>(a.numel()) / static_cast<double>(total.numel());
  return total / std::max(n - static_cast<double>(correction), 0.0);
}

Tensor max(const Tensor& a, const Dims& axes, bool keepdim) {
  return extremum("max", a, axes, keepdim, [](auto x, auto y) { return x > y; });
}

Tensor min(const Tensor& a, const Dims& axes, bool keepdim) {
  return extremum("min", a, axes, keepdim, [](auto x, auto y) { return x < y; });
}

Tensor argmax(const Tensor& a, std::int64_t axis, bool keepdim) {
  require_defined("argmax", a);
  const int along = normalize_axis("argmax", axis, a.rank());
  const Shape shape = reduced_shape("argmax", a.shape(), {along}, keepdim);
  require_choice("argmax", a.shape(), shape);
  Tensor out = Tensor::empty(shape, int64);
  auto* to = out.mutable_data<std::int64_t>();
  const Folded f = fold(a, along, along + 1);
  visit_numbers("argmax", a.dtype(), [&]<class T>(T) {
    select_folded<T>(
        f, [](T x, T y) { return x > y; }, [&](std::int64_t at, std::int64_t best, T) { to[at] = best; });
  });
  return out;
}

bool all_finite(const Tensor& a) {
  // One sum finds every NaN and infinity; only a sum that overflowed by itself needs the second look.
  if (!is_floating(a.dtype()) || std::isfinite(sum(a).item())) return true;
  return sum(isfinite(a).to(int64)).item() == static_cast<double>(a.numel());
}

Tensor sum_to(const Tensor& a, const Shape& shape) {
  if (a.shape() == shape) return a;
  require<ShapeError>(broadcast_shapes("sum_to", a.shape(), shape) == a.shape(), "sum_to", "shape ", a.shape(),
                      " does not come from broadcasting ", shape);
  const int lead = a.rank() - shape.rank();
  Dims axes;
  for (int i = 0; i < a.rank(); ++i) {
    if (i < lead || shape[i - lead] != a.shape()[i]) axes.push_back(i);
  }
  return sum(a, axes, true).reshape(shape);
}

}  // namespace reel
