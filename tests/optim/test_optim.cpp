#include <doctest/doctest.h>

#include <cmath>
#include <memory>
#include <reel/autograd/ops/arithmetic.h>
#include <reel/autograd/ops/reduce.h>
#include <reel/autograd/tape.h>
#include <reel/core/random.h>
#include <reel/optim/adam.h>
#include <reel/optim/sgd.h>
#include <tests/autograd/errors.h>
#include <tests/autograd/golden.h>
#include <tests/threads.h>

using namespace reel;
using namespace reel::testing;

namespace {

constexpr int steps = 20;

std::unique_ptr<optim::Optimizer> make_optimizer(const Attributes& a, const std::vector<Variable>& parameters) {
  const std::string& op = a.word("op");
  if (op == "sgd") {
    return std::make_unique<optim::SGD>(parameters, optim::SGDOptions{.lr = a.number("lr"),
                                                                      .momentum = a.number("momentum"),
                                                                      .dampening = a.number("dampening"),
                                                                      .weight_decay = a.number("weight_decay"),
                                                                      .nesterov = a.flag("nesterov")});
  }
  const std::string& betas = a.word("betas");
  const double beta1 = std::stod(betas);
  const double beta2 = std::stod(betas.substr(betas.find(',') + 1));
  if (op == "adam") {
    return std::make_unique<optim::Adam>(
        parameters, optim::AdamOptions{a.number("lr"), beta1, beta2, a.number("eps"), a.number("weight_decay")});
  }
  return std::make_unique<optim::AdamW>(
      parameters, optim::AdamWOptions{a.number("lr"), beta1, beta2, a.number("eps"), a.number("weight_decay")});
}

bool is_optimizer(const std::string& text) { return text.starts_with("op=sgd ") || text.starts_with("op=adam"); }

Variable leaf(std::initializer_list<double> values) { return Variable::leaf(Tensor::of(values, float64)); }

}  // namespace

TEST_CASE("optim: parameters may be neighbours in one piece of memory") {
  const Tensor whole = Tensor::zeros({4});
  CHECK_NOTHROW(optim::SGD({Variable::leaf(whole.narrow(0, 2, 2)), Variable::leaf(whole.narrow(0, 0, 2))}, {.lr = 1}));
}

TEST_CASE("optim: SGD, Adam and AdamW step as PyTorch's do") {
  const io::SafeTensors file = load_golden("optim");
  int cases = 0;
  for (const auto& [name, text] : file.metadata) {
    if (!is_optimizer(text)) continue;
    CAPTURE(name);
    ++cases;
    std::vector<Variable> parameters;
    for (const char* key : {"initial.param0", "initial.param1"}) {
      parameters.push_back(Variable::leaf(file.tensors.at(key).clone()));
    }
    const auto optimizer = make_optimizer(Attributes(text), parameters);
    for (int step = 1; step <= steps; ++step) {
      CAPTURE(step);
      for (std::size_t p = 0; p < parameters.size(); ++p) {
        parameters[p].set_grad(file.tensors.at(concat("gradient.step", step, ".param", p)));
      }
      optimizer->step();
      for (std::size_t p = 0; p < parameters.size(); ++p) {
        const auto wanted = file.tensors.find(concat(name, ".step", step, ".param", p));
        if (wanted == file.tensors.end()) continue;
        CHECK(relative_error(parameters[p].value(), wanted->second) <= 1e-12);
      }
    }
  }
  CHECK(cases == 11);
}

TEST_CASE("optim: gradients are only read, and parameters without one stay") {
  for (const std::string op : {"op=sgd lr=0.1 momentum=0.9 dampening=0 weight_decay=0.1 nesterov=0",
                               "op=adam lr=0.1 betas=0.9,0.999 eps=1e-8 weight_decay=0.1",
                               "op=adamw lr=0.1 betas=0.9,0.999 eps=1e-8 weight_decay=0.1"}) {
    CAPTURE(op);
    const Variable a = leaf({1, 2});
    const Variable b = leaf({3, 4});
    const auto optimizer = make_optimizer(Attributes(op), {a, b});
    const Tensor gradient = Tensor::of({5, -6}, float64);
    a.set_grad(gradient);
    optimizer->step();
    CHECK(a.value().at({0}) < 1);
    CHECK(a.value().at({1}) > 1.99);
    CHECK(gradient.at({1}) == -6);
    CHECK(b.value().at({0}) == 3);
    CHECK(b.value().at({1}) == 4);
    optimizer->zero_grad();
    CHECK_FALSE(a.grad().defined());
    // The one that comes later starts with its own first step, as in PyTorch.
    const Variable alone = leaf({3, 4});
    const auto fresh = make_optimizer(Attributes(op), {alone});
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
  });
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
  for (const std::string op : {"op=sgd lr=0.1 momentum=0 dampening=0 weight_decay=0.1 nesterov=0",
                               "op=sgd lr=0.1 momentum=0.9 dampening=0 weight_decay=0.1 nesterov=1",
                               "op=adam lr=0.1 betas=0.9,0.999 eps=1e-8 weight_decay=0.1",
                               "op=adamw lr=0.1 betas=0.9,0.999 eps=1e-8 weight_decay=0.1"}) {
    CAPTURE(op);
    const std::vector<Variable> alone = parameters();
    for (const Variable& p : alone) {
      const auto optimizer = make_optimizer(Attributes(op), {p});
      for (int step = 0; step < 3; ++step) optimizer->step();
    }
    for (const int threads : {1, 2, 3, 8}) {
      const WithThreads with(threads);
      const std::vector<Variable> together = parameters();
      const auto optimizer = make_optimizer(Attributes(op), together);
      for (int step = 0; step < 3; ++step) optimizer->step();
      for (std::size_t i = 0; i < alone.size(); ++i) {
        CAPTURE(i);
        CHECK(same_bits(together[i].value(), alone[i].value()));
      }
    }
  }
}
