#include <doctest/doctest.h>

#include <pthread.h>

#include <exception>
#include <reel/autograd/ops/arithmetic.h>
#include <reel/autograd/ops/reduce.h>
#include <reel/autograd/tape.h>
#include <reel/core/storage.h>

using namespace reel;

namespace {

constexpr std::size_t stack_bytes = 1 << 20;

/// Runs `f` on a thread with a stack of 1 MiB, where recursion over a long graph would end.
template <class F>
void run_on_small_stack(F f) {
  struct Job {
    F body;
    std::exception_ptr error;
  } job{f, nullptr};
  pthread_attr_t attributes;
  REQUIRE(pthread_attr_init(&attributes) == 0);
  REQUIRE(pthread_attr_setstacksize(&attributes, stack_bytes) == 0);
  pthread_t thread{};
  const auto start = [](void* context) -> void* {
    auto* running = static_cast<Job*>(context);
    try {
      running->body();
    } catch (...) {
      running->error = std::current_exception();
    }
    return nullptr;
  };
  REQUIRE(pthread_create(&thread, &attributes, start, &job) == 0);
  pthread_join(thread, nullptr);
  pthread_attr_destroy(&attributes);
  if (job.error != nullptr) std::rethrow_exception(job.error);
}

/// x w + b, `steps` times over.
Variable chain(Variable x, const Variable& w, const Variable& b, int steps) {
  for (int i = 0; i < steps; ++i) x = x * w + b;
  return x;
}

}  // namespace

TEST_CASE("tape: a chain of a million ops on a small stack, for threads of any kind") {
  constexpr int steps = 500'000;
  std::vector<double> gradients;
  run_on_small_stack([&] {
    const Variable x = Variable::leaf(Tensor::scalar(2, float64));
    const Variable w = Variable::leaf(Tensor::scalar(1, float64));
    const Variable b = Variable::leaf(Tensor::scalar(0, float64));
    Tape tape;
    tape.backward(chain(x, w, b, steps));
    for (const Variable& leaf : {x, w, b}) gradients.push_back(leaf.grad().item());
  });
  CHECK(gradients == std::vector<double>{1, 2 * steps, steps});
}

TEST_CASE("tape: an unused chain of a million ops is destroyed on a small stack, for threads of any kind") {
  std::size_t recorded = 0;
  Variable last;
  run_on_small_stack([&] {
    const Variable x = Variable::leaf(Tensor::scalar(2, float64));
    const Tape tape;
    last = chain(x, Tensor::scalar(1, float64), Tensor::scalar(0, float64), 500'000);
    recorded = tape.size();
  });
  CHECK(recorded == 1'000'001);
  CHECK(last.item() == 2);
}

TEST_CASE("tape: live memory returns to what it was") {
  const std::size_t before = memory().live;
  {
    const Variable x = Variable::leaf(Tensor::ones({1000}));
    const std::size_t with_leaf = memory().live;
    for (int i = 0; i < 3; ++i) {
      Tape tape;
      tape.backward(mean(exp(x * x) / (x + 2.0)));
      x.zero_grad();
      CHECK(memory().live == with_leaf);
    }
    {
      const Tape tape;
      const Variable unused = exp(x * x);
    }
    CHECK(memory().live == with_leaf);
    {
      Tape tape;
      const Variable g = grad({sum(exp(x * x))}, {x}, {.create_graph = true})[0];
      tape.backward(sum(g * g));
      x.zero_grad();
    }
    CHECK(memory().live == with_leaf);
  }
  CHECK(memory().live == before);
}

TEST_CASE("tape: activations are freed while backward goes on") {
  constexpr std::size_t bytes = 1 << 20;
  const Variable x = Variable::leaf(Tensor::full({bytes / 4}, 0.5));
  const std::size_t start = memory().live;
  std::size_t at_the_end = 0;
  const auto probe = [&](const Variable& v) {
    return record("probe", {v}, v.value(), [&](const Variable& grad, const Step&) -> Gradients {
      at_the_end = memory().live - start;
      return {grad};
    });
  };
  Tape tape;
  Variable y = probe(x);
  for (int i = 0; i < 20; ++i) y = exp(y * -1.0);
  const Variable loss = sum(y);
  y = {};
  const std::size_t recorded = memory().live - start;
  CHECK(recorded >= 20 * bytes);
  reset_peak_memory();
  tape.backward(loss);
  CHECK(at_the_end <= 3 * bytes);  // only gradients are left
  CHECK(memory().peak - start <= recorded + 4 * bytes);
}

TEST_CASE("tape: a sum keeps none of its inputs alive") {
  constexpr std::size_t bytes = 1 << 20;
  const Variable x = Variable::leaf(Tensor::full({bytes / 4}, 0.5));
  const std::size_t start = memory().live;
  Tape tape;
  Variable y = x + Tensor::ones({bytes / 4});
  for (int i = 0; i < 10; ++i) y = y - (x + 1.0);
  CHECK(memory().live - start <= 2 * bytes);
  tape.backward(sum(y));
  CHECK(x.grad().at({7}) == -9);
}
