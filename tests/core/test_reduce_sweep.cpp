#include <doctest/doctest.h>

#include <algorithm>
#include <limits>
#include <numeric>
#include <reel/core/kernels/elementwise.h>
#include <reel/core/kernels/reduce.h>
#include <reel/core/kernels/scan.h>
#include <reel/core/kernels/sort.h>
#include <tests/core/random_tensors.h>

// Reductions, scans and sorts of random shapes, layouts, axes and dtypes against loops that follow the definition.

using namespace reel;
using namespace reel::testing;

namespace {

using Values = std::vector<double>;

constexpr double inf = std::numeric_limits<double>::infinity();

/// What goes into each element of a reduction, in row-major order, and where that lies.
struct Group {
  Values values;
  std::vector<std::int64_t> places;
};

std::vector<Group> groups_of(const Tensor& a, const std::vector<bool>& reduced) {
  std::int64_t count = 1;
  for (int i = 0; i < a.rank(); ++i) count *= reduced[static_cast<std::size_t>(i)] ? 1 : a.shape()[i];
  std::vector<Group> out(static_cast<std::size_t>(count));
  for (std::int64_t i = 0; i < a.numel(); ++i) {
    std::int64_t group = 0;
    std::int64_t stride = 1;
    for (std::int64_t axis = a.rank() - 1, rest = i; axis >= 0; --axis) {
      const std::int64_t size = a.size(axis);
      if (!reduced[static_cast<std::size_t>(axis)]) {
        group += rest % size * stride;
        stride *= size;
      }
      rest /= size;
    }
    out[static_cast<std::size_t>(group)].values.push_back(element(a, a.shape(), i));
    out[static_cast<std::size_t>(group)].places.push_back(i);
  }
  return out;
}

double total(const Values& v) { return std::accumulate(v.begin(), v.end(), 0.0); }
double mean_of(const Values& v) { return total(v) / static_cast<double>(v.size()); }
double variance(const Values& v) {
  const double centre = mean_of(v);
  double sum = 0;
  for (const double x : v) sum += (x - centre) * (x - centre);
  return sum / static_cast<double>(std::max<std::ptrdiff_t>(std::ssize(v) - 1, 0));
}
/// Whether x comes before y from below; a NaN comes last.
bool comes_before(double x, double y) { return x < y || (!std::isnan(x) && std::isnan(y)); }
double largest(const Values& v) { return *std::max_element(v.begin(), v.end(), comes_before); }
double smallest(const Values& v) {
  for (const double x : v) {
    if (std::isnan(x)) return x;
  }
  return *std::min_element(v.begin(), v.end());
}
double norm_of(const Values& v, double p) {
  double sum = 0;
  for (const double x : v) sum += std::pow(std::abs(x), p);
  return std::pow(sum, 1 / p);
}
std::int64_t truths(const Values& v) {
  return std::count_if(v.begin(), v.end(), [](double x) { return x != 0; });
}
double log_sum_exp(const Values& v) {
  double sum = 0;
  for (const double x : v) sum += std::exp(x);
  return std::log(sum);
}

struct Reduction {
  std::string_view name;
  Tensor (*op)(const Tensor&, const Dims&, bool);
  double (*f)(const Values&);
  enum Takes { all, numbers, floats } takes = floats;
  bool wants_some = false;        // throws for a range without elements
  std::optional<DType> out = {};  // where that isn't the input's
};

const Reduction reductions[] = {
    {"sum", sum, total, Reduction::numbers},
    {"mean", mean, mean_of},
    {"var", [](const Tensor& a, const Dims& axes, bool keep) { return var(a, axes, keep); }, variance},
    {"stddev", [](const Tensor& a, const Dims& axes, bool keep) { return stddev(a, axes, keep); },
     [](const Values& v) { return std::sqrt(variance(v)); }},
    {"max", max, largest, Reduction::numbers, true},
    {"min", min, smallest, Reduction::numbers, true},
    {"prod", prod, [](const Values& v) { return std::accumulate(v.begin(), v.end(), 1.0, std::multiplies<>()); },
     Reduction::numbers},
    {"logsumexp", logsumexp, log_sum_exp},
    {"norm 2", [](const Tensor& a, const Dims& axes, bool keep) { return norm(a, 2, axes, keep); },
     [](const Values& v) { return norm_of(v, 2); }},
    {"norm 1", [](const Tensor& a, const Dims& axes, bool keep) { return norm(a, 1, axes, keep); },
     [](const Values& v) { return norm_of(v, 1); }},
    {"norm 1.5", [](const Tensor& a, const Dims& axes, bool keep) { return norm(a, 1.5, axes, keep); },
     [](const Values& v) { return norm_of(v, 1.5); }},
    {"norm 0", [](const Tensor& a, const Dims& axes, bool keep) { return norm(a, 0, axes, keep); },
     [](const Values& v) { return static_cast<double>(truths(v)); }},
    {"norm inf", [](const Tensor& a, const Dims& axes, bool keep) { return norm(a, inf, axes, keep); },
     [](const Values& v) { return std::max(std::abs(largest(v)), std::abs(smallest(v))); }, Reduction::floats, true},
    {"any", any, [](const Values& v) { return double(truths(v) > 0); }, Reduction::all, false, boolean},
    {"all", all, [](const Values& v) { return double(truths(v) == std::ssize(v)); }, Reduction::all, false, boolean},
    {"count_nonzero", count_nonzero, [](const Values& v) { return static_cast<double>(truths(v)); }, Reduction::all,
     false, int64},
};

bool takes(const Reduction& op, DType dtype) {
  return op.takes == Reduction::all || is_floating(dtype) || (op.takes == Reduction::numbers && dtype == int64);
}

struct Config {
  Tensor a;
  std::vector<bool> reduced;
  Dims axes;
  bool keepdim;
};

Config draw(TensorDice& dice) {
  Config c{dice.numbers(dice.shape(), dice.dtype()), {}, {}, dice.one_in(2)};
  const bool is_all = dice.one_in(4);  // told by no axes at all
  for (int i = 0; i < c.a.rank(); ++i) {
    c.reduced.push_back(is_all || dice.one_in(2));
    if (c.reduced.back() && !is_all) c.axes.insert(0, dice.one_in(2) ? i : i - c.a.rank());
  }
  if (c.axes.rank() == 0) c.reduced.assign(c.reduced.size(), true);
  return c;
}

void check_reduction(const Reduction& op, const Config& c, const std::vector<Group>& groups) {
  CAPTURE(op.name);
  const bool is_empty = c.a.numel() == 0 && !groups.empty();
  if (op.wants_some && is_empty) {
    REQUIRE_THROWS_AS(static_cast<void>(op.op(c.a, c.axes, c.keepdim)), ShapeError);
    return;
  }
  const Tensor out = op.op(c.a, c.axes, c.keepdim);
  REQUIRE(out.dtype() == op.out.value_or(c.a.dtype()));
  REQUIRE(out.is_contiguous());
  Shape shape;
  for (int i = 0; i < c.a.rank(); ++i) {
    if (!c.reduced[static_cast<std::size_t>(i)]) shape.push_back(c.a.shape()[i]);
    else if (c.keepdim) shape.push_back(1);
  }
  REQUIRE(out.shape() == shape);
  REQUIRE(out.numel() == std::ssize(groups));
  for (std::int64_t i = 0; i < out.numel(); ++i) {
    const double expected = op.f(groups[static_cast<std::size_t>(i)].values);
    const double got = element(out, shape, i);
    CAPTURE(got);
    CAPTURE(expected);
    const double units = 100 + static_cast<double>(groups[static_cast<std::size_t>(i)].values.size());
    REQUIRE((is_close(got, expected, out.dtype(), units) || (std::isinf(got) && std::abs(expected) > 3e38)));
  }
}

/// Element i of a group in the place where `out`, of a's shape but for the axis, has it.
double along(const Tensor& out, const Tensor& a, std::int64_t axis, const Group& group, std::int64_t i) {
  std::int64_t rest = group.places[0];
  std::int64_t place = 0;
  std::int64_t stride = 1;
  for (std::int64_t k = a.rank() - 1; k >= 0; --k) {
    place += (k == axis ? i : rest % a.size(k)) * stride;
    stride *= out.size(k);
    rest /= a.size(k);
  }
  return element(out, out.shape(), place);
}

void check_order(const Tensor& a, std::int64_t axis, const std::vector<Group>& groups, TensorDice& dice) {
  const bool descending = dice.one_in(2);
  const std::int64_t k = dice.pick(0, a.size(axis));
  const Sorted<Tensor> sorted = sort(a, axis - a.rank(), descending);
  const Sorted<Tensor> top = topk(a, k, axis, descending);
  REQUIRE(sorted.values.shape() == a.shape());
  REQUIRE(top.indices.size(axis) == k);
  for (const Group& group : groups) {
    if (group.values.empty()) continue;
    std::vector<std::int64_t> order(group.values.size());
    std::iota(order.begin(), order.end(), 0);
    std::stable_sort(order.begin(), order.end(), [&](std::int64_t x, std::int64_t y) {
      const double left = group.values[static_cast<std::size_t>(x)];
      const double right = group.values[static_cast<std::size_t>(y)];
      return descending ? comes_before(right, left) : comes_before(left, right);
    });
    for (std::int64_t i = 0; i < a.size(axis); ++i) {
      const std::int64_t place = order[static_cast<std::size_t>(i)];
      const double value = group.values[static_cast<std::size_t>(place)];
      for (const auto* out : {&sorted, &top}) {
        if (i >= out->indices.size(axis)) continue;
        REQUIRE(along(out->indices, a, axis, group, i) == static_cast<double>(place));
        REQUIRE(is_close(along(out->values, a, axis, group, i), value, a.dtype(), 0));
      }
    }
  }
}

void check_scans(const Tensor& a, std::int64_t axis, const std::vector<Group>& groups) {
  const Tensor sums = cumsum(a, axis);
  const Tensor back = cumsum(a, axis, true);
  const Tensor products = cumprod(a, axis);
  for (const Group& group : groups) {
    double forward = 0;
    double product = 1;
    const std::int64_t n = std::ssize(group.values);
    for (std::int64_t i = 0; i < n; ++i) {
      forward += group.values[static_cast<std::size_t>(i)];
      product *= group.values[static_cast<std::size_t>(i)];
      const double rest = std::accumulate(group.values.begin() + i, group.values.end(), 0.0);
      REQUIRE(is_close(along(sums, a, axis, group, i), forward, a.dtype()));
      REQUIRE(is_close(along(products, a, axis, group, i), product, a.dtype()));
      REQUIRE(is_close(along(back, a, axis, group, i), rest, a.dtype()));
    }
  }
}

void check_places(const Tensor& a, std::int64_t axis, const std::vector<Group>& groups, bool keepdim) {
  if (a.size(axis) == 0) {
    if (!groups.empty()) REQUIRE_THROWS_AS(static_cast<void>(argmax(a, axis)), ShapeError);
    return;
  }
  const Tensor high = argmax(a, axis, keepdim);
  const Tensor low = argmin(a, axis - a.rank(), keepdim);
  for (std::size_t g = 0; g < groups.size(); ++g) {
    const Values& v = groups[g].values;
    const auto place = [&](double best) {
      const auto at = std::find_if(v.begin(), v.end(), [&](double x) { return is_close(x, best, float64, 0); });
      return static_cast<double>(at - v.begin());
    };
    const auto i = static_cast<std::int64_t>(g);
    REQUIRE(element(high, high.shape(), i) == place(largest(v)));
    REQUIRE(element(low, low.shape(), i) == place(smallest(v)));
  }
}

}  // namespace

TEST_CASE("reduction sweep against the definition") {
  TensorDice dice(20261126);
  for (int i = 0; i < sweep_size(300); ++i) {
    const Config c = draw(dice);
    CAPTURE(concat(c.a.dtype(), " ", c.a.shape(), " strides ", c.a.strides(), " axes ", c.axes));
    const auto groups = groups_of(c.a, c.reduced);
    for (const Reduction& op : reductions) {
      if (op.name == "prod" && c.a.dtype() == int64 && c.a.numel() > 16) continue;  // it may be too large
      if (takes(op, c.a.dtype())) check_reduction(op, c, groups);
      else CHECK_THROWS_AS(static_cast<void>(op.op(c.a, c.axes, c.keepdim)), Error);  // of the dtype, or the shape
    }
  }
}

TEST_CASE("sweep along axes: order, running totals and places") {
  TensorDice dice(5);
  for (int i = 0; i < sweep_size(300); ++i) {
    Shape shape = dice.shape();
    if (shape.rank() == 0 || dice.one_in(20)) shape = {dice.pick(60, 3000), 1};  // beyond what is done in a simple way
    const Tensor a = dice.numbers(shape, dice.dtype());
    const std::int64_t axis = dice.pick(0, shape.rank() - 1);
    CAPTURE(concat(a.dtype(), " ", a.shape(), " strides ", a.strides(), " axis ", axis));
    std::vector<bool> reduced(static_cast<std::size_t>(shape.rank()));
    reduced[static_cast<std::size_t>(axis)] = true;
    const auto groups = groups_of(a, reduced);
    check_order(a, axis, groups, dice);
    if (!is_floating(a.dtype()) && a.dtype() != int64) continue;
    check_places(a, axis, groups, dice.one_in(2));
    if (a.size(axis) < 60) check_scans(a, axis, groups);
  }
}
