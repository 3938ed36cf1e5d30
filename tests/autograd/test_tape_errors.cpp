#include <doctest/doctest.h>

#include <reel/autograd/checkpoint.h>
#include <reel/autograd/ops/arithmetic.h>
#include <reel/autograd/ops/reduce.h>
#include <reel/autograd/tape.h>
#include <reel/core/random.h>
#include <tests/autograd/errors.h>
#include <thread>

// How the usual mistakes with a tape are told, and that nothing is left broken by whatever throws.

using namespace reel;
using namespace reel::testing;

namespace {
Variable number(double value) { return Variable::leaf(Tensor::scalar(value, float64)); }
}  // namespace

TEST_CASE("tape errors: the usual mistakes have messages of their own, that of another thread too") {
  const Variable x = number(3);
  const Variable before = x * x;
  check_error([&] { static_cast<void>(grad({before}, {x})); },
              {"AutogradError: grad: ", "no tape is recording on this thread", "make a Tape before the forward"});
  Tape tape;
  const Variable y = x * x;
  check_errors({
      {[&] { tape.backward(before); }, {"AutogradError: backward: ", "computed before the tape was made"}},
      {[&] { tape.backward(number(1)); }, {"AutogradError: backward: ", "not on this tape"}},
      {[&] { tape.backward(y.detach()); }, {"AutogradError: backward: ", "depends on no leaf"}},
      {[&] {
         const NoGrad pause;
         tape.backward(y);
       },
       {"AutogradError: backward: ", "a pause must have ended"}},
      {[&] {
         Tape inner;
         inner.backward(y);
       },
       {"AutogradError: backward: ", "on another one"}},
  });
  std::string elsewhere;
  std::thread([&] { elsewhere = error_of([&] { tape.backward(y); }); }).join();
  CHECK(elsewhere.find("a tape is used on the thread that made it") != std::string::npos);
  tape.backward(y);
  check_error([&] { tape.backward(y); },
              {"AutogradError: backward: ", "consumed by an earlier backward", "{.retain = true}"});
  check_error([&] { static_cast<void>(grad({y}, {x})); }, {"AutogradError: backward: ", "consumed"});
  CHECK(x.grad().item() == 6);
}

TEST_CASE("tape errors: what throws in a forward, a backward or a hook leaves everything usable") {
  const Variable x = number(3);
  const auto boom = []() -> Variable { throw std::runtime_error("boom"); };
  const auto bad_backward = [&](const Variable& v) {
    return record("bad", {v}, v.value(), [boom](const Variable&, const Step&) -> Gradients { return {boom()}; });
  };
  const auto hooked = [&](const Variable& v) {
    const Variable y = v * v;
    y.register_hook([boom](const Variable&) { return boom(); });
    return y;
  };
  const std::vector<std::function<void(Tape&)>> table{
      [&](Tape&) { static_cast<void>(x * boom()); },
      [&](Tape& tape) { tape.backward(bad_backward(x)); },
      [&](Tape& tape) { tape.backward(bad_backward(x), {.retain = true}); },
      [&](Tape&) { static_cast<void>(grad({bad_backward(x)}, {x}, {.create_graph = true})); },
      [&](Tape& tape) { tape.backward(hooked(x)); },
      [&](Tape& tape) { tape.backward(checkpoint([&](const Variable& v) { return bad_backward(v); }, x)); },
      [&](Tape& tape) { tape.backward(checkpoint(hooked, x)); },
      [&](Tape&) { static_cast<void>(checkpoint([&](const Variable& v) { return v * boom(); }, x)); },
  };
  const std::size_t live = memory().live;
  for (std::size_t i = 0; i < table.size(); ++i) {
    CAPTURE(i);
    {
      Tape tape;
      const Variable earlier = x * x;
      CHECK_THROWS_WITH(table[i](tape), "boom");
      CHECK(Tape::current() == &tape);
      CHECK_FALSE(x.grad().defined());
      tape.backward(x * x);  // records and sweeps as if nothing had been
      CHECK(x.grad().item() == 6);
      x.zero_grad();
    }
    CHECK(Tape::current() == nullptr);
    CHECK(memory().live == live);
  }
}

TEST_CASE("tape errors: threads with tapes, hooks, checkpoints and exceptions of their own") {
  const Tensor start = Tensor::of({1, 2, 3}, float64);
  std::vector<Tensor> gradients(4);
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < gradients.size(); ++i) {
    threads.emplace_back([&, i] {
      const Variable x = Variable::leaf(start.clone());
      const auto scale = static_cast<double>(i + 1);
      x.register_hook([scale](const Variable& gradient) { return gradient * scale; });
      for (int round = 0; round < 20; ++round) {
        Tape tape;
        const Variable y = checkpoint([](const Variable& v) { return v * v * v; }, x);
        const Variable slope = grad({sum(y)}, {x}, {.create_graph = true})[0];
        if (round % 5 == 4) CHECK_THROWS_AS(tape.backward(slope), ShapeError);
        x.zero_grad();
        tape.backward(sum(slope));
        Tensor memory = x.value();
        memory.copy_from(start);  // a change in place, which no other thread's tape minds
      }
      gradients[i] = x.grad();
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (std::size_t i = 0; i < gradients.size(); ++i) {
    const auto scale = static_cast<double>(i + 1);
    CHECK(gradients[i].at({2}) == doctest::Approx(6 * 3 * scale * scale));
  }
}
