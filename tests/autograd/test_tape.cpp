#include <doctest/doctest.h>

#include <reel/autograd/ops/arithmetic.h>
#include <reel/autograd/ops/reduce.h>
#include <reel/autograd/tape.h>
#include <stdexcept>
#include <tests/autograd/errors.h>
#include <thread>

using namespace reel;
using namespace reel::testing;

namespace {

Variable number(double value, const std::string& name = {}) {
  return Variable::leaf(Tensor::scalar(value, float64), name);
}

/// The identity, whose backward throws.
Variable bomb(const Variable& x) {
  return record("bomb", {x}, x.value(),
                [](const Variable&, const Step&) -> Gradients { throw std::runtime_error("boom"); });
}

}  // namespace

TEST_CASE("tape: what depends on a leaf is recorded, and nothing else") {
  const Variable x = Variable::leaf(Tensor::of({2, 3}), "x");
  const Variable constant = Tensor::of({1, 1});
  Tape tape;
  CHECK((constant + constant).value().at({0}) == 2);
  CHECK(tape.size() == 0);
  const Variable y = x * constant;
  CHECK(tape.size() == 2);  // x itself, and the product
  const Variable z = y + x;
  CHECK(tape.size() == 3);
  REQUIRE(tape.leaves().size() == 1);
  CHECK(tape.leaves()[0].leaf_state().name == "x");
  CHECK(x.is_leaf());
  CHECK_FALSE(y.is_leaf());
  CHECK_FALSE(constant.is_leaf());
  check_errors({
      {[&] { static_cast<void>(z.grad()); }, {"AutogradError: grad: ", "only leaves", "Variable::leaf"}},
      {[] { Variable::leaf(Tensor::of({1}, int64)); }, {"TypeError: Variable::leaf: ", "int64"}},
      {[&] { x.set_grad(Tensor::zeros({3})); }, {"ShapeError: set_grad: ", "[2]", "[3]"}},
  });
}

TEST_CASE("a Variable is printed as its value is") {
  const Tensor value = Tensor::of({1.5, -2});
  CHECK(concat(Variable::leaf(value)) == to_string(value));
  CHECK(concat(Variable()) == to_string(Tensor()));
}

TEST_CASE("tape: without one, nothing is recorded") {
  const Variable x = number(3);
  const Variable y = x * x;
  CHECK(y.item() == 9);
  CHECK(Tape::current() == nullptr);
  Tape tape;
  check_error([&] { tape.backward(y); }, {"AutogradError: backward: ", "not on this tape", "before the tape was made"});
  CHECK_FALSE(x.grad().defined());
}

TEST_CASE("tape: gradients of all paths add up") {
  const Variable x = number(3);
  const Variable same_leaf = x;
  struct Case {
    const char* name;
    std::function<Variable()> loss;
    double slope;
  };
  const std::vector<Case> table{
      {"a leaf twice", [&] { return x * same_leaf; }, 6},
      {"the same sum", [&] { return x + x; }, 2},
      {"a diamond", [&] { return Variable(x * x) * 2.0 + x * x * x; }, 12 + 27},
      {"a node twice",
       [&] {
         const Variable a = x * x;
         return (a + 1.0) * (a * 2.0);  // 2 a^2 + 2 a
       },
       (4 * 9 + 2) * 6},
      {"a ladder of diamonds",
       [&] {
         Variable a = x;
         for (int i = 0; i < 10; ++i) a = a + a;
         return a;
       },
       1024},
  };
  for (const Case& c : table) {
    CAPTURE(c.name);
    x.zero_grad();
    Tape tape;
    tape.backward(c.loss());
    CHECK(x.grad().item() == doctest::Approx(c.slope));
  }
}

TEST_CASE("tape: gradients add up over backwards until zero_grad") {
  const Variable a = Variable::leaf(Tensor::of({1, 2}));
  const Variable b = Variable::leaf(Tensor::of({3, 4}));
  for (int i = 1; i <= 3; ++i) {
    Tape tape;
    tape.backward(sum(a + b));  // the same gradient arrives at both
    CHECK(a.grad().at({1}) == i);
    CHECK(b.grad().at({1}) == i);
  }
  const Tensor kept = b.grad();
  a.zero_grad();
  CHECK_FALSE(a.grad().defined());
  CHECK(kept.at({0}) == 3);
  Tape tape;
  tape.backward(sum(a + b));
  CHECK(kept.at({0}) == 3);  // whoever holds the old gradient keeps it
  CHECK(b.grad().at({0}) == 4);
}

TEST_CASE("tape: backward consumes it, and it records anew") {
  const Variable x = number(3);
  Tape tape;
  const Variable y = x * x;
  tape.backward(y);
  CHECK(tape.size() == 0);
  check_error([&] { tape.backward(y); }, {"AutogradError: backward: ", "consumed", "retain = true"});
  CHECK((y * y).item() == 81);  // a constant now
  CHECK(tape.size() == 0);
  tape.backward(y * x);
  CHECK(x.grad().item() == 6 + 9);
}

TEST_CASE("tape: retain keeps it") {
  const Variable x = number(3);
  Tape tape;
  const Variable y = x * x;
  tape.backward(y, {.retain = true});
  CHECK(tape.size() == 2);
  tape.backward(y * x, {.retain = true});
  CHECK(x.grad().item() == 6 + 27);
  tape.backward(y);
  CHECK(x.grad().item() == 12 + 27);
  CHECK(tape.size() == 0);
}

TEST_CASE("tape: a Variable that outlives its tape is a constant") {
  const Variable x = number(3);
  Variable state;
  {
    Tape tape;
    state = x * x;
  }
  Tape tape;
  tape.backward(state * x);
  CHECK(x.grad().item() == 9);
  check_error([&] { tape.backward(state); }, {"AutogradError: backward: ", "not on this tape"});
}

TEST_CASE("tape: tapes nest, and the innermost records") {
  const Variable x = number(3);
  Tape outer;
  const Variable y = x * x;
  {
    Tape inner;
    const Variable z = y * x;  // y is the outer tape's: a constant here
    CHECK(outer.size() == 2);
    check_error([&] { outer.backward(y); }, {"AutogradError: backward: ", "not the one that records"});
    check_error([&] { inner.backward(y); }, {"AutogradError: backward: ", "another one"});
    inner.backward(z);
    CHECK(x.grad().item() == 9);
  }
  CHECK(Tape::current() == &outer);
  outer.backward(y);
  CHECK(x.grad().item() == 9 + 6);
}

TEST_CASE("tape: a backward computes on tapes of its own") {
  const Variable x = number(3);
  const auto square = [](const Variable& v) {
    return record("square", {v}, v.value() * v.value(), [v](const Variable& grad, const Step&) -> Gradients {
      const Variable point = Variable::leaf(v.value());
      Tape inner;
      inner.backward(point * point);
      return {grad * point.grad()};
    });
  };
  Tape tape;
  tape.backward(square(x));
  CHECK(x.grad().item() == 6);
  CHECK(Tape::current() == &tape);
}

TEST_CASE("tape: what backward refuses") {
  const Variable x = Variable::leaf(Tensor::of({1, 2, 3}));
  Tape tape;
  const Variable y = x * x;
  check_errors({
      {[&] { tape.backward(y); }, {"ShapeError: backward: ", "[3]", "single element"}},
      {[&] { tape.backward(y, {.gradient = Tensor::ones({2})}); }, {"ShapeError: backward: ", "[3]", "[2]"}},
      {[&] { tape.backward(y, {.gradient = Tensor::ones({3}, float64)}); },
       {"TypeError: backward: ", "float32", "float64"}},
      {[&] { tape.backward(Tensor::scalar(1)); }, {"AutogradError: backward: ", "depends on no leaf"}},
      {[&] { tape.backward(Variable()); }, {"AutogradError: backward: "}},
      {[&] {
         const NoGrad pause;
         tape.backward(y);
       },
       {"AutogradError: backward: ", "pause"}},
  });
  CHECK_FALSE(x.grad().defined());
  tape.backward(y, {.gradient = Tensor::of({1, 10, 100})});
  CHECK(x.grad().at({2}) == 600);
}

TEST_CASE("tape: threads don't use one another's tapes") {
  const Variable x = number(3);
  Tape tape;
  const Variable y = x * x;
  std::string error;
  std::size_t recorded = 99;
  std::thread([&] {
    error = error_of([&] { tape.backward(y); });
    const Variable z = y * x;
    recorded = tape.size();
  }).join();
  CHECK(error.starts_with("AutogradError: backward: "));
  CHECK(error.find("on the thread that made it") != std::string::npos);
  CHECK(recorded == 2);
  tape.backward(y);
  CHECK(x.grad().item() == 6);
}

TEST_CASE("tape: several threads, each with a tape over the same values") {
  const Tensor value = Tensor::arange(0, 1000, 1, float64);
  std::vector<Tensor> gradients(4);
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < gradients.size(); ++i) {
    threads.emplace_back([&, i] {
      const Variable x = Variable::leaf(value);
      for (int round = 0; round < 50; ++round) {
        Tape tape;
        tape.backward(sum(x * x * static_cast<double>(i)));
      }
      gradients[i] = x.grad();
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (std::size_t i = 0; i < gradients.size(); ++i) {
    CHECK(gradients[i].at({7}) == doctest::Approx(50.0 * 14.0 * static_cast<double>(i)));
  }
}

TEST_CASE("tape: NoGrad") {
  const Variable x = number(3);
  Tape tape;
  {
    const NoGrad pause;
    CHECK(Tape::current() == nullptr);
    CHECK((x * x).item() == 9);
  }
  CHECK(Tape::current() == &tape);
  CHECK(tape.size() == 0);
}

TEST_CASE("tape: an exception in a forward or a backward leaves it usable") {
  const Variable x = Variable::leaf(Tensor::of({1, 2}));
  Tape tape;
  Variable loss = sum(x * x);
  CHECK_THROWS_AS(static_cast<void>(x + Tensor::ones({3})), ShapeError);
  CHECK(tape.size() == 3);
  tape.backward(loss);
  CHECK(x.grad().at({1}) == 4);

  loss = sum(bomb(x * x));
  CHECK_THROWS_WITH(tape.backward(loss), "boom");
  CHECK(Tape::current() == &tape);
  check_error([&] { tape.backward(loss); }, {"AutogradError: backward: ", "consumed"});
  x.zero_grad();
  tape.backward(sum(x * 5.0));
  CHECK(x.grad().at({0}) == 5);

  loss = sum(bomb(x * x));
  check_error([&] { tape.backward(loss, {.retain = true}); }, {"std::exception: boom"});
  check_error([&] { tape.backward(loss, {.retain = true}); }, {"std::exception: boom"});
}

TEST_CASE("tape: a leaf's gradient is its own memory") {
  const Variable a = Variable::leaf(Tensor::of({1, 2}, float64));
  const Variable b = Variable::leaf(Tensor::of({3, 4}, float64));
  Tape tape;
  tape.backward(sum(a + b));
  Tensor of_a = a.grad();
  CHECK(of_a.is_contiguous());
  of_a.fill(7);
  CHECK(b.grad().at({0}) == 1);
  CHECK_THROWS_AS(a.set_grad(Tensor::ones({2})), TypeError);
}
