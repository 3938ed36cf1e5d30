#include <algorithm>
#include <cmath>
#include <limits>
#include <reel/core/kernels/curves.h>
#include <reel/core/kernels/elementwise.h>
#include <reel/core/kernels/loops.h>

namespace reel {
namespace {

using kernels::map_floats;

template <class F>
Tensor number_op(std::string_view op, const Tensor& a, const Tensor& b, const F& f) {
  require_same_dtype(op, a, b);
  return visit_numbers(op, a.dtype(), [&]<class T>(T) { return kernels::zip<T, T>(op, a, b, f); });
}

template <class F>
Tensor float_op(std::string_view op, const Tensor& a, const Tensor& b, const F& f) {
  require_same_dtype(op, a, b);
  return visit_floats(op, a.dtype(), [&]<class T>(T) { return kernels::zip<T, T>(op, a, b, f); });
}

template <class F>
Tensor comparison(std::string_view op, const Tensor& a, const Tensor& b, const F& f) {
  require_same_dtype(op, a, b);
  return visit_all(a.dtype(), [&]<class T>(T) { return kernels::zip<bool, T>(op, a, b, f); });
}

template <class T>
REEL_SIMD void add_scaled_row(T* __restrict a, const T* __restrict b, T scale, std::int64_t n) {
  for (std::int64_t i = 0; i < n; ++i) a[i] += scale * b[i];
}

template <class T>
REEL_SIMD void relu_row(T* a, std::int64_t n) {
  for (std::int64_t i = 0; i < n; ++i) a[i] = a[i] < 0 ? T{0} : a[i];
}

/// The condition comes as bytes and both values are read first: so the compiler makes vectors of it instead of jumps.
template <class T>
REEL_SIMD void where_row(T* __restrict out, const std::uint8_t* c, std::int64_t step_c, const T* a, std::int64_t step_a,
                         const T* b, std::int64_t step_b, std::int64_t n) {
  const auto choose = [](std::uint8_t is_left, T left, T right) { return is_left != 0 ? left : right; };
  if (step_c == 1 && step_a == 1 && step_b == 1) {
    for (std::int64_t i = 0; i < n; ++i) out[i] = choose(c[i], a[i], b[i]);
  } else if (step_c == 1 && step_a == 1 && step_b == 0) {
    const T right = *b;
    for (std::int64_t i = 0; i < n; ++i) out[i] = choose(c[i], a[i], right);
  } else {
    for (std::int64_t i = 0; i < n; ++i) out[i] = choose(c[i * step_c], a[i * step_a], b[i * step_b]);
  }
}

}  // namespace

Tensor scalar_like(double number, const Tensor& like) {
  require<TypeError>(is_floating(like.dtype()) || number == std::trunc(number), "scalar", number, " is no ",
                     like.dtype(), "; convert the tensor with .to(float32)");
  return Tensor::scalar(number, like.dtype());
}

Tensor add(const Tensor& a, const Tensor& b) {
  return number_op("add", a, b, [](auto x, auto y) { return x + y; });
}
Tensor sub(const Tensor& a, const Tensor& b) {
  return number_op("sub", a, b, [](auto x, auto y) { return x - y; });
}
Tensor mul(const Tensor& a, const Tensor& b) {
  return number_op("mul", a, b, [](auto x, auto y) { return x * y; });
}
Tensor div(const Tensor& a, const Tensor& b) {
  require_defined("div", b);
  if (b.dtype() == int64) {  // looked for beforehand: no exception can leave a function that is compiled as clones
    const Tensor dense = b.contiguous();
    const auto values = dense.span<std::int64_t>();
    require<ValueError>(std::find(values.begin(), values.end(), 0) == values.end(), "div",
                        "an int64 is divided by zero");
  }
  return number_op("div", a, b, []<class T>(T x, T y) {
    if constexpr (std::is_integral_v<T>) {
      if (y == -1) return static_cast<T>(0 - static_cast<std::uint64_t>(x));  // the lowest int64 / -1 would trap
    }
    return x / y;
  });
}
// A NaN on either side comes through, as in PyTorch.
Tensor maximum(const Tensor& a, const Tensor& b) {
  return number_op("maximum", a, b, [](auto x, auto y) { return x > y || x != x ? x : y; });
}
Tensor minimum(const Tensor& a, const Tensor& b) {
  return number_op("minimum", a, b, [](auto x, auto y) { return x < y || x != x ? x : y; });
}
Tensor clamp(const Tensor& a, std::optional<double> low, std::optional<double> high) {
  require_defined("clamp", a);
  require<ValueError>(low || high, "clamp", "wants a lower bound, an upper one or both");
  return visit_numbers("clamp", a.dtype(), [&]<class T>(T) {
    using Limits = std::numeric_limits<T>;
    const auto bound = [&](std::optional<double> given, T none) {
      return given ? *scalar_like(*given, a).template data<T>() : none;
    };
    const T least = bound(low, Limits::has_infinity ? -Limits::infinity() : Limits::min());
    const T most = bound(high, Limits::has_infinity ? Limits::infinity() : Limits::max());
    return kernels::map<T, T>(a, [least, most](T x) {
      const T raised = x < least ? least : x;
      return raised > most ? most : raised;
    });
  });
}

Tensor pow(const Tensor& a, double exponent) {
  // What comes up most, backward too, needs no logarithm.
  if (exponent == 1) return map_floats("pow", a, [](auto x) { return x; });
  if (exponent == 2) return map_floats("pow", a, [](auto x) { return x * x; });
  if (exponent == 3) return map_floats("pow", a, [](auto x) { return x * x * x; });
  if (exponent == 0.5) return map_floats("pow", a, [](auto x) { return std::sqrt(x); });
  if (exponent == -0.5) return map_floats("pow", a, [](auto x) { return 1 / std::sqrt(x); });
  return map_floats("pow", a, [exponent]<class T>(T x) { return std::pow(x, static_cast<T>(exponent)); });
}
Tensor pow(const Tensor& a, const Tensor& exponent) {
  return float_op("pow", a, exponent, [](auto x, auto y) { return std::pow(x, y); });
}
Tensor atan2(const Tensor& y, const Tensor& x) {
  return float_op("atan2", y, x, [](auto v, auto h) { return std::atan2(v, h); });
}
Tensor hypot(const Tensor& a, const Tensor& b) {
  return float_op("hypot", a, b, [](auto x, auto y) { return std::hypot(x, y); });
}
Tensor fmod(const Tensor& a, const Tensor& b) {
  return float_op("fmod", a, b, [](auto x, auto y) { return std::fmod(x, y); });
}
Tensor remainder(const Tensor& a, const Tensor& b) {
  return float_op("remainder", a, b, [](auto x, auto y) {
    const auto rest = std::fmod(x, y);
    return rest != 0 && (rest < 0) != (y < 0) ? rest + y : rest;
  });
}

Tensor relu(const Tensor& a) {
  return map_floats("relu", a, []<class T>(T x) { return x < 0 ? T{0} : x; });
}
void relu_in_place(Tensor& a) {
  require_defined("relu", a);
  require<ShapeError>(a.is_contiguous(), "relu_in_place", "wants a contiguous tensor, got strides ", a.strides());
  visit_floats("relu", a.dtype(), [&]<class T>(T) {
    T* values = a.mutable_data<T>();
    parallel_for(a.numel(), kernels::loop_chunk,
                 [&](std::int64_t begin, std::int64_t end) { relu_row(values + begin, end - begin); });
  });
  a.mark_changed("relu_in_place");
}
Tensor leaky_relu(const Tensor& a, double slope) {
  return map_floats("leaky_relu", a, [slope]<class T>(T x) { return x < 0 ? static_cast<T>(slope) * x : x; });
}
Tensor leaky_relu_grad(const Tensor& grad, const Tensor& y, double slope) {
  require_same_dtype("leaky_relu", grad, y);
  return visit_floats("leaky_relu", grad.dtype(), [&]<class T>(T) {
    const T factor = static_cast<T>(slope);
    // Not 0 * g for a ReLU: the gradient of a dead unit is 0 even where an infinite one arrives.
    if (slope == 0) return kernels::zip<T, T>("relu", grad, y, [](T g, T v) { return v <= 0 ? T{0} : g; });
    return kernels::zip<T, T>("leaky_relu", grad, y, [factor](T g, T v) { return v <= 0 ? factor * g : g; });
  });
}
Tensor hardtanh_grad(const Tensor& grad, const Tensor& x, double low, double high) {
  require_same_dtype("hardtanh", grad, x);
  return visit_floats("hardtanh", grad.dtype(), [&]<class T>(T) {
    const T least = static_cast<T>(low);
    const T most = static_cast<T>(high);
    return kernels::zip<T, T>("hardtanh", grad, x,
                              [least, most](T g, T v) { return v <= least || v >= most ? T{0} : g; });
  });
}
Tensor gelu(const Tensor& a) { return kernels::curve("gelu", a, kernels::Curve::gelu); }

Tensor eq(const Tensor& a, const Tensor& b) {
  return comparison("eq", a, b, [](auto x, auto y) { return x == y; });
}
Tensor ne(const Tensor& a, const Tensor& b) {
  return comparison("ne", a, b, [](auto x, auto y) { return x != y; });
}
Tensor lt(const Tensor& a, const Tensor& b) {
  return comparison("lt", a, b, [](auto x, auto y) { return x < y; });
}
Tensor le(const Tensor& a, const Tensor& b) {
  return comparison("le", a, b, [](auto x, auto y) { return x <= y; });
}
Tensor gt(const Tensor& a, const Tensor& b) { return lt(b, a); }
Tensor ge(const Tensor& a, const Tensor& b) { return le(b, a); }

Tensor logical_and(const Tensor& a, const Tensor& b) {
  return comparison("logical_and", a, b, []<class T>(T x, T y) { return x != T{} && y != T{}; });
}
Tensor logical_or(const Tensor& a, const Tensor& b) {
  return comparison("logical_or", a, b, []<class T>(T x, T y) { return x != T{} || y != T{}; });
}
Tensor logical_xor(const Tensor& a, const Tensor& b) {
  return comparison("logical_xor", a, b, []<class T>(T x, T y) { return (x != T{}) != (y != T{}); });
}

Tensor where(const Tensor& condition, const Tensor& a, const Tensor& b) {
  require_defined("where", condition);
  require<TypeError>(condition.dtype() == boolean, "where", "the condition wants bool, got ", condition.dtype());
  require_same_dtype("where", a, b);
  const Shape shape = broadcast_shapes("where", condition.shape(), broadcast_shapes("where", a.shape(), b.shape()));
  const Tensor c = condition.expand(shape);
  const Tensor x = a.expand(shape);
  const Tensor y = b.expand(shape);
  Tensor out = Tensor::empty(shape, a.dtype());
  visit_all(a.dtype(), [&]<class T>(T) {
    T* to = out.mutable_data<T>();
    const auto* is_left = reinterpret_cast<const std::uint8_t*>(c.data<bool>());
    kernels::for_each_row(kernels::collapse<4>(shape, {out.strides(), c.strides(), x.strides(), y.strides()}),
                          [&](const kernels::Offsets<4>& at, const kernels::Offsets<4>& step, std::int64_t n) {
                            where_row(to + at[0], is_left + at[1], step[1], x.data<T>() + at[2], step[2],
                                      y.data<T>() + at[3], step[3], n);
                          });
  });
  return out;
}

void add_scaled(Tensor& a, const Tensor& b, double scale) {
  require<ShapeError>(a.shape() == b.shape() && a.is_contiguous(), "add_scaled", "wants a contiguous tensor of shape ",
                      b.shape(), ", got ", a.shape());
  require_same_dtype("add_scaled", a, b);
  const Tensor source = b.contiguous();
  visit_floats("add_scaled", a.dtype(), [&]<class T>(T) {
    T* to = a.mutable_data<T>();
    const T* from = source.data<T>();
    parallel_for(a.numel(), kernels::loop_chunk, [&](std::int64_t begin, std::int64_t end) {
      add_scaled_row(to + begin, from + begin, static_cast<T>(scale), end - begin);
    });
  });
  a.mark_changed("add_scaled");
}

}  // namespace reel
