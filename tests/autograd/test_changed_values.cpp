#include <doctest/doctest.h>

#include <reel/autograd/ops/activation.h>
#include <reel/autograd/ops/arithmetic.h>
#include <reel/autograd/ops/conv.h>
#include <reel/autograd/ops/loss.h>
#include <reel/autograd/ops/matmul.h>
#include <reel/autograd/ops/norm.h>
#include <reel/autograd/ops/pool.h>
#include <reel/autograd/ops/reduce.h>
#include <reel/autograd/ops/view.h>
#include <reel/autograd/tape.h>
#include <reel/core/random.h>
#include <tests/autograd/errors.h>
#include <tests/threads.h>
#include <thread>

// A value that a backward needs must be what it was when its op was recorded. Changing it in place before the backward
// is an error that names both; changing what no backward reads, or after it, is none.

using namespace reel;
using namespace reel::testing;

namespace {

Variable leaf(const Shape& shape) {
  Generator generator(3);
  return Variable::leaf(uniform(shape, 0.5, 1.5, float32, generator));
}

/// Every view of the memory sees it.
void overwrite(const Variable& v) {
  Tensor memory = v.value();
  memory.fill(0.25);
}

struct Changed {
  const char* op;
  std::function<Variable(const Variable&, const Variable&)> call;
  Shape x, w;
  enum Who { neither, first, second, output } needs = neither;  // whose change is seen
};

/// The kinds of operands in turn, each changed on a tape of its own.
void check_changes(const Changed& row) {
  for (const Changed::Who who : {Changed::first, Changed::second, Changed::output}) {
    CAPTURE(static_cast<int>(who));
    const Variable x = leaf(row.x);
    const Variable w = leaf(row.w);
    Tape tape;
    const Variable y = row.call(x, w);
    const Variable loss = sum(y);
    overwrite(who == Changed::first ? x : who == Changed::second ? w : y);
    if (who == row.needs) {
      check_error([&] { tape.backward(loss); },
                  {concat("AutogradError: ", row.op, ": its backward needs"), "fill changed it in place"});
      CHECK_FALSE(x.grad().defined());
    } else if (row.needs != Changed::first || who != Changed::second) {
      CHECK_NOTHROW(tape.backward(loss));
    }
  }
}

}  // namespace

TEST_CASE("changed values: each op tells when what it saved has changed") {
  using V = const Variable&;
  const std::vector<Changed> table{
      {"add", [](V x, V w) { return x + w; }, {2, 3}, {2, 3}},
      {"exp", [](V x, V) { return exp(x); }, {2, 3}, {1}, Changed::output},
      {"sigmoid", [](V x, V) { return sigmoid(x); }, {2, 3}, {1}, Changed::output},
      {"relu", [](V x, V) { return relu(x); }, {2, 3}, {1}, Changed::output},
      {"leaky_relu", [](V x, V) { return leaky_relu(x); }, {2, 3}, {1}, Changed::first},
      {"softmax", [](V x, V) { return softmax(x); }, {2, 3}, {1}, Changed::output},
      {"log", [](V x, V) { return log(x); }, {2, 3}, {1}, Changed::first},
      {"abs", [](V x, V) { return abs(x); }, {2, 3}, {1}, Changed::first},
      {"var", [](V x, V) { return var(x); }, {2, 3}, {1}, Changed::first},
      {"max_pool2d", [](V x, V) { return max_pool2d(x); }, {1, 2, 4, 4}, {1}},
      {"cross_entropy",
       [](V x, V) {
         return cross_entropy(x, Tensor::of({1, 0}, int64));
       },
       {2, 3},
       {1},
       Changed::first},
      {"reshape", [](V x, V) { return reshape(x, {6}); }, {2, 3}, {1}},
      {"batch_norm", [](V x, V w) { return batch_norm(x, w, w, {}, {}); }, {4, 3}, {3}, Changed::first},
      {"conv2d", [](V x, V w) { return conv2d(x, w); }, {1, 2, 5, 5}, {3, 2, 3, 3}, Changed::first},
      {"linear", [](V x, V w) { return linear(x, w); }, {2, 3}, {4, 3}, Changed::first},
      {"matmul", [](V x, V w) { return matmul(w, x); }, {2, 3}, {4, 2}, Changed::first},
      {"mul", [](V x, V w) { return x * w; }, {2, 3}, {2, 3}, Changed::first},
      {"mul", [](V x, V w) { return w * x; }, {2, 3}, {3}, Changed::first},
  };
  for (const Changed& row : table) {
    CAPTURE(row.op);
    check_changes(row);
  }
}

TEST_CASE("changed values: the weight of a convolution, the bias of none") {
  const Variable x = leaf({1, 2, 5, 5});
  const Variable w = leaf({3, 2, 3, 3});
  const Variable b = leaf({3});
  Tape tape;
  Variable loss = sum(conv2d(x, w, b, {}, Activation::relu));
  overwrite(b);
  CHECK_NOTHROW(tape.backward(loss));
  loss = sum(conv2d(x, w, b));
  overwrite(w);
  check_error([&] { tape.backward(loss); }, {"AutogradError: conv2d: its backward needs the float32 [3, 2, 3, 3]",
                                             "fill changed it in place", "clone()"});
}

TEST_CASE("changed values: who changed them is named") {
  const Variable x = leaf({4});
  struct Row {
    const char* name;
    std::function<void(Tensor)> change;
  };
  const std::vector<Row> table{
      {"fill", [](Tensor t) { t.narrow(0, 1, 1).fill(3); }},
      {"copy_from", [](Tensor t) { t.copy_from(Tensor::ones({4})); }},
      {"add_scaled", [](Tensor t) { add_scaled(t, Tensor::ones({4})); }},
      {"relu_in_place", [](Tensor t) { relu_in_place(t); }},
      {"mutable_data", [](Tensor t) { t.mutable_data<float>()[0] = 2; }},
      {"my_op",
       [](Tensor t) {
         t.mutable_data<float>()[0] = 2;
         t.mark_changed("my_op");
       }},
  };
  for (const Row& row : table) {
    Tape tape;
    const Variable loss = sum(x * x);
    row.change(x.value());
    check_error([&] { tape.backward(loss); }, {"AutogradError: mul: ", concat(row.name, " changed it in place")});
  }
}

TEST_CASE("changed values: legal changes") {
  const Variable x = leaf({3});
  const Variable scale = leaf({3});
  Tape tape;
  SUBCASE("before the op and after the backward") {
    for (int step = 0; step < 3; ++step) {
      overwrite(x);
      CHECK_NOTHROW(tape.backward(sum(x * scale)));
    }
  }
  SUBCASE("of the gradient to start from") {
    Tensor start = Tensor::ones({3});
    const Tensor same = start;
    for (int step = 0; step < 3; ++step) {
      const Variable y = x * scale;
      start.fill(step);
      CHECK_NOTHROW(tape.backward(exp(y), {.gradient = start}));
    }
  }
  SUBCASE("of what one gradient reads and nobody wants") {
    const Variable constant = Tensor::ones({3});
    const Variable loss = sum(x * constant);
    overwrite(x);  // needed for the gradient of the constant alone
    CHECK_NOTHROW(tape.backward(loss));
  }
  SUBCASE("of the place that a deleted value had") {
    const Variable loss = sum(x * (scale + 1.0));
    Tensor other = Tensor::ones({3});
    const Tensor same = other;
    other.fill(3);
    CHECK_NOTHROW(tape.backward(loss));
  }
  SUBCASE("of a state that backwards count in") {
    Tensor count = Tensor::zeros({});
    const Tensor same = count;
    const auto counted = [&](const Variable& v) {
      return record("counted", {v}, v.value(), [count](const Variable& grad, const Step&) -> Gradients {
        Tensor state = count;
        state.copy_from(state + 1.0);
        return {grad};
      });
    };
    for (int step = 0; step < 3; ++step) CHECK_NOTHROW(tape.backward(sum(counted(counted(x)))));
    CHECK(count.item() == 6);
  }
}

TEST_CASE("changed values: between two backwards of a tape that is kept") {
  const Variable x = leaf({3});
  Tape tape;
  const Variable loss = sum(x * x);
  tape.backward(loss, {.retain = true});
  CHECK_NOTHROW(tape.backward(loss, {.retain = true}));
  overwrite(x);
  check_error([&] { tape.backward(loss, {.retain = true}); }, {"AutogradError: mul: ", "fill changed it"});
  check_error([&] { static_cast<void>(grad({loss}, {x})); }, {"AutogradError: mul: ", "fill changed it"});
}

TEST_CASE("changed values: what a recorded backward saved counts as well") {
  const Variable x = leaf({3});
  Tape tape;
  const Variable slope = grad({sum(x * x * x)}, {x}, {.create_graph = true})[0];
  CHECK_NOTHROW(static_cast<void>(grad({sum(slope * slope)}, {x})));
  overwrite(x);
  check_error([&] { tape.backward(sum(slope * slope)); }, {"AutogradError: mul: ", "fill changed it"});
}

TEST_CASE("changed values: after the error everything goes on") {
  const Variable x = leaf({3});
  Tape tape;
  const Variable loss = sum(x * x);
  overwrite(x);
  CHECK_THROWS_AS(tape.backward(loss), AutogradError);
  CHECK(x.value().at({2}) == 0.25);
  tape.backward(sum(x * x));
  CHECK(x.grad().at({0}) == 0.5);
}

TEST_CASE("changed values: by another thread") {
  const Variable x = leaf({3});
  Tape tape;
  const Variable loss = sum(x * x);
  std::thread([&] { overwrite(x); }).join();
  check_error([&] { tape.backward(loss); }, {"AutogradError: mul: ", "fill changed it"});
}

TEST_CASE("changed values: kernels that read on several threads") {
  const WithThreads four(4);
  using V = const Variable&;
  const std::vector<Changed> table{
      {"conv2d", [](V x, V w) { return conv2d(x, w, {}, {.padding = 1}); }, {8, 16, 24, 24}, {32, 16, 3, 3}},
      {"conv2d", [](V x, V w) { return conv2d(x, w, {}, {.stride = 2}); }, {8, 16, 25, 25}, {32, 16, 5, 5}},
      {"conv2d", [](V x, V w) { return conv2d(x, w); }, {8, 32, 24, 24}, {64, 32, 1, 1}},
      {"conv2d", [](V x, V w) { return conv2d(x, w, {}, {.groups = 32}); }, {8, 32, 24, 24}, {32, 1, 3, 3}},
      {"linear", [](V x, V w) { return linear(x, w); }, {256, 128}, {256, 128}},
      {"matmul", [](V x, V w) { return matmul(x, w); }, {256, 128}, {128, 256}},
      {"mul", [](V x, V w) { return x * w; }, {400, 256}, {400, 256}},
  };
  for (const Changed& row : table) {
    for (int i = 0; i < 6; ++i) {
      CAPTURE(row.op);
      CAPTURE(row.w);
      CAPTURE(i);
      const Variable x = leaf(row.x);
      const Variable w = leaf(row.w);
      Tape tape;
      const Variable loss = sum(row.call(x, w));
      overwrite(i % 2 == 0 ? x : w);
      check_error([&] { tape.backward(loss); }, {concat("AutogradError: ", row.op), "fill changed it in place"});
    }
  }
}
