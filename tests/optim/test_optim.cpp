#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <reel/autograd/ops/arithmetic.h>
#include <reel/autograd/ops/reduce.h>
#include <reel/autograd/tape.h>
#include <reel/core/random.h>
#include <tests/autograd/errors.h>
#include <tests/note.h>
#include <tests/optim/optim_cases.h>
#include <tests/threads.h>

using namespace reel;
using namespace reel::testing;

namespace {

const std::vector<std::string> kinds{
    "op=sgd lr=0.1 momentum=0 weight_decay=0.1",
    "op=sgd lr=0.1 momentum=0.9 weight_decay=0.1 nesterov=1",
    "op=adam lr=0.1 weight_decay=0.1",
    "op=adam lr=0.1 amsgrad=1",
    "op=adamw lr=0.1 weight_decay=0.1",
    "op=rmsprop lr=0.1 weight_decay=0.1",
    "op=rmsprop lr=0.01 momentum=0.9 centered=1",
    "op=adagrad lr=0.1 weight_decay=0.1",
};

Variable leaf(std::initializer_list<double> values) { return Variable::leaf(Tensor::of(values, float64)); }

}  // namespace

TEST_CASE("optim: parameters may be neighbours in one piece of memory") {
  const Tensor whole = Tensor::zeros({4});
  CHECK_NOTHROW(optim::SGD({Variable::leaf(whole.narrow(0, 2, 2)), Variable::leaf(whole.narrow(0, 0, 2))}, {.lr = 1}));
}

TEST_CASE("optim: 100 steps of every optimizer are those of PyTorch") {
  const io::SafeTensors file = load_golden("optim");
  int cases = 0;
  for (const auto& [name, text] : file.metadata) {
    const auto wanted = file.tensors.find(name + ".after");
    if (wanted == file.tensors.end() || text.starts_with("op=clip") || text.starts_with("op=ema")) continue;
    const auto noted = note(name);
    ++cases;
    const DType dtype = wanted->second.dtype();
    std::vector<Variable> parameters;
    for (const char* key : {"initial0", "initial1"}) {
      parameters.push_back(Variable::leaf(file.tensors.at(key).clone().to(dtype)));
    }
    const auto optimizer = make_optimizer(text, parameters);
    std::vector<std::int64_t> kept{1, 10, 100};
    for (std::int64_t step = 0; step < 100; ++step) {
      for (std::size_t p = 0; p < parameters.size(); ++p) {
        parameters[p].set_grad(file.tensors.at(concat("gradient", p))[step].to(dtype));
      }
      optimizer->step();
      const auto row = std::find(kept.begin(), kept.end(), step + 1);
      if (row == kept.end()) continue;
      CAPTURE(step);
      const Tensor expected = wanted->second[row - kept.begin()];
      const std::int64_t first = parameters[0].numel();
      const double bound = dtype == float64 ? 1e-10 : 1e-5;
      CHECK(relative_error(parameters[0].value().flatten(), expected.narrow(0, 0, first)) <= bound);
      CHECK(relative_error(parameters[1].value(), expected.narrow(0, first, parameters[1].numel())) <= bound);
    }
  }
  CHECK(cases == 54);
}

TEST_CASE("optim: gradients are only read, and parameters without one stay") {
  for (const std::string& op : kinds) {
    CAPTURE(op);
    const Variable a = leaf({1, 2});
    const Variable b = leaf({3, 4});
    const auto optimizer = make_optimizer(op, {a, b});
    const Tensor gradient = Tensor::of({5, -6}, float64);
    a.set_grad(gradient);
    optimizer->step();
    CHECK(a.value().at({0}) < 1);
    CHECK(a.value().at({1}) > 1.9);
    CHECK(gradient.at({1}) == -6);
    CHECK(b.value().at({0}) == 3);
    CHECK(b.value().at({1}) == 4);
    optimizer->zero_grad();
    CHECK_FALSE(a.grad().defined());
    // The one that comes later starts with its own first step, as in PyTorch.
    const Variable alone = leaf({3, 4});
    const auto fresh = make_optimizer(op, {alone});
    for (const Variable& p : {b, alone}) p.set_grad(gradient);
    optimizer->step();
    fresh->step();
    CHECK(relative_error(b.value(), alone.value()) == 0);
  }
}

TEST_CASE("optim: gradients that are views, as a broadcast leaves them") {
  const Variable a = Variable::leaf(Tensor::zeros({2, 3}));
  Tape tape;
  tape.backward(sum(a));  // its gradient is one number, expanded
  optim::SGD sgd({a}, {.lr = 0.5});
  sgd.step();
  for (const std::int64_t i : {0, 1}) CHECK(a.value().at({i, 2}) == -0.5);
}

TEST_CASE("optim: learning rate and momentum can be changed on the way") {
  const Variable a = leaf({1});
  optim::SGD sgd({a}, {.lr = 0.5});
  CHECK(sgd.lr() == 0.5);
  sgd.set_lr(0.25);
  a.set_grad(Tensor::of({2}, float64));
  sgd.step();
  CHECK(a.value().item() == 0.5);
  optim::Adam adam({a});
  CHECK(adam.momentum() == 0.9);
  adam.set_momentum(0.5);
  CHECK(adam.momentum() == 0.5);
  sgd.set_lr(0);
  sgd.step();
  CHECK(a.value().item() == 0.5);
}

TEST_CASE("optim: both find the lowest point of a bowl") {
  const auto descend = [](auto make) {
    const Variable x = leaf({3, -2});
    auto optimizer = make(x);
    for (int i = 0; i < 300; ++i) {
      Tape tape;
      const Variable off = x - Tensor::of({1, 0.5}, float64);
      tape.backward(sum(off * off * Tensor::of({1, 5}, float64)));
      optimizer.step();
      optimizer.zero_grad();
    }
    return relative_error(x.value(), Tensor::of({1, 0.5}, float64));
  };
  CHECK(descend([](const Variable& x) { return optim::SGD({x}, {.lr = 0.05, .momentum = 0.5}); }) < 1e-6);
  CHECK(descend([](const Variable& x) { return optim::Adam({x}, {.lr = 0.1}); }) < 1e-3);
}

TEST_CASE("optim: what they refuse") {
  const Variable a = leaf({1});
  const auto sgd = [a](const optim::SGDOptions& options) { return [a, options] { optim::SGD({a}, options); }; };
  const auto adam = [a](const optim::AdamOptions& options) { return [a, options] { optim::Adam({a}, options); }; };
  const auto rmsprop = [a](const optim::RMSpropOptions& o) { return [a, o] { optim::RMSprop({a}, o); }; };
  const auto adagrad = [a](const optim::AdagradOptions& o) { return [a, o] { optim::Adagrad({a}, o); }; };
  check_errors({
      {[] { optim::SGD({}, {}); }, {"ValueError: optimizer: ", "no parameters"}},
      {[a] {
         optim::SGD({a, Variable(Tensor::ones({2}))}, {});
       },
       {"AutogradError: ", "Variable::leaf"}},
      {[] {
         optim::Adam({Variable::leaf(Tensor::zeros({2, 3}).transpose(0, 1))});
       },
       {"ValueError: optimizer: ", "[3, 2]", "contiguous"}},
      {[a] {
         optim::SGD({leaf({2}), a, Variable(a)}, {});
       },
       {"ValueError: optimizer: ", "[1]", "twice"}},
      {[] {
         const Tensor whole = Tensor::zeros({4});
         optim::SGD({Variable::leaf(whole.narrow(0, 2, 2)), leaf({2}), Variable::leaf(whole.narrow(0, 0, 3))}, {});
       },
       {"ValueError: optimizer: ", "[3]", "[2]", "share memory"}},
      {sgd({.lr = -1}), {"ValueError: optimizer: ", "learning rate", "-1"}},
      {sgd({.lr = NAN}), {"ValueError: optimizer: ", "nan"}},
      {sgd({.lr = INFINITY}), {"ValueError: optimizer: ", "inf"}},
      {sgd({.momentum = -0.5}), {"ValueError: SGD: ", "-0.5"}},
      {sgd({.dampening = -0.5}), {"ValueError: SGD: ", "-0.5"}},
      {sgd({.weight_decay = -0.5}), {"ValueError: SGD: ", "-0.5"}},
      {sgd({.weight_decay = INFINITY}), {"ValueError: SGD: ", "inf"}},
      {sgd({.weight_decay = NAN}), {"ValueError: SGD: ", "nan"}},
      {sgd({.momentum = INFINITY}), {"ValueError: SGD: ", "inf"}},
      {sgd({.nesterov = true}), {"ValueError: SGD: ", "Nesterov"}},
      {sgd({.momentum = 0.9, .dampening = 0.1, .nesterov = true}), {"ValueError: SGD: ", "Nesterov", "0.1"}},
      {adam({.beta1 = 1}), {"ValueError: Adam: ", "[0, 1)"}},
      {adam({.beta2 = -0.1}), {"ValueError: Adam: ", "-0.1"}},
      {adam({.eps = -1}), {"ValueError: Adam: ", "eps"}},
      {adam({.weight_decay = -1}), {"ValueError: Adam: ", "weight_decay"}},
      {adam({.weight_decay = INFINITY}), {"ValueError: Adam: ", "weight_decay", "inf"}},
      {adam({.weight_decay = NAN}), {"ValueError: Adam: ", "weight_decay", "nan"}},
      {[a] { optim::AdamW({a}, {.lr = -1}); }, {"ValueError: optimizer: ", "-1"}},
      {[a] { optim::AdamW({a}, {.weight_decay = -2}); }, {"ValueError: Adam", "-2"}},
      {rmsprop({.alpha = 1.5}), {"ValueError: RMSprop: ", "alpha", "1.5"}},
      {rmsprop({.eps = -1}), {"ValueError: RMSprop: ", "eps", "-1"}},
      {rmsprop({.weight_decay = NAN}), {"ValueError: RMSprop: ", "weight_decay", "nan"}},
      {rmsprop({.momentum = -0.5}), {"ValueError: RMSprop: ", "momentum", "-0.5"}},
      {adagrad({.lr_decay = -1}), {"ValueError: Adagrad: ", "lr_decay", "-1"}},
      {adagrad({.weight_decay = INFINITY}), {"ValueError: Adagrad: ", "weight_decay", "inf"}},
      {adagrad({.initial_accumulator_value = -2}), {"ValueError: Adagrad: ", "initial_accumulator_value", "-2"}},
      {adagrad({.eps = NAN}), {"ValueError: Adagrad: ", "eps", "nan"}},
      {[a] { static_cast<void>(optim::Adagrad({a}).momentum()); }, {"StateError: optimizer: ", "no momentum"}},
      {[a] { optim::Adagrad({a}).set_momentum(0.5); }, {"StateError: optimizer: ", "no momentum"}},
      {[a] {
         optim::SGD({{{a}, {.lr = 1}}, {{leaf({2})}, {.lr = -1}}});
       },
       {"ValueError: optimizer: ", "rate", "-1"}},
      {[a] {
         optim::SGD({{{a}, {}}, {{leaf({2})}, {.momentum = -1}}});
       },
       {"ValueError: SGD: ", "-1"}},
      {[a] {
         optim::Adam({{{a}, {}}, {{a}, {}}});
       },
       {"ValueError: optimizer: ", "[1]", "twice"}},
      {[a] { optim::Adam({a}).set_lr(1, 0.1); }, {"IndexError: optimizer: ", "group 1", "[0, 1)"}},
  });
}

TEST_CASE("optim: groups have options of their own, and one rate can be set for all") {
  const Variable a = leaf({1});
  const Variable b = leaf({1});
  optim::SGD sgd({{{a}, {.lr = 0.5}}, {{b}, {.lr = 0.25, .weight_decay = 1}}});
  CHECK(sgd.group_count() == 2);
  CHECK(sgd.parameters().size() == 2);
  CHECK(sgd.options(1).weight_decay == 1);
  for (const Variable& p : {a, b}) p.set_grad(Tensor::of({1}, float64));
  sgd.step();
  CHECK(a.value().item() == 0.5);
  CHECK(b.value().item() == 0.5);
  sgd.set_lr(1, 0);
  CHECK(sgd.lr(0) == 0.5);
  CHECK(sgd.options(1).lr == 0);
  sgd.set_lr(0.125);
  CHECK(sgd.lr(0) == 0.125);
  CHECK(sgd.lr(1) == 0.125);
}

TEST_CASE("optim: frozen parameters are skipped") {
  for (const std::string& op : kinds) {
    CAPTURE(op);
    const Variable a = leaf({1, 2});
    const Variable b = leaf({1, 2});
    const auto optimizer = make_optimizer(op, {a, b});
    const auto step = [&] {
      Tape tape;
      tape.backward(sum(a * b));
      optimizer->step();
      optimizer->zero_grad();
    };
    step();
    a.set_requires_grad(false);
    const Tensor before = a.value().clone();
    step();
    CHECK(same_bits(a.value(), before));
    CHECK(b.value().at({0}) != before.at({0}));
    a.set_requires_grad(true);
    step();
    CHECK(a.value().at({0}) != before.at({0}));
  }
}

TEST_CASE("optim: one step over many parameters is one over each, with any number of threads") {
  const auto parameters = [] {
    std::vector<Variable> all;
    Generator generator(5);
    for (const Shape& shape : {Shape{3}, Shape{0, 4}, Shape{300, 250}, Shape{}, Shape{7, 9}, Shape{41000}}) {
      for (const DType dtype : {float32, float64}) {
        all.push_back(Variable::leaf(normal(shape, 0, 1, dtype, generator)));
        if (shape != Shape{7, 9}) all.back().set_grad(normal(shape, 0, 1, dtype, generator));
      }
    }
    all[4].set_grad(normal({250, 300}, 0, 1, float32, generator).transpose(0, 1));
    return all;
  };
  for (const std::string& op : kinds) {
    CAPTURE(op);
    const std::vector<Variable> alone = parameters();
    for (const Variable& p : alone) {
      const auto optimizer = make_optimizer(op, {p});
      for (int step = 0; step < 3; ++step) optimizer->step();
    }
    for (const int threads : {1, 2, 3, 8}) {
      const WithThreads with(threads);
      const std::vector<Variable> together = parameters();
      const auto optimizer = make_optimizer(op, together);
      for (int step = 0; step < 3; ++step) optimizer->step();
      for (std::size_t i = 0; i < alone.size(); ++i) {
        CAPTURE(i);
        CHECK(same_bits(together[i].value(), alone[i].value()));
      }
    }
  }
}
