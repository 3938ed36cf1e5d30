#include <doctest/doctest.h>

#include <reel/autograd/checkpoint.h>
#include <reel/autograd/ops/arithmetic.h>
#include <reel/autograd/ops/attention.h>
#include <reel/autograd/ops/loss.h>
#include <reel/autograd/ops/matmul.h>
#include <reel/autograd/ops/reduce.h>
#include <reel/autograd/ops/view.h>
#include <reel/autograd/tape.h>
#include <reel/core/random.h>
#include <reel/data/loader.h>
#include <reel/data/synthetic.h>
#include <reel/nn/activation.h>
#include <reel/nn/conv.h>
#include <reel/nn/linear.h>
#include <reel/nn/pooling.h>
#include <reel/nn/rnn.h>
#include <reel/nn/sequential.h>
#include <reel/nn/summary.h>
#include <reel/optim/sgd.h>
#include <tests/core/profiles.h>
#include <tests/note.h>

using namespace reel;
using namespace reel::testing;

namespace {

nn::Sequential small_net() {
  return nn::Sequential{{"conv", nn::Conv2d({.in_channels = 1, .out_channels = 4, .kernel_size = 5})},
                        {"relu", nn::ReLU()},
                        {"pool", nn::MaxPool2d(4)},
                        {"flatten", nn::Flatten()},
                        {"head", nn::Sequential{nn::Linear(4 * 6 * 6, 10)}}};
}

}  // namespace

TEST_CASE("a profile of training: forward, backward, optimizer and DataLoader") {
  nn::Sequential model = small_net();
  optim::SGD optimizer(model.parameters(), {.lr = 0.1});
  data::DataLoader loader(data::synthetic_digits(64, 1), {.batch_size = 16});
  Profiler profiler;
  for (const auto& [images, labels] : loader) {
    Tape tape;
    const Variable loss = cross_entropy(model(images), labels);
    tape.backward(loss);
    optimizer.step();
    optimizer.zero_grad();
  }
  profiler.stop();
  const ProfileTable ops = profiler.by_op(), modules = profiler.by_module();
  CHECK(sum_of_parts(ops) == doctest::Approx(ops.total.seconds).epsilon(1e-9));
  CHECK(sum_of_parts(modules) == doctest::Approx(ops.total.seconds).epsilon(1e-9));
  auto by_op = by_path(ops);
  for (const char* name : {"linear", "cross_entropy", "DataLoader", "optimizer step", "backward",
                           "backward/linear backward", "backward/cross_entropy backward"}) {
    const auto noted = note(name);
    REQUIRE(by_op.count(name) == 1);
    CHECK(by_op[name].calls == 4);
    CHECK(by_op[name].seconds > 0);
  }
  CHECK(by_op["backward/linear backward/matmul"].calls == 8);  // for the weight and for the input
  CHECK(by_op["linear"].multiply_adds == 4 * 16 * 4 * 6 * 6 * 10);
  CHECK(by_op["backward/linear backward"].multiply_adds == 2 * by_op["linear"].multiply_adds);

  auto by_module = by_path(modules);
  CHECK(by_module["conv"].calls == 4);
  CHECK(by_module["head.0"].calls == 4);
  CHECK(by_module["head"].seconds >= by_module["head.0"].seconds);
  CHECK(by_module["head.0"].backward_seconds > 0);
  CHECK(by_module["head.0"].multiply_adds == 3 * by_op["linear"].multiply_adds);
  CHECK(by_module["head"].multiply_adds == by_module["head.0"].multiply_adds);
}

TEST_CASE("a profile of inference counts what summary counts") {
  nn::Sequential model = small_net();
  model.eval();
  Profiler profiler;
  static_cast<void>(model(Tensor::zeros({2, 1, 28, 28})));
  profiler.stop();
  std::int64_t multiply_adds = 0, calls = 0;
  for (const ProfileRow& row : profiler.by_op().rows) {
    if (row.depth > 0) continue;
    multiply_adds += row.multiply_adds;
    calls += row.calls;
  }
  CHECK(multiply_adds == nn::summary(model, {2, 1, 28, 28}).multiply_adds());
  CHECK(calls >= 3);  // as far as ops are not one kernel
  CHECK(by_path(profiler.by_op()).count("backward") == 0);
}

TEST_CASE("a profile of bytes: inputs and outputs, the same one once, a view none") {
  const Variable a = Variable(Tensor::zeros({10, 10}));
  Profiler profiler;
  static_cast<void>(a * a);
  static_cast<void>(a + Variable(Tensor::zeros({10, 10})));
  static_cast<void>(reshape(a, {100}));
  auto rows = by_path(profiler.by_op());
  CHECK(rows["mul"].bytes == 800);
  CHECK(rows["add"].bytes == 1200);
  CHECK(rows["reshape"].calls == 1);
  CHECK(rows["reshape"].bytes == 0);
}

TEST_CASE("a profile of backwards that are no ops counts their products, too") {
  nn::LSTM lstm({.input_size = 8, .hidden_size = 16});
  const Variable x = Variable::leaf(normal({5, 3, 8}));
  const Variable q = Variable::leaf(normal({2, 4, 8})), k = Variable::leaf(normal({2, 6, 8}));
  Profiler profiler;
  Tape tape;
  const Variable y = sum(lstm(x)) + sum(scaled_dot_product_attention(q, k, k));
  tape.backward(y);
  auto rows = by_path(profiler.by_op());
  const std::int64_t forward = 5 * 3 * (4 * 16 * 8 + 4 * 16 * 16);
  CHECK(rows["lstm"].multiply_adds == forward);
  CHECK(rows["backward/lstm backward"].multiply_adds == 2 * forward);
  CHECK(rows["backward/lstm backward"].bytes > 0);
  CHECK(rows["scaled_dot_product_attention"].multiply_adds == 2 * 4 * 6 * (8 + 8));
  CHECK(rows["backward/scaled_dot_product_attention backward"].multiply_adds == 2 * 4 * 6 * (3 * 8 + 2 * 8));
}

TEST_CASE("a profile of a checkpoint: its ops are parts of it, forward and backward") {
  const Variable x = Variable::leaf(normal({4, 4}));
  Profiler profiler;
  Tape tape;
  tape.backward(sum(checkpoint([](const Variable& v) { return matmul(v, v); }, x)));
  auto rows = by_path(profiler.by_op());
  CHECK(rows["checkpoint"].calls == 1);
  CHECK(rows["checkpoint/matmul"].calls == 1);
  CHECK(rows["backward/checkpoint backward/matmul"].calls == 1);  // anew
  CHECK(rows["backward/checkpoint backward/grad/matmul backward/matmul"].calls == 2);
}

TEST_CASE("a profile survives an op and a backward that throw") {
  Profiler profiler;
  CHECK_THROWS_AS(static_cast<void>(matmul(Variable(Tensor::zeros({2, 3})), Variable(Tensor::zeros({2, 3})))),
                  ShapeError);
  {
    Tape tape;
    const Variable x = Variable::leaf(Tensor::ones({1}));
    const Variable y = record("thrower", {x}, x.value().clone(), [](const Variable&, const Step&) -> Gradients {
      throw ValueError("thrower", "as it should");
    });
    CHECK_THROWS_AS(tape.backward(y), ValueError);
  }
  static_cast<void>(Variable(Tensor::ones({1})) * 2.0);
  auto rows = by_path(profiler.by_op());
  CHECK(rows["backward/thrower backward"].calls == 1);
  CHECK(rows["mul"].calls == 1);  // not within the backward
  CHECK(sum_of_parts(profiler.by_op()) == doctest::Approx(profiler.by_op().total.seconds).epsilon(0.1));
}

TEST_CASE("a profile of a tape that looks for NaN names modules once") {
  nn::Sequential model = small_net();
  Profiler profiler;
  Tape tape({.check_finite = true});
  tape.backward(sum(model(Tensor::ones({1, 1, 28, 28}))));
  auto rows = by_path(profiler.by_module());
  for (const auto& item : rows) {
    const auto noted = note(item.first);
    CHECK(item.second.calls == 1);
  }
  CHECK(rows["head.0"].backward_seconds > 0);
}
