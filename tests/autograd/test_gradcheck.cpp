#include <doctest/doctest.h>

#include <reel/autograd/gradcheck.h>
#include <reel/autograd/ops/activation.h>
#include <reel/autograd/ops/arithmetic.h>
#include <reel/autograd/ops/matmul.h>
#include <reel/autograd/ops/reduce.h>
#include <reel/autograd/ops/view.h>
#include <reel/autograd/tape.h>
#include <reel/core/random.h>
#include <tests/autograd/errors.h>

// The judge is judged: gradient checks that pass wrong backwards are worse than none.

using namespace reel;
using namespace reel::testing;
using In = std::vector<Variable>;

namespace {

std::vector<Tensor> draw(const std::vector<Shape>& shapes) {
  Generator generator(7);
  std::vector<Tensor> inputs;
  for (const Shape& shape : shapes) inputs.push_back(uniform(shape, 0.5, 2, float64, generator));
  return inputs;
}

/// An op with the value of a * b and a backward that is to be judged.
Function product(const std::function<Gradients(const Variable&, const Variable&, const Variable&)>& backward) {
  return [backward](const In& v) {
    return record("product", {v[0], v[1]}, v[0].value() * v[1].value(),
                  [a = v[0], b = v[1], backward](const Variable& grad, const Step&) { return backward(grad, a, b); });
  };
}

/// The same for x times weight transposed.
Function dense(const std::function<Gradients(const Variable&, const Variable&, const Variable&)>& backward) {
  return [backward](const In& v) {
    return record("dense", {v[0], v[1]}, matmul(v[0], transpose(v[1], 0, 1)).value(),
                  [x = v[0], w = v[1], backward](const Variable& grad, const Step&) { return backward(grad, x, w); });
  };
}

/// The mean with a backward that spreads `scale` of the gradient.
Function scaled_mean(double scale) {
  return [scale](const In& v) {
    return record("scaled_mean", {v[0]}, mean(v[0].value()),
                  [shape = v[0].shape(), scale](const Variable& grad, const Step&) -> Gradients {
                    return {expand(grad * scale, shape)};
                  });
  };
}

/// x * sigmoid(x), as a user writes it.
Variable swish(const Variable& x) {
  return record("swish", {x}, x.value() * sigmoid(x.value()), [x](const Variable& grad, const Step&) -> Gradients {
    const Variable s = sigmoid(x);
    return {grad * (s + x * s * (1.0 - s))};
  });
}

}  // namespace

TEST_CASE("gradcheck: rejects wrong backwards") {
  struct Case {
    const char* name;
    Function op;
    std::vector<Shape> shapes;
    std::vector<std::string> parts;
  };
  const std::vector<Case> table{
      {"zeros",
       product([](const Variable& g, const Variable&, const Variable&) -> Gradients {
         return {g * 0.0, g * 0.0};
       }),
       {{3}, {3}},
       {"gradcheck: the gradient of input 0 [3] at element 0 is ", "0 by backward and "}},
      {"wrong sign",
       product([](const Variable& g, const Variable& a, const Variable& b) -> Gradients {
         return {g * b, -(g * a)};
       }),
       {{3}, {3}},
       {"input 1 [3] at element 0"}},
      {"swapped",
       product([](const Variable& g, const Variable& a, const Variable& b) -> Gradients {
         return {g * a, g * b};
       }),
       {{3}, {3}},
       {"input 0"}},
      {"only the last element wrong",
       product([](const Variable& g, const Variable& a, const Variable& b) -> Gradients {
         return {g * b, g * a * Tensor::of({1, 1, 1.001}, float64)};
       }),
       {{3}, {3}},
       {"input 1 [3] at element 2"}},
      {"a broadcast input's gradient is not summed",
       product([](const Variable& g, const Variable& a, const Variable& b) -> Gradients {
         return {g * b, g * a};
       }),
       {{4, 3}, {3}},
       {"product", "input 1", "[3]", "[4, 3]"}},
      {"of a broadcast input only the first row is taken",
       product([](const Variable& g, const Variable& a, const Variable& b) -> Gradients {
         return {g * b, select(g * a, 0, 0)};
       }),
       {{4, 3}, {3}},
       {"gradcheck", "input 1 [3] at element 0"}},
      {"a term is forgotten",
       [](const In& v) {
         return record("f", {v[0]}, v[0].value() * sigmoid(v[0].value()),
                       [x = v[0]](const Variable& g, const Step&) -> Gradients { return {g * sigmoid(x)}; });
       },
       {{3}},
       {"input 0"}},
      {"the weight is not transposed for the input's gradient",
       dense([](const Variable& g, const Variable& x, const Variable& w) -> Gradients {
         return {matmul(g, transpose(w, 0, 1)), matmul(transpose(g, 0, 1), x)};
       }),
       {{2, 3}, {3, 3}},
       {"input 0 [2, 3]"}},
      {"the weight's gradient is transposed",
       dense([](const Variable& g, const Variable& x, const Variable& w) -> Gradients {
         return {matmul(g, w), matmul(transpose(x, 0, 1), g)};
       }),
       {{2, 3}, {3, 3}},
       {"input 1 [3, 3]"}},
      {"a mean forgets to divide", scaled_mean(1), {{5}}, {"input 0 [5]"}},
      {"a mean divides by too much", scaled_mean(1.0 / 25), {{5}}, {"input 0 [5]"}},
      {"no elements", [](const In& v) { return v[0] * 2.0; }, {{0, 3}}, {"gradcheck: ", "no elements", "[0, 3]"}},
      {"depends on nothing", [](const In& v) { return Variable(v[0].value()); }, {{3}}, {"depends on no leaf"}},
  };
  for (const Case& c : table) {
    CAPTURE(c.name);
    std::vector<std::string> parts{"AutogradError: "};
    parts.insert(parts.end(), c.parts.begin(), c.parts.end());
    check_error([&] { gradcheck(c.op, draw(c.shapes)); }, parts);
    CHECK(error_of([&] { check_op(c.op, draw(c.shapes)); }) != "nothing");
  }
}

TEST_CASE("gradcheck: wants float64") {
  check_error([] { gradcheck([](const In& v) { return v[0] * 2.0; }, {Tensor::ones({2})}); },
              {"TypeError: gradcheck: ", "float64", "float32"});
}

TEST_CASE("gradgradcheck: rejects what is right in value but not differentiable") {
  const Function constant_factor = product([](const Variable& g, const Variable& a, const Variable& b) -> Gradients {
    return {g * b.value(), g * a};
  });
  const Function constant_gradient = product([](const Variable& g, const Variable& a, const Variable& b) -> Gradients {
    return {Variable(g.value() * b.value()), Variable(g.value() * a.value())};
  });
  for (const Function& op : {constant_factor, constant_gradient}) {
    const auto inputs = draw({{3}, {3}});
    CHECK_NOTHROW(gradcheck(op, inputs));
    CHECK_THROWS_AS(gradgradcheck(op, inputs), AutogradError);
    CHECK_THROWS_AS(check_op(op, inputs), AutogradError);
  }
}

TEST_CASE("check_op: rejects an op that ignores strides") {
  const Function op = [](const In& v) {
    const Tensor& x = v[0].value();
    const auto raw = std::span(x.data<double>(), static_cast<std::size_t>(x.numel()));
    return record("double", {v[0]}, Tensor::from(raw, x.shape()) * 2.0,
                  [](const Variable& grad, const Step&) -> Gradients { return {grad * 2.0}; });
  };
  const auto inputs = draw({{2, 3}});
  CHECK_NOTHROW(gradcheck(op, inputs));
  CHECK_NOTHROW(gradgradcheck([&](const In& v) { return op({v[0] * v[0]}); }, inputs));
  check_error([&] { check_op(op, inputs); }, {"AutogradError: check_op: ", "non-contiguous"});
}

TEST_CASE("check_op: rejects an op that promises to broadcast and does not") {
  const auto inputs = draw({{2, 3}, {2, 3}});
  const Function forgets_to_sum = product([](const Variable& g, const Variable& a, const Variable& b) -> Gradients {
    return {g * b, g * a};
  });
  // The right gradient of a forward that repeats elements where it should repeat rows.
  const Function wrong_forward = [](const In& v) {
    const Shape shape = v[0].shape();
    if (v[1].rank() >= shape.rank()) return v[0] * v[1];
    return v[0] * reshape(expand(unsqueeze(v[1], 1), {shape[1], shape[0]}), shape);
  };
  for (const Function& op : {forgets_to_sum, wrong_forward}) CHECK_NOTHROW(check_op(op, inputs));
  check_error([&] { check_op(forgets_to_sum, inputs, {.broadcasts = true}); },
              {"AutogradError: product: ", "input 0", "[3]", "[2, 3]"});
  check_error(
      [&] {
        check_op(wrong_forward, draw({{2, 3}, {2, 3}}), {.broadcasts = true});
      },
      {"AutogradError: check_op: ", "broadcast inputs"});
  check_error(
      [&] {
        check_op([](const In& v) { return swish(v[0]); }, draw({{2, 3}}), {.broadcasts = true});
      },
      {"ValueError: check_op: ", "two inputs", "1"});
}

TEST_CASE("check_op: accepts right ops") {
  CHECK_NOTHROW(check_op([](const In& v) { return swish(v[0]); }, draw({{2, 3}})));
  CHECK_NOTHROW(check_op([](const In& v) { return swish(v[0]); }, {Tensor::scalar(-0.7, float64)}));
  CHECK_NOTHROW(check_op(product([](const Variable& g, const Variable& a, const Variable& b) -> Gradients {
                           return {sum_to(g * b, a.shape()), sum_to(g * a, b.shape())};
                         }),
                         draw({{4, 1}, {3}}), {.broadcasts = true}));
  CHECK_NOTHROW(
      check_op([](const In& v) { return v[0] * v[1] - v[2]; }, draw({{2, 3}, {2, 3}, {}}), {.broadcasts = true}));
  CHECK_NOTHROW(check_op(dense([](const Variable& g, const Variable& x, const Variable& w) -> Gradients {
                           return {matmul(g, w), matmul(transpose(g, 0, 1), x)};
                         }),
                         draw({{2, 3}, {3, 3}})));
  CHECK_NOTHROW(check_op(scaled_mean(1.0 / 6), draw({{2, 3}})));
}

TEST_CASE("gradcheck sees a missing gradient however small it is") {
  const auto faint = [](const std::vector<Variable>& v) {
    return record("faint", {v[0]}, v[0].value() * 1e-6,
                  [](const Variable& grad, const Step&) -> Gradients { return {grad * 0.0}; });
  };
  CHECK_THROWS_AS(gradcheck(faint, {Tensor::of({1, -2, 3}, float64)}), AutogradError);
}
