#include <doctest/doctest.h>

#include <cmath>
#include <reel/autograd/ops/activation.h>
#include <reel/autograd/ops/arithmetic.h>
#include <reel/autograd/ops/pool.h>
#include <reel/autograd/ops/reduce.h>
#include <reel/autograd/tape.h>
#include <tests/autograd/errors.h>
#include <tests/note.h>

using namespace reel;
using namespace reel::testing;

namespace {

Variable vector(std::initializer_list<double> values) { return Variable::leaf(Tensor::of(values, float64)); }

/// f, f', f'', ... at x, each by differentiating the one before.
std::vector<double> derivatives(const std::function<Variable(const Variable&)>& f, double at, int order) {
  const Variable x = Variable::leaf(Tensor::scalar(at, float64));
  const Tape tape;
  Variable y = f(x);
  std::vector<double> values{y.item()};
  for (int i = 0; i < order; ++i) {
    y = grad({y}, {x}, {.create_graph = true})[0];
    values.push_back(y.item());
  }
  return values;
}

}  // namespace

TEST_CASE("grad: of leaves and of what was recorded, without touching grad() or the tape") {
  const Variable x = vector({1, 2});
  const Variable unrelated = vector({1, 1, 1});
  Tape tape;
  const Variable y = x * x;
  const Variable z = exp(y);
  const Variable loss = sum(y * 3.0);
  const std::size_t size = tape.size();
  const auto g = grad({loss}, {x, y, loss, z, unrelated});
  REQUIRE(g.size() == 5);
  CHECK(g[0].value().at({1}) == 12);
  CHECK(g[1].value().at({1}) == 3);
  CHECK(g[2].item() == 1);
  CHECK(g[3].shape() == Shape{2});  // recorded, but the loss does not depend on it
  CHECK(sum(abs(g[3])).item() == 0);
  CHECK(g[4].shape() == Shape{3});
  CHECK(g[4].dtype() == float64);
  CHECK(sum(abs(g[4])).item() == 0);
  // A forgotten Variable::leaf is no gradient of zeros.
  CHECK_THROWS_AS(static_cast<void>(grad({loss}, {Variable(Tensor::ones({4}))})), AutogradError);
  CHECK_FALSE(x.grad().defined());
  CHECK(tape.size() == size);
  tape.backward(loss);
  CHECK(x.grad().at({1}) == 12);
}

TEST_CASE("grad: a cast hands the gradient back in the dtype that it came from, at every order") {
  for (const auto& [from, into] : {std::pair{float32, float64}, {float64, float32}}) {
    const auto noted = note(from);
    const Variable x = Variable::leaf(Tensor::of({1, -2}, from));
    Tape tape;
    const Variable y = to(x, into);
    CHECK(y.dtype() == into);
    const Variable cubes = sum(y * y * y);
    const Variable first = grad({cubes}, {x}, {.create_graph = true})[0];
    CHECK(first.dtype() == from);
    CHECK(first.value().at({0}) == 3);
    CHECK(first.value().at({1}) == 12);
    const Variable second = grad({sum(first)}, {x})[0];
    CHECK(second.dtype() == from);
    CHECK(second.value().at({1}) == -12);
    tape.backward(cubes);
    CHECK(x.grad().dtype() == from);
    CHECK(x.grad().at({1}) == 12);
  }
}

TEST_CASE("grad: several outputs, with gradients to start from") {
  const Variable x = vector({1, 2});
  const Tape tape;
  const Variable y = x * x;
  const Variable z = sum(x) * 5.0;
  const auto g = grad({y, z, z}, {x}, {.grad_outputs = {Tensor::of({1, 10}, float64), Variable(), Variable()}})[0];
  CHECK(g.value().at({0}) == 2 + 10);
  CHECK(g.value().at({1}) == 40 + 10);
}

TEST_CASE("grad: errors") {
  const Variable x = vector({1, 2});
  check_error([&] { static_cast<void>(grad({x * x}, {x})); }, {"AutogradError: grad: ", "make a Tape"});
  const Tape tape;
  const Variable y = x * x;
  check_errors({
      {[&] { static_cast<void>(grad({}, {x})); }, {"ValueError: grad: "}},
      {[&] { static_cast<void>(grad({y}, {x})); }, {"ShapeError: ", "[2]", "single element"}},
      {[&] {
         static_cast<void>(grad({y}, {x}, {.grad_outputs = {y, y}}));
       },
       {"ValueError: grad: ", "1 outputs", "2"}},
      {[&] { static_cast<void>(grad({y}, {x}, {.grad_outputs = {Tensor::ones({3}, float64)}})); },
       {"ShapeError: ", "[2]", "[3]"}},
      {[&] { static_cast<void>(grad({Variable(Tensor::scalar(1))}, {x})); }, {"AutogradError: ", "no leaf"}},
  });
}

TEST_CASE("grad: higher derivatives of functions whose derivatives are known") {
  struct Case {
    const char* name;
    std::function<Variable(const Variable&)> f;
    double at;
    std::vector<double> expected;
  };
  const double e = std::exp(1.0);
  const double t = std::tanh(0.5);
  const double u = 1 - t * t;
  const Tensor image = Tensor::of({1, 2, 4, 3}, {1, 1, 2, 2}, float64);
  const std::vector<Case> table{
      {"the largest of x^2, 2x^2, 4x^2, 3x^2, squared",
       [&](const Variable& x) { return sum(pow(max_pool2d(x * x * image, {.kernel_size = 2}), 2)); },
       1,
       {16, 64, 192, 384, 384}},
      {"x^4 by mul", [](const Variable& x) { return x * x * x * x; }, 2, {16, 32, 48, 48, 24}},
      {"x^4 by pow", [](const Variable& x) { return pow(x, 4); }, 2, {16, 32, 48, 48, 24}},
      {"x^4 by pow at 0", [](const Variable& x) { return pow(x, 4); }, 0, {0, 0, 0, 0, 24}},
      {"x^2 at 0", [](const Variable& x) { return pow(x, 2); }, 0, {0, 0, 2}},
      {"exp 2x", [](const Variable& x) { return exp(x * 2.0); }, 0.5, {e, 2 * e, 4 * e, 8 * e}},
      {"1 / x", [](const Variable& x) { return 1.0 / x; }, 2, {0.5, -0.25, 0.25, -0.375}},
      {"log", [](const Variable& x) { return log(x); }, 2, {std::log(2.0), 0.5, -0.25, 0.25}},
      {"sqrt", [](const Variable& x) { return sqrt(x); }, 4, {2, 0.25, -1.0 / 32, 3.0 / 256}},
      {"tanh", [](const Variable& x) { return tanh(x); }, 0.5, {t, u, -2 * t * u, u * (4 * t * t - 2 * u)}},
      {"sigmoid at 0", [](const Variable& x) { return sigmoid(x); }, 0, {0.5, 0.25, 0, -0.125}},
      {"softplus at 0", [](const Variable& x) { return softplus(x); }, 0, {std::log(2.0), 0.5, 0.25, 0}},
      {"erf at 0", [](const Variable& x) { return erf(x); }, 0, {0, 2 / std::sqrt(M_PI), 0, -4 / std::sqrt(M_PI)}},
      {"relu", [](const Variable& x) { return relu(x); }, 2, {2, 1}},
      {"relu at 0", [](const Variable& x) { return relu(x); }, 0, {0, 0}},
      {"abs at 0", [](const Variable& x) { return abs(x); }, 0, {0, 0}},
  };
  for (const Case& c : table) {
    CAPTURE(c.name);
    const auto got = derivatives(c.f, c.at, static_cast<int>(c.expected.size()) - 1);
    for (std::size_t i = 0; i < got.size(); ++i) {
      CAPTURE(i);
      CHECK(std::abs(got[i] - c.expected[i]) <= 1e-12 * std::max(1.0, std::abs(c.expected[i])));
    }
  }
}

TEST_CASE("grad: pow with exponent 0 has no slope, also at 0") {
  const Variable x = vector({0, 2});
  const Tape tape;
  const Variable slope = grad({sum(pow(x, 0) * x)}, {x})[0];
  CHECK(slope.value().at({0}) == 1);
  CHECK(slope.value().at({1}) == 1);
}

TEST_CASE("grad: equal extremes share the gradient") {
  const Variable x = Variable::leaf(Tensor::of({3, 1, 3, 1, 2, 1}, {2, 3}, float64));
  const Tape tape;
  const auto differs = [](const Variable& got, const Tensor& expected) {
    return sum(abs(got.value() - expected)).item();
  };
  const Variable upstream(Tensor::of({4, 5}, float64));
  CHECK(differs(grad({max(x, {1})}, {x}, {.grad_outputs = {upstream}})[0],
                Tensor::of({2, 0, 2, 0, 5, 0}, {2, 3}, float64)) == 0);
  CHECK(differs(grad({min(x)}, {x})[0], Tensor::of({0, 1, 0, 1, 0, 1}, {2, 3}, float64) / 3.0) < 1e-15);
}

TEST_CASE("grad: a Hessian-vector product") {
  const Variable x = vector({1, 2, 3});
  const Tensor v = Tensor::of({1, -1, 2}, float64);
  const Tape tape;
  const Variable total = sum(x);
  const Variable f = sum(x * x * x) + total * total;  // H = diag(6 x) + 2
  const Variable slope = grad({f}, {x}, {.create_graph = true})[0];
  const Variable product = grad({sum(slope * v)}, {x})[0];
  const std::vector<double> expected{6 * 1 + 4, 12 * -1 + 4, 18 * 2 + 4};
  for (std::int64_t i = 0; i < 3; ++i) CHECK(product.value().at({i}) == expected[static_cast<std::size_t>(i)]);
}

TEST_CASE("grad: without create_graph the gradient is a constant") {
  const Variable x = vector({1, 2});
  Tape tape;
  const Variable slope = grad({sum(x * x * x)}, {x})[0];
  check_error([&] { tape.backward(sum(slope)); }, {"AutogradError: backward: "});
  const Variable differentiable = grad({sum(x * x * x)}, {x}, {.create_graph = true})[0];
  tape.backward(sum(differentiable));
  CHECK(x.grad().at({1}) == 12);
}

TEST_CASE("grad: gradients that meet from several ways can be differentiated") {
  const Variable x = vector({2});
  const Variable w = vector({3});
  const Tape tape;
  const Variable y = x * x * w + x * w * w;  // y'x = 2 x w + w^2
  const Variable slope = grad({y}, {x}, {.create_graph = true})[0];
  const auto g = grad({slope}, {x, w});
  CHECK(g[0].item() == 6);
  CHECK(g[1].item() == 4 + 6);
}
