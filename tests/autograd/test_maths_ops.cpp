#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <reel/autograd/ops/arithmetic.h>
#include <reel/autograd/ops/einsum.h>
#include <reel/autograd/ops/reduce.h>
#include <reel/autograd/ops/scan.h>
#include <reel/autograd/ops/sort.h>
#include <reel/autograd/ops/unary.h>
#include <reel/autograd/tape.h>
#include <reel/core/kernels/matmul.h>
#include <reel/core/random.h>
#include <tests/autograd/errors.h>
#include <tests/op_table.h>
#include <tests/threads.h>

// Functions, powers, bounds, running totals, order and sums of products: gradients of two orders, values at the ends of
// the number line, errors.

using namespace reel;
using namespace reel::testing;
using In = std::vector<Variable>;

namespace {

constexpr double inf = std::numeric_limits<double>::infinity();
constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();

struct Unary {
  const char* name;
  Variable (*op)(const Variable&);
  double low = -2, high = 2;  // where it is smooth
};

const std::vector<Unary> functions{
    {"square", square},
    {"exp2", exp2},
    {"expm1", expm1},
    {"log2", log2, 0.5},
    {"log10", log10, 0.5},
    {"log1p", log1p, -0.5},
    {"rsqrt", rsqrt, 0.5},
    {"reciprocal", reciprocal, 0.5},
    {"tan", tan, -1, 1},
    {"asin", asin, -0.9, 0.9},
    {"acos", acos, -0.9, 0.9},
    {"atan", atan},
    {"sinh", sinh},
    {"cosh", cosh},
    {"asinh", asinh},
    {"acosh", acosh, 1.2, 3},
    {"atanh", atanh, -0.9, 0.9},
    {"erfc", erfc},
};
const std::vector<Unary> stairs{{"sign", sign},   {"floor", floor}, {"ceil", ceil},
                                {"round", round}, {"trunc", trunc}, {"frac", frac}};

/// The gradient of the sum of f at x.
Tensor slope(const UnaryFunction& f, const Tensor& x) {
  const Variable leaf = Variable::leaf(x);
  const Tape tape;
  return grad({f(leaf)}, {leaf}, {.grad_outputs = {Tensor::ones(f(leaf).shape(), x.dtype())}})[0].value();
}

void check_values(const Tensor& got, std::initializer_list<double> expected) {
  const Tensor wanted = Tensor::of(expected, got.dtype());
  REQUIRE(got.numel() == wanted.numel());
  for (std::int64_t i = 0; i < wanted.numel(); ++i) {
    CAPTURE(i);
    const double a = got.flatten().at({i});
    const double b = wanted.at({i});
    CHECK((std::isnan(b) ? std::isnan(a) : a == doctest::Approx(b).epsilon(1e-12)));
  }
}

}  // namespace

TEST_CASE("gradients: functions of one tensor") {
  std::vector<OpCase> table;
  for (const auto& [name, op, low, high] : functions) {
    table.push_back({name, [f = op](const In& v) { return f(v[0]); }, {{3, 4}}, low, high});
  }
  // Times x, since a slope of 0 alone would leave nothing to compare.
  for (const auto& [name, op, low, high] : stairs) {
    table.push_back({name, [f = op](const In& v) { return f(v[0] * 1.5) * v[0]; }, {{3, 5}}, low, high, true});
  }
  check_table(table);
}

TEST_CASE("gradients: functions of two tensors") {
  check_table({
      {"pow", [](const In& v) { return pow(v[0], v[1]); }, {{2, 3}, {3}}, 0.5, 2, false, true},
      {"pow of a number", [](const In& v) { return pow(2.5, v[0]); }, {{2, 3}}},
      {"pow 2", [](const In& v) { return pow(v[0], 2); }, {{2, 3}}},
      {"pow 1/2", [](const In& v) { return pow(v[0], 0.5); }, {{2, 3}}, 0.5, 2},
      {"atan2", [](const In& v) { return atan2(v[0], v[1]); }, {{2, 3}, {2, 1}}, 0.5, 2, false, true},
      {"hypot", [](const In& v) { return hypot(v[0], v[1]); }, {{2, 3}, {3}}, 0.5, 2, false, true},
      {"fmod", [](const In& v) { return fmod(v[0] * 3.1, v[1]) * v[1]; }, {{2, 3}, {3}}, 0.7, 2, true},
      {"remainder", [](const In& v) { return remainder(-3.1 * v[0], v[1]) * v[1]; }, {{2, 3}, {3}}, 0.7, 2, true},
      {"lerp", [](const In& v) { return lerp(v[0], v[1], v[2]); }, {{2, 3}, {3}, {2, 1}}, -2, 2, false, true},
      {"divide_or_zero", [](const In& v) { return divide_or_zero(v[0], v[1]); }, {{2, 3}, {3}}, 0.5, 2},
      {"clamp", [](const In& v) { return clamp(v[0], -1.03, 0.77) * v[0]; }, {{3, 4}}, -2, 2, true},
      {"clamp from below", [](const In& v) { return clamp(v[0], -0.51) * v[0]; }, {{3, 4}}, -2, 2, true},
      {"clamp from above", [](const In& v) { return clamp(v[0], {}, 0.51) * v[0]; }, {{3, 4}}, -2, 2, true},
  });
}

TEST_CASE("gradients: stddev, prod, norm and logsumexp") {
  const Tensor some = Tensor::of({1, 0, 1, 1, 0, 1, 1, 1, 0, 0, 1, 1}, {3, 4}, float64);
  std::vector<OpCase> table{
      {"stddev", [](const In& v) { return stddev(v[0], {1}); }, {{3, 4}}},
      {"stddev of all", [](const In& v) { return stddev(v[0], {}, true, 0) * v[0]; }, {{3, 4}}},
      {"prod", [](const In& v) { return prod(v[0], {1}); }, {{3, 5, 2}}},
      {"prod of all", [](const In& v) { return prod(v[0]) * v[0]; }, {{3, 2}}},
      {"prod of two axes",
       [](const In& v) {
         return prod(v[0], {0, -1}, true);
       },
       {{2, 2, 3}}},
      {"prod with zeros", [some](const In& v) { return prod(v[0] * some, {1}); }, {{3, 4}}},
      {"logsumexp", [](const In& v) { return logsumexp(v[0], {1}); }, {{3, 4, 2}}},
      {"logsumexp of two axes",
       [](const In& v) {
         return logsumexp(v[0], {0, 2}, true);
       },
       {{3, 2, 2}}},
      {"logsumexp of all", [](const In& v) { return logsumexp(v[0]) * v[0]; }, {{3, 2}}},
      {"norm 0", [](const In& v) { return norm(v[0], 0, {1}, true) * v[0]; }, {{3, 4}}, 0.5, 2},
  };
  for (const double p : {2.0, 1.0, 3.0, 1.5, 0.5, -1.5, inf, -inf}) {
    const auto of = [p](const Dims& axes) { return [=](const In& v) { return norm(v[0], p, axes); }; };
    table.push_back({concat("norm ", p), of({1}), {{3, 4}}, -2, 2, true});
    table.push_back({concat("norm of all ", p), of({}), {{2, 3}}, -2, 2, true});
  }
  table.push_back({"norm 3 with zeros", [some](const In& v) { return norm(v[0] * some, 3, {0}); }, {{3, 4}}});
  check_table(table);
}

TEST_CASE("gradients: running totals and order") {
  const Tensor some = Tensor::of({1, 0, 1, 1, 1, 1, 0, 0, 1, 1}, {2, 5}, float64);
  check_table({
      {"cumsum", [](const In& v) { return cumsum(v[0], 1) * v[0]; }, {{2, 4, 3}}},
      {"cumsum in reverse", [](const In& v) { return cumsum(v[0], -1, true) * v[0]; }, {{2, 5}}},
      {"cumprod", [](const In& v) { return cumprod(v[0], 0); }, {{5, 2}}},
      {"cumprod with zeros", [some](const In& v) { return cumprod(v[0] * some, -1); }, {{2, 5}}},
      {"cumprod of one", [](const In& v) { return cumprod(v[0], 1) * v[0]; }, {{3, 1}}},
      {"sort", [](const In& v) { return sort(v[0], 0).values * v[0]; }, {{5, 2}}, -2, 2, true},
      {"sort descending", [](const In& v) { return sort(v[0], -1, true).values * v[0]; }, {{2, 5}}, -2, 2, true},
      {"topk", [](const In& v) { return square(topk(v[0], 2, 1).values); }, {{3, 4}}, -2, 2, true},
      {"topk smallest", [](const In& v) { return square(topk(v[0], 3, 0, false).values); }, {{4, 2}}, -2, 2, true},
  });
}

TEST_CASE("gradients: einsum") {
  const auto of = [](const char* equation) { return [=](const In& v) { return einsum(equation, v); }; };
  check_table({
      {"einsum matmul", of("ij,jk->ik"), {{2, 3}, {3, 4}}},
      {"einsum attention", of("bqhd,bkhd->bhqk"), {{2, 2, 2, 3}, {2, 3, 2, 3}}},
      {"einsum three", of("ai,ijk,ak->aj"), {{2, 2}, {2, 3, 2}, {2, 2}}},
      {"einsum diagonal", of("bii,i->b"), {{2, 3, 3}, {3}}},
      {"einsum ellipsis", of("...i,...i->..."), {{2, 1, 3}, {4, 3}}},
      {"einsum of itself",
       [](const In& v) {
         return einsum("ij,kj->ik", {v[0], v[0]});
       },
       {{2, 3}}},
      {"einsum size 1", of("ij,jk->ik"), {{2, 1}, {3, 2}}},
      {"outer", [](const In& v) { return outer(v[0], v[1]); }, {{3}, {2}}},
      {"dot", [](const In& v) { return dot(v[0], v[1]); }, {{4}, {4}}},
  });
}

TEST_CASE("slopes where formulas have none are PyTorch's") {
  const auto at = [](std::initializer_list<double> x) { return Tensor::of(x, float64); };
  check_values(slope([](const Variable& x) { return clamp(x, -1, 1); }, at({-1, 1, 0, 2, not_a_number})),
               {1, 1, 1, 0, 0});
  for (const double p : {0.0, 0.5, 1.0, 1.5, 2.0, 3.0, -1.0, inf, -inf}) {
    CAPTURE(p);
    check_values(slope([p](const Variable& x) { return norm(x, p); }, at({0, 0})), {0, 0});
  }
  check_values(slope([](const Variable& x) { return norm(x, -1); }, at({0, 1, -2})), {0, 0, 0});
  check_values(slope([](const Variable& x) { return norm(x, inf); }, at({2, 1, -2})), {0.5, 0, -0.5});
  check_values(slope([](const Variable& x) { return stddev(x); }, at({2, 2, 2})), {0, 0, 0});
  check_values(slope([](const Variable& x) { return prod(x); }, at({2, 0, 3})), {0, 6, 0});
  check_values(slope([](const Variable& x) { return prod(x); }, at({0, 0, 3})), {0, 0, 0});
  CHECK(slope([](const Variable& x) { return prod(x, {1}); }, Tensor::zeros({2, 0})).shape() == Shape{2, 0});
  const Tensor exponents = at({0, 1, 2, 0, 0});
  check_values(slope([&](const Variable& x) { return pow(x, exponents); }, at({0, 0, 0, not_a_number, 2})),
               {0, 1, 0, 0, 0});
  const Tensor bases = at({0, 0, 0, 2});
  check_values(slope([&](const Variable& x) { return pow(bases, x); }, at({0, 1, 2, 0})), {0, 0, 0, std::log(2.0)});
  const Tensor origin = at({0, 1, 0});
  check_values(slope([&](const Variable& x) { return atan2(x, origin); }, at({0, 0, 1})), {0, 1, 0});
  check_values(slope([](const Variable& x) { return logsumexp(x); }, at({-inf, 0, 0})), {0, 0.5, 0.5});
  const Tensor weights = at({10, 20, 30});
  check_values(slope([&](const Variable& x) { return sort(x).values * weights; }, at({3, 1, 2})), {30, 10, 20});
}

TEST_CASE("the larger and the smaller of whole numbers are chosen as those of floats are, without a gradient") {
  const Variable a = Tensor::of({1, 5, -3}, int64), b = Tensor::of({4, 2, -3}, int64);
  CHECK(same_bits(maximum(a, b).value(), Tensor::of({4, 5, -3}, int64)));
  CHECK(same_bits(minimum(a, b).value(), Tensor::of({1, 2, -3}, int64)));
}

TEST_CASE("einsum takes Tensors, and matmul's numbers come out") {
  const Tensor a = normal({5, 6});
  const Tensor b = normal({6, 7});
  CHECK(all(eq(einsum("ij,jk", {a, b}).value(), matmul(a, b))).item() == 1);
  CHECK(einsum("ij->ji", {a}).value().shares_memory_with(a));
  CHECK(einsum("i,i->", {Tensor::zeros({0}), Tensor::zeros({0})}).item() == 0);
  CHECK(einsum("ij,jk->ik", {Tensor::ones({2, 0}), Tensor::ones({0, 3})}).shape() == Shape{2, 3});
  CHECK(einsum(",->", {Tensor::scalar(2), Tensor::scalar(3)}).item() == 6);
}

TEST_CASE("op errors: einsum") {
  const auto of = [](const char* equation, std::vector<Variable> operands) {
    return [=] { static_cast<void>(einsum(equation, operands)); };
  };
  check_errors({
      {of("ij,jk->ik", {zeros({2, 3})}), {"ValueError: einsum: ", "\"ij,jk->ik\"", "2 tensors, got 1"}},
      {of("", {}), {"ValueError: einsum: ", "no tensors"}},
      {of("ij", {zeros({2})}), {"ShapeError: einsum: ", "2 axes", "operand 0", "[2]"}},
      {of("ij...", {zeros({2})}), {"ShapeError: einsum: ", "2 axes or more", "[2]"}},
      {of("ij,jk->ik", {zeros({2, 3}), zeros({4, 5})}),
       {"ShapeError: einsum: ", "axis j of size 3 in operand 0", "size 4 in operand 1"}},
      {of("ii", {zeros({2, 3})}), {"ShapeError: einsum: ", "axis i of size 2 in operand 0", "3 in operand 0"}},
      {of("ii", {zeros({1, 3})}), {"ShapeError: einsum: ", "axis i of size 1", "3"}},
      {of("j,jj", {zeros({3}), zeros({3, 1})}), {"ShapeError: einsum: ", "size 3 in operand 0", "size 1 in operand 1"}},
      {of("ij->ik", {zeros({2, 3})}), {"ValueError: einsum: ", "k behind the arrow alone"}},
      {of("ij->ii", {zeros({2, 3})}), {"ValueError: einsum: ", "i twice behind the arrow"}},
      {of("i1", {zeros({2, 3})}), {"ValueError: einsum: ", "has 1 where a letter"}},
      {of("i..", {zeros({2, 3})}), {"ValueError: einsum: ", "has . where a letter"}},
      {of("......", {zeros({2, 3})}), {"ValueError: einsum: ", "one ellipsis"}},
      {of("i->i->i", {zeros({2})}), {"ValueError: einsum: ", "where a letter"}},
      {of("i,i", {zeros({2}), zeros({2}, float64)}), {"TypeError: einsum: ", "float32", "float64"}},
      {of("i", {zeros({2}, int64)}), {"TypeError: einsum: ", "int64"}},
      {of("i", {Variable()}), {"ValueError: einsum: ", "undefined"}},
      {call([] {
         return outer(zeros({2, 3}), zeros({3}));
       }),
       {"ShapeError: einsum: ", "[2, 3]"}},
  });
}

TEST_CASE("op errors: functions, running totals and order") {
  for (const auto* table : {&functions, &stairs}) {
    for (const auto& [name, op, low, high] : *table) {
      const auto f = op;
      const bool takes_int64 = std::string(name) == "sign" || std::string(name) == "square";
      check_errors({{call([f] { return f(zeros({2}, uint8)); }), {concat("TypeError: ", name, ": "), "uint8"}},
                    {call([f] { return f(Variable()); }), {concat("ValueError: ", name, ": "), "undefined"}}});
      if (!takes_int64) check_error(call([f] { return f(zeros({2}, int64)); }), {concat("TypeError: ", name, ": ")});
    }
  }
  const Variable two = zeros({2, 3});
  check_errors({
      {call([=] { return pow(two, zeros({4})); }), {"ShapeError: pow: ", "[2, 3]", "[4]"}},
      {call([=] { return pow(two, zeros({3}, float64)); }), {"TypeError: pow: ", "float32 and float64"}},
      {call([=] { return atan2(two, zeros({3}, float64)); }), {"TypeError: atan2: ", "float64"}},
      {call([=] { return hypot(two, zeros({2})); }), {"ShapeError: hypot: ", "[2]"}},
      {call([=] { return fmod(two, zeros({2})); }), {"ShapeError: fmod: ", "[2]"}},
      {call([=] { return remainder(zeros({2}, int64), zeros({2}, int64)); }), {"TypeError: remainder: ", "int64"}},
      {call([=] { return clamp(two, {}); }), {"ValueError: clamp: ", "a lower bound, an upper one or both"}},
      {call([=] { return clamp(zeros({2}, boolean), 0); }), {"TypeError: clamp: ", "bool"}},
      {call([=] { return clamp(zeros({2}, int64), 0.5); }), {"TypeError: scalar: ", "0.5 is no int64"}},
      {call([=] { return stddev(two, {2}); }), {"IndexError: stddev: ", "axis 2"}},
      {call([=] {
         return prod(two, {0, 0});
       }),
       {"IndexError: prod: ", "twice"}},
      {call([=] { return prod(zeros({2}, boolean)); }), {"TypeError: prod: ", "bool"}},
      {call([=] { return norm(two, 3, {2}); }), {"IndexError: norm: ", "axis 2"}},
      {call([=] {
         return norm(two, inf, {0, 0});
       }),
       {"IndexError: norm: ", "twice"}},
      {call([=] { return norm(zeros({2}, int64)); }), {"TypeError: norm: ", "int64"}},
      {call([=] { return norm(zeros({0}), inf); }), {"ShapeError: max: ", "[0]"}},
      {call([=] { return logsumexp(two, {-3}); }), {"IndexError: logsumexp: ", "axis -3"}},
      {call([=] { return logsumexp(zeros({2}, int64)); }), {"TypeError: logsumexp: ", "int64"}},
      {call([=] { return cumsum(two, 2); }), {"IndexError: cumsum: ", "axis 2"}},
      {call([=] { return cumprod(zeros({2}, uint8), 0); }), {"TypeError: cumprod: ", "uint8"}},
      {call([=] { return sort(two, 2); }), {"IndexError: sort: ", "axis 2"}},
      {call([=] { return sort(Variable()); }), {"ValueError: sort: ", "undefined"}},
      {call([=] { return topk(two, 4); }), {"ValueError: topk: ", "4 of the 3 values", "axis 1", "[2, 3]"}},
      {call([=] { return topk(two, -1, 0); }), {"ValueError: topk: ", "-1 of the 2"}},
  });
}
