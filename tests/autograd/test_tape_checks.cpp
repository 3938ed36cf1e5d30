#include <doctest/doctest.h>

#include <cmath>
#include <reel/autograd/ops/arithmetic.h>
#include <reel/autograd/ops/reduce.h>
#include <reel/autograd/tape.h>
#include <reel/core/scope.h>
#include <tests/autograd/errors.h>

// The engine distrusts ops: what a backward returns is checked, and with check_finite every value is.

using namespace reel;
using namespace reel::testing;

namespace {

/// a * b with whatever backward it is given.
Variable custom(const Variable& a, const Variable& b, Backward backward) {
  return record("custom", {a, b}, a.value() * b.value(), std::move(backward));
}

}  // namespace

TEST_CASE("tape: a backward that returns what does not fit is named") {
  const Variable a = Variable::leaf(Tensor::of({1, 2, 3}, float64));
  const Variable b = Variable::leaf(Tensor::of({4, 5, 6}, float64));
  struct Case {
    Backward backward;
    std::vector<std::string> parts;
  };
  const std::vector<Case> table{
      {[](const Variable& g, const Step&) -> Gradients { return {g}; }, {"has 2 inputs", "returned 1 gradients"}},
      {[](const Variable& g, const Step&) -> Gradients {
         return {g, g, g};
       },
       {"has 2 inputs", "returned 3 gradients"}},
      {[](const Variable&, const Step&) -> Gradients { return {}; }, {"returned 0 gradients"}},
      {[](const Variable& g, const Step&) -> Gradients {
         return {g, sum(g)};
       },
       {"input 1", "float64 [3]", "float64 []"}},
      {[](const Variable& g, const Step&) -> Gradients {
         return {to(g, float32), g};
       },
       {"input 0", "float64 [3]", "float32 [3]"}},
      {[](const Variable& g, const Step&) -> Gradients {
         return {g, Variable()};
       },
       {"no gradient for input 1"}},
  };
  for (const Case& c : table) {
    const Scope scope("block.1");
    Tape tape;
    const Variable loss = sum(custom(a, b, c.backward));
    std::vector<std::string> parts{"AutogradError: custom (block.1): "};
    parts.insert(parts.end(), c.parts.begin(), c.parts.end());
    check_error([&] { static_cast<void>(grad({loss}, {a, b})); }, parts);
    check_error([&] { tape.backward(loss); }, parts);
  }
}

TEST_CASE("tape: a gradient that nobody wants may be missing or wrong") {
  const Variable a = Variable::leaf(Tensor::of({1, 2, 3}));
  const Variable constant = Tensor::of({4, 5, 6});
  for (const Variable& unwanted : {Variable(), Variable(Tensor::ones({7}))}) {
    std::vector<bool> wanted;
    Tape tape;
    tape.backward(sum(custom(a, constant, [&](const Variable& g, const Step& step) -> Gradients {
      wanted = {step.wants(0), step.wants(1)};
      return {g * constant, unwanted};
    })));
    CHECK(wanted == std::vector<bool>{true, false});
    CHECK(a.grad().at({2}) == 6);
    a.zero_grad();
  }
}

TEST_CASE("tape: a backward may ask for the shape of an input that wants a gradient, and of no other") {
  const Variable a = Variable::leaf(Tensor::of({1, 2, 3}));
  const Variable constant = Tensor::of({4, 5, 6});
  Tape tape;
  const Variable loss = sum(custom(a, constant, [](const Variable& g, const Step& step) -> Gradients {
    CHECK(step.shape(0) == Shape{3});
    return {g, sum_to(g, step.shape(1))};
  }));
  check_error([&] { tape.backward(loss); }, {"AutogradError: Step::shape: ", "input 1"});
}

TEST_CASE("tape: check_finite names the first op, and the parameter that it came from") {
  const Variable good = Variable::leaf(Tensor::of({1, 0}), "good");
  const Variable bad = Variable::leaf(Tensor::of({1, NAN}), "layer.weight");
  const Tape tape({.check_finite = true});
  const Scope scope("head");
  check_errors({
      {[&] { static_cast<void>(exp(good) * bad + good); },
       {"NumericError: mul (head): ", "input 1 [2]", "(parameter layer.weight)", "already holds"}},
      {[&] { static_cast<void>(sum(good / good)); }, {"NumericError: div (head): ", "out of finite inputs", "[2]"}},
      {[&] { static_cast<void>(log(good)); }, {"NumericError: log (head): ", "out of finite inputs", "[2]"}},
  });
  CHECK_NOTHROW(static_cast<void>(good * good));
}

TEST_CASE("tape: check_finite names the op whose backward made a NaN, its module and its place") {
  const Variable x = Variable::leaf(Tensor::of({4, 0}), "x");
  const auto halves = [](const Variable& v) {
    const Scope scope("head");
    return sqrt(v);  // finite; its slope at 0 is not
  };
  Tape tape({.check_finite = true});
  Variable loss = sum(halves(x) * 2.0);
  check_error([&] { tape.backward(loss); }, {"NumericError: sqrt (head): its backward, at place 1 of the tape",
                                             "made a NaN or an infinity", "out of a finite gradient", "input 0 [2]"});
  CHECK_FALSE(x.grad().defined());
  loss = sum(halves(x));
  check_error([&] { static_cast<void>(grad({loss}, {x})); }, {"NumericError: sqrt (head): its backward"});
  const GradOptions recorded{.create_graph = true};
  check_error([&] { static_cast<void>(grad({loss}, {x}, recorded)); },
              {"NumericError: div (head): made a NaN or an infinity"});
  const Variable y = x * 2.0;
  check_error(
      [&] {
        tape.backward(y, {.gradient = Tensor::of({1, INFINITY})});
      },
      {"NumericError: mul: the gradient for its output [2]", "started with it"});
}
