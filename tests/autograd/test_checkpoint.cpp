#include <doctest/doctest.h>

#include <reel/autograd/checkpoint.h>
#include <reel/autograd/gradcheck.h>
#include <reel/autograd/ops/activation.h>
#include <reel/autograd/ops/arithmetic.h>
#include <reel/autograd/ops/conv.h>
#include <reel/autograd/ops/matmul.h>
#include <reel/autograd/ops/norm.h>
#include <reel/autograd/ops/reduce.h>
#include <reel/autograd/tape.h>
#include <reel/core/kernels/reduce.h>
#include <reel/core/random.h>
#include <tests/autograd/errors.h>
#include <tests/threads.h>

using namespace reel;
using namespace reel::testing;
using In = std::vector<Variable>;

namespace {

Variable leaf(const Shape& shape, std::uint64_t seed, DType dtype = float32) {
  Generator generator(seed);
  return Variable::leaf(normal(shape, 0, 0.5, dtype, generator));
}

/// A block with everything that could differ between two computations of it.
struct Block {
  Variable w = leaf({4, 4, 3, 3}, 1), scale = leaf({4}, 2), shift = leaf({4}, 3);
  Tensor mean = Tensor::zeros({4}), variance = Tensor::ones({4});

  Variable operator()(const Variable& x) const {
    const Variable y = conv2d(x, w, {}, {.padding = 1});
    return dropout(batch_norm(y, scale, shift, mean, variance, {.activation = Activation::relu}), 0.3, true) + x;
  }
};

/// Values, gradients, running statistics and the generator after a training step on three blocks.
std::vector<Tensor> train_step(bool with_checkpoints) {
  manual_seed(5);
  const Variable x = leaf({2, 4, 6, 6}, 9);
  std::vector<Block> blocks(3);
  Tape tape;
  Variable y = x * 1.0;
  for (const Block& block : blocks) y = with_checkpoints ? checkpoint(block, y) : block(y);
  const Variable loss = sum(y * y);
  tape.backward(loss);
  std::vector<Tensor> all{loss.value(), x.grad(), uniform({3})};
  for (const Block& b : blocks) {
    for (const Tensor& t : {b.w.grad(), b.scale.grad(), b.shift.grad(), b.mean, b.variance}) all.push_back(t);
  }
  return all;
}

Variable cubic(const In& v) {
  return checkpoint([](const In& p) { return p[0] * p[0] * p[1] + sin(p[1]); }, v);
}

}  // namespace

TEST_CASE("checkpoint: the same values, gradients and running statistics to the last bit, with dropout") {
  const auto kept = train_step(false);
  const auto recomputed = train_step(true);
  REQUIRE(kept.size() == recomputed.size());
  for (std::size_t i = 0; i < kept.size(); ++i) {
    CAPTURE(i);
    CHECK(same_bits(kept[i], recomputed[i]));
  }
}

TEST_CASE("checkpoint: keeps one entry, and no values from inside") {
  const Variable x = leaf({1000}, 1);
  Tape tape;
  const std::size_t before = memory().live;
  const Variable y = checkpoint([](const Variable& v) { return sum(exp(sin(exp(v * 0.1)))); }, x);
  CHECK(tape.size() == 2);
  CHECK(memory().live - before < 1000);
  tape.backward(y);
  CHECK(x.grad().defined());
}

TEST_CASE("checkpoint: every order of gradient, several inputs, leaves and Variables from outside") {
  Generator generator(4);
  const std::vector<Tensor> points{normal({3}, 0, 1, float64, generator), normal({3}, 0, 1, float64, generator)};
  CHECK_NOTHROW(check_op(cubic, points));
  CHECK_NOTHROW(check_op([](const In& v) { return checkpoint(cubic, v) * v[0]; }, points));
  CHECK_NOTHROW(check_op(
      [](const In& v) {
        const Variable outside = v[0] * v[1];  // neither an input nor a leaf of what is computed again
        return checkpoint([outside, v](const Variable& x) { return exp(x) * outside * v[1]; }, v[0] + v[1]);
      },
      points));
  // The third derivative of x^3 y, and through two levels of checkpoints.
  const Variable x = Variable::leaf(Tensor::scalar(2, float64));
  const Variable y = Variable::leaf(Tensor::scalar(5, float64));
  const auto inner = [](const Variable& v) { return checkpoint([v](const Variable& u) { return u * u * v; }, v); };
  Tape tape;
  Variable slope = checkpoint([&](const Variable& v) { return inner(v) * y; }, x);
  for (const double expected : {60.0, 60.0, 30.0}) {
    slope = grad({slope}, {x}, {.create_graph = true})[0];
    CHECK(slope.item() == doctest::Approx(expected));
  }
  CHECK(grad({slope}, {y})[0].item() == doctest::Approx(6));
}

TEST_CASE("checkpoint: what it hands through") {
  const Variable x = leaf({3}, 1);
  const Variable constant = Tensor::ones({3});
  CHECK(checkpoint([](const Variable& v) { return v * v; }, x).shape() == Shape{3});  // without a tape
  Tape tape;
  CHECK(checkpoint([](const Variable& v) { return v; }, x).is_leaf());
  CHECK_FALSE(checkpoint([](const Variable& v) { return v * 2.0; }, constant).is_leaf());
  CHECK(tape.size() == 0);
  const Tensor picks = Tensor::of({1, 0, 1}, boolean);
  const Variable y = checkpoint([](const In& v) { return where(v[0].value(), v[1], v[2]); }, {picks, x, constant});
  tape.backward(sum(y));
  CHECK(x.grad().at({0}) == 1);
  CHECK(x.grad().at({1}) == 0);
}

TEST_CASE("checkpoint: hooks inside and outside run once") {
  const Variable x = leaf({3}, 1);
  int of_leaf = 0;
  int inside = 0;
  x.register_hook([&](const Variable&) { ++of_leaf; });
  Tape tape;
  tape.backward(checkpoint(
      [&](const Variable& v) {
        const Variable y = v * v;
        y.register_hook([&](const Variable&) { ++inside; });
        return sum(y);
      },
      x));
  CHECK(of_leaf == 1);
  CHECK(inside == 1);
}

TEST_CASE("checkpoint: a change of what it computes from is seen") {
  const Variable x = leaf({3}, 1);
  const Variable w = leaf({3}, 2);
  Tape tape;
  for (const Variable& changed : {x, w}) {
    const Variable loss = checkpoint([&](const Variable& v) { return sum(v * w); }, x);
    Tensor memory = changed.value();
    memory.fill(1);
    check_error([&] { tape.backward(loss); }, {"AutogradError: checkpoint: ", "fill changed it in place"});
  }
  CHECK_FALSE(is_recomputing());
}

TEST_CASE("checkpoint: exceptions in the first and in the second computation") {
  const Variable x = leaf({3}, 1);
  int calls = 0;
  const auto fragile = [&](int fails_at) {
    return checkpoint(
        [&, fails_at](const Variable& v) {
          if (++calls == fails_at) throw std::runtime_error("boom");
          return sum(v * dropout(v, 0.5, true));
        },
        x);
  };
  Tape tape;
  CHECK_THROWS_WITH(static_cast<void>(fragile(1)), "boom");
  CHECK(Tape::current() == &tape);
  calls = 0;
  const Variable loss = fragile(2);
  const std::uint64_t drawn = default_generator().offset();
  CHECK_THROWS_WITH(tape.backward(loss), "boom");
  CHECK(Tape::current() == &tape);
  CHECK_FALSE(is_recomputing());
  CHECK(default_generator().offset() == drawn);
  calls = 0;
  tape.backward(fragile(0));
  CHECK(x.grad().defined());
}
