#include <cmath>
#include <limits>
#include <reel/core/kernels/elementwise.h>
#include <reel/core/kernels/fold.h>
#include <reel/core/kernels/loops.h>
#include <reel/core/kernels/reduce.h>
#include <vector>

namespace reel {
namespace {

using kernels::each_run;
using kernels::each_strip;
using kernels::fold;
using kernels::Folded;
using kernels::join_runs;
using kernels::reduce_runs;
using kernels::Wide;

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
    return;
  }
  each_strip(f, 512, [&](std::int64_t o, std::int64_t i, std::int64_t width) {
    const T* from = x + f.offset(o, i);
    if (f.inner == 1) out[o] = static_cast<T>(sum_run(from, f.n));
    else sum_strip(out + o * f.inner + i, from, f.n, f.inner, width);
  });
}

// `op` is whose name an error carries: mean, var and norm are sums too.

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

Tensor var_of(std::string_view op, const Tensor& a, const Dims& axes, bool keepdim, std::int64_t correction) {
  const Tensor centred = a - mean_of(op, a, axes, true);
  const Tensor total = sum_of(op, centred * centred, axes, keepdim);
  const auto n = static_cast<double>(a.numel()) / static_cast<double>(total.numel());
  return total / std::max(n - static_cast<double>(correction), 0.0);
}

/// Every element of the result needs one to be chosen from.
void require_choice(std::string_view op, const Shape& shape, const Shape& result) {
  require<ShapeError>(numel(shape) > 0 || numel(result) == 0, op, "shape ", shape, " has no elements to choose from");
}

/// The best value of all, where `better` compares two; a NaN is better than all.
template <class Better>
Tensor extremum(std::string_view op, const Tensor& a, const Dims& axes, bool keepdim, const Better& better) {
  require_defined(op, a);
  require_choice(op, a.shape(), reduced_shape(op, a.shape(), axes, keepdim));
  return visit_numbers(op, a.dtype(), [&]<class T>(T) {
    using Limits = std::numeric_limits<T>;
    const T highest = Limits::has_infinity ? Limits::infinity() : Limits::max();
    const T lowest = Limits::has_infinity ? -Limits::infinity() : Limits::min();
    const T worst = better(highest, lowest) ? lowest : highest;
    return join_runs<T>(op, a, axes, keepdim, worst,
                        [better](T best, T x) { return (better(x, best) | (x != x)) ? x : best; });
  });
}

/// The place of the first of the best.
template <class Better>
Tensor arg_extremum(std::string_view op, const Tensor& a, std::int64_t axis, bool keepdim, const Better& better) {
  require_defined(op, a);
  const int along = normalize_axis(op, axis, a.rank());
  const Tensor best = extremum(op, a, {along}, keepdim, better);
  Tensor out = Tensor::empty(best.shape(), int64);
  auto* to = out.mutable_data<std::int64_t>();
  visit_numbers(op, a.dtype(), [&]<class T>(T) {
    const T* values = best.data<T>();
    const Folded f = fold(a, along, along + 1);
    each_run<T>(f, [&](std::int64_t at, const T* run) {
      std::int64_t k = 0;
      while (run[k * f.inner] != values[at] && run[k * f.inner] == run[k * f.inner]) ++k;
      to[at] = k;
    });
  });
  return out;
}

using Flag = std::uint8_t;  // of which a vector may be written by several threads, unlike one of bool

/// Where a is not 0.
Tensor truths(std::string_view op, const Tensor& a) {
  require_defined(op, a);
  return a.dtype() == boolean ? a : ne(a, Tensor::scalar(0, a.dtype()));
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
  return var_of("var", a, axes, keepdim, correction);
}

Tensor stddev(const Tensor& a, const Dims& axes, bool keepdim, std::int64_t correction) {
  return sqrt(var_of("stddev", a, axes, keepdim, correction));
}

Tensor prod(const Tensor& a, const Dims& axes, bool keepdim) {
  require_defined("prod", a);
  return visit_numbers("prod", a.dtype(), [&]<class T>(T) {
    return join_runs<T>("prod", a, axes, keepdim, Wide<T>{1}, [](Wide<T> x, Wide<T> y) { return x * y; });
  });
}

Tensor norm(const Tensor& a, double p, const Dims& axes, bool keepdim) {
  require_defined("norm", a);
  visit_floats("norm", a.dtype(), [](auto) {});
  if (p == 0) return count_nonzero(a, axes, keepdim).to(a.dtype());
  if (p == 2) return sqrt(sum_of("norm", a * a, axes, keepdim));
  const Tensor size = abs(a);
  if (p == 1) return sum_of("norm", size, axes, keepdim);
  if (std::isinf(p)) {
    return extremum("norm", size, axes, keepdim, [p](auto x, auto y) { return p > 0 ? x > y : x < y; });
  }
  return pow(sum_of("norm", pow(size, p), axes, keepdim), 1 / p);
}

Tensor logsumexp(const Tensor& a, const Dims& axes, bool keepdim) {
  require_defined("logsumexp", a);
  visit_floats("logsumexp", a.dtype(), [](auto) {});
  const Shape kept = reduced_shape("logsumexp", a.shape(), axes, true);
  const Tensor zeros = Tensor::zeros(kept, a.dtype());
  const Tensor top = a.numel() == 0 ? zeros : max(a, axes, true);
  const Tensor shift = where(isfinite(top), top, zeros);  // infinity less infinity would be no number
  return (log(sum(exp(a - shift), axes, true)) + shift).reshape(reduced_shape("logsumexp", a.shape(), axes, keepdim));
}

Tensor max(const Tensor& a, const Dims& axes, bool keepdim) {
  return extremum("max", a, axes, keepdim, [](auto x, auto y) { return x > y; });
}

Tensor min(const Tensor& a, const Dims& axes, bool keepdim) {
  return extremum("min", a, axes, keepdim, [](auto x, auto y) { return x < y; });
}

Tensor argmax(const Tensor& a, std::int64_t axis, bool keepdim) {
  return arg_extremum("argmax", a, axis, keepdim, [](auto x, auto y) { return x > y; });
}

Tensor argmin(const Tensor& a, std::int64_t axis, bool keepdim) {
  return arg_extremum("argmin", a, axis, keepdim, [](auto x, auto y) { return x < y; });
}

Tensor any(const Tensor& a, const Dims& axes, bool keepdim) {
  return join_runs<bool>("any", truths("any", a), axes, keepdim, Flag{0}, [](Flag x, Flag y) { return Flag(x | y); });
}

Tensor all(const Tensor& a, const Dims& axes, bool keepdim) {
  return join_runs<bool>("all", truths("all", a), axes, keepdim, Flag{1}, [](Flag x, Flag y) { return Flag(x & y); });
}

Tensor count_nonzero(const Tensor& a, const Dims& axes, bool keepdim) {
  return sum_of("count_nonzero", truths("count_nonzero", a).to(int64), axes, keepdim);
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
