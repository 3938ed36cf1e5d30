#include <doctest/doctest.h>

#include <reel/autograd/ops/arithmetic.h>
#include <reel/autograd/ops/reduce.h>
#include <reel/autograd/tape.h>
#include <tests/autograd/errors.h>

using namespace reel;
using namespace reel::testing;

namespace {
Variable number(double value) { return Variable::leaf(Tensor::scalar(value, float64)); }
}  // namespace

TEST_CASE("hooks: see the whole gradient of a leaf and of what was recorded, once") {
  const Variable x = number(3);
  std::vector<double> seen;
  const auto look = [&](const Variable& gradient) { seen.push_back(gradient.item()); };
  x.register_hook(look);
  Tape tape;
  const Variable y = x * x;
  y.register_hook(look);
  tape.backward(y * y + y);  // 2 y + 1 = 19 at y, 6 * 19 at x
  CHECK(seen == std::vector<double>{19, 114});
  CHECK(x.grad().item() == 114);
}

TEST_CASE("hooks: replace a gradient, in the order in which they were added") {
  const Variable x = number(3);
  x.register_hook([](const Variable& gradient) { return gradient + 1.0; });
  x.register_hook([](const Variable& gradient) { return gradient * 10.0; });
  Tape tape;
  const Variable y = x * x;
  y.register_hook([](const Variable& gradient) { return -gradient; });
  SUBCASE("for a backward") {
    tape.backward(y);
    CHECK(x.grad().item() == -50);
  }
  SUBCASE("for grad()") {
    const auto gradients = grad({y}, {x, y});
    CHECK(gradients[0].item() == -50);
    CHECK(gradients[1].item() == -1);
    CHECK_FALSE(x.grad().defined());
  }
  SUBCASE("each time the tape is gone through") {
    tape.backward(y, {.retain = true});
    tape.backward(y);
    CHECK(x.grad().item() == -100);
  }
}

TEST_CASE("hooks: a leaf's stay, a tape's go with it, and handles remove them") {
  const Variable x = number(3);
  int of_leaf = 0;
  int of_tape = 0;
  const HookHandle handle = x.register_hook([&](const Variable&) { ++of_leaf; });
  HookHandle late;
  for (int step = 0; step < 3; ++step) {
    Tape tape;
    const Variable y = x * x;
    late = y.register_hook([&](const Variable&) { ++of_tape; });
    if (step == 2) {
      handle.remove();
      late.remove();
    }
    tape.backward(y);
  }
  CHECK(of_leaf == 2);
  CHECK(of_tape == 2);
  handle.remove();
  late.remove();  // where nothing is left to be removed from
  HookHandle().remove();
}

TEST_CASE("hooks: may add and remove hooks") {
  const Variable x = number(3);
  int calls = 0;
  HookHandle self;
  self = x.register_hook([&](const Variable&) {
    ++calls;
    self.remove();
    for (int i = 0; i < 10; ++i) x.register_hook([&](const Variable&) { ++calls; });
  });
  for (int step = 0; step < 2; ++step) {
    Tape tape;
    tape.backward(x * x);
    CHECK(calls == (step == 0 ? 1 : 11));
  }
}

TEST_CASE("hooks: are recorded where the backward is") {
  const Variable x = number(3);
  Tape tape;
  const Variable y = x * x;
  y.register_hook([&](const Variable& gradient) { return gradient * x; });
  const Variable slope = grad({y}, {x}, {.create_graph = true})[0];  // x * 2 x
  CHECK(slope.item() == 18);
  CHECK(grad({slope}, {x})[0].item() == 12);
}

TEST_CASE("hooks: errors, and the library after them") {
  const Variable x = number(3);
  Tape tape;
  const Variable y = x * x;
  const Variable constant = Tensor::scalar(1, float64);
  check_errors({
      {[&] { constant.register_hook([](const Variable&) {}); },
       {"AutogradError: register_hook: ", "a leaf or what is recorded", "[]"}},
      {[&] { Variable().register_hook([](const Variable&) {}); }, {"AutogradError: register_hook: "}},
  });
  HookHandle handle = x.register_hook([](const Variable&) { return Variable(Tensor::ones({2}, float64)); });
  check_error([&] { tape.backward(y, {.retain = true}); }, {"AutogradError: hook: ", "float64 []", "float64 [2]"});
  handle.remove();
  handle = y.register_hook([](const Variable&) { throw std::runtime_error("boom"); });
  CHECK_THROWS_WITH(tape.backward(y, {.retain = true}), "boom");
  CHECK_FALSE(x.grad().defined());
  handle.remove();
  tape.backward(y);
  CHECK(x.grad().item() == 6);
  check_error([&] { y.register_hook([](const Variable&) {}); }, {"AutogradError: register_hook: "});
}
