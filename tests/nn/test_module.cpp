#include <doctest/doctest.h>

#include <reel/autograd/ops/activation.h>
#include <reel/autograd/ops/arithmetic.h>
#include <reel/autograd/ops/matmul.h>
#include <reel/autograd/ops/reduce.h>
#include <reel/autograd/tape.h>
#include <reel/core/kernels/reduce.h>
#include <reel/nn/activation.h>
#include <reel/nn/batch_norm.h>
#include <reel/nn/conv.h>
#include <reel/nn/linear.h>
#include <reel/nn/pooling.h>
#include <reel/nn/sequential.h>
#include <tests/autograd/errors.h>

using namespace reel;
using namespace reel::testing;

namespace {

/// A module as a user writes one.
struct Net : nn::Module {
  nn::Linear& hidden = add("hidden", nn::Linear(4, 3));
  nn::Linear& out = add("out", nn::Linear(3, 2));
  const Variable& scale = parameter("scale", Tensor::full({2}, 2));
  Tensor& calls = buffer("calls", Tensor::zeros({}, int64));
  Variable forward(const Variable& x) override {
    calls.fill(calls.item() + 1);
    return scale * out(relu(hidden(x)));
  }
};

nn::Sequential conv_net() {
  return nn::Sequential(nn::Conv2d({.in_channels = 1, .out_channels = 2, .kernel_size = 3, .bias = false}),
                        nn::BatchNorm2d(2), nn::ReLU(), nn::Flatten(), nn::Linear(8, 3));
}

std::vector<std::string> names(const nn::StateDict& state) {
  std::vector<std::string> out;
  for (const auto& [name, tensor] : state) out.push_back(name);
  return out;
}

Tensor input() { return Tensor::arange(0, 8).reshape({2, 4}); }

bool equal(const Tensor& a, const Tensor& b) { return a.shape() == b.shape() && max(abs(a - b)).item() == 0; }

}  // namespace

TEST_CASE("module: parameters, buffers and children by name, in the order of registration") {
  const Net net;
  std::vector<std::string> parameters;
  for (const auto& [name, parameter] : net.named_parameters()) parameters.push_back(name);
  CHECK(parameters == std::vector<std::string>{"scale", "hidden.weight", "hidden.bias", "out.weight", "out.bias"});
  CHECK(net.parameters().size() == 5);
  CHECK(net.parameter_count() == 2 + 4 * 3 + 3 + 3 * 2 + 2);
  REQUIRE(net.named_buffers().size() == 1);
  CHECK(net.named_buffers()[0].first == "calls");
  REQUIRE(net.named_children().size() == 2);
  CHECK(net.named_children()[1].first == "out");
  CHECK(net.named_children()[1].second == &net.out);
}

TEST_CASE("module: names must be free, and have no dot") {
  struct Naming : nn::Module {
    void register_parameter(const std::string& name) { parameter(name, Tensor::zeros({1})); }
    void register_child(const std::string& name) { add(name, nn::ReLU()); }
    void register_buffer(const std::string& name) { buffer(name, Tensor::zeros({1})); }
  } module;
  module.register_parameter("a");
  check_errors({
      {[&] { module.register_parameter(""); }, {"StateError: Module: ", "\"\""}},
      {[&] { module.register_child("a.b"); }, {"StateError: Module: ", "no dot", "a.b"}},
      {[&] { module.register_buffer("a"); }, {"StateError: Module: ", "a is taken"}},
      {[&] { module.register_child("a"); }, {"StateError: Module: ", "a is taken"}},
  });
  CHECK(module.state_dict().size() == 1);
}

TEST_CASE("module: state_dict has PyTorch's keys") {
  CHECK(names(conv_net().state_dict()) == std::vector<std::string>{"0.weight", "1.bias", "1.num_batches_tracked",
                                                                   "1.running_mean", "1.running_var", "1.weight",
                                                                   "4.bias", "4.weight"});
  const nn::StateDict state = conv_net().state_dict();
  CHECK(state.at("0.weight").shape() == Shape{2, 1, 3, 3});
  CHECK(state.at("4.weight").shape() == Shape{3, 8});
  CHECK(state.at("1.running_var").shape() == Shape{2});
  CHECK(state.at("1.num_batches_tracked").shape() == Shape{});
  CHECK(state.at("1.num_batches_tracked").dtype() == int64);
}

TEST_CASE("module: state_dict and load_state_dict, there and back") {
  nn::Sequential trained = conv_net();
  const Tensor images = uniform({4, 1, 4, 4});
  for (int i = 0; i < 3; ++i) static_cast<void>(trained(images));
  nn::Sequential other = conv_net();
  other.load_state_dict(trained.state_dict());
  CHECK(other.state_dict().at("1.num_batches_tracked").item() == 3);
  trained.eval();
  other.eval();
  CHECK(equal(trained(images).value(), other(images).value()));
  other.state_dict().at("4.bias").fill(7);  // the dict shares memory with its own module, and no more
  CHECK(other(images).value().at({0, 0}) != trained(images).value().at({0, 0}));
}

TEST_CASE("module: load_state_dict lists all that does not fit, and then changes nothing") {
  Net net;
  const Tensor before = net.hidden.weight().value().clone();
  nn::StateDict state = Net().state_dict();
  state.erase("out.bias");
  state.erase("scale");
  state["out.weight"] = Tensor::zeros({2, 4});
  state["hidden.bias"] = Tensor::zeros({3}, float64);
  state["hidden.extra"] = Tensor::zeros({5});
  check_error([&] { net.load_state_dict(state); },
              {"StateError: load_state_dict: ", "missing: out.bias float32 [2]", "missing: scale float32 [2]",
               "misfit: out.weight wants float32 [2, 3], got float32 [2, 4]",
               "misfit: hidden.bias wants float32 [3], got float64 [3]", "unexpected: hidden.extra float32 [5]"});
  CHECK(equal(net.hidden.weight().value(), before));
  state = Net().state_dict();
  net.load_state_dict(state);
  CHECK(equal(net.hidden.weight().value(), state.at("hidden.weight")));
}

TEST_CASE("module: train and eval reach all children") {
  nn::Sequential inner(nn::Dropout(0.5), nn::BatchNorm1d(4));
  nn::Sequential outer(std::move(inner), nn::ReLU());
  nn::Module& dropout = *outer[0].named_children()[0].second;
  CHECK(dropout.is_training());
  outer.eval();
  CHECK_FALSE(outer.is_training());
  CHECK_FALSE(dropout.is_training());
  outer.train();
  CHECK(dropout.is_training());
}

TEST_CASE("module: a module that was moved goes on working") {
  Net net;
  const Variable weight = net.hidden.weight();
  const Tensor expected = net(input()).value();
  Net moved = std::move(net);
  CHECK(equal(moved(input()).value(), expected));
  CHECK(&moved.hidden.weight().leaf_state() == &weight.leaf_state());
  CHECK(moved.calls.item() == 2);

  std::vector<nn::Sequential> models;
  for (int i = 0; i < 5; ++i) models.push_back(conv_net());  // moves at every growth
  models.erase(models.begin());
  CHECK(models[2](uniform({2, 1, 4, 4})).shape() == Shape{2, 3});

  nn::Sequential grown(nn::Sequential(nn::Linear(4, 3)), nn::ReLU());
  nn::Sequential target(nn::Linear(1, 1));
  target = std::move(grown);
  target.append(nn::Linear(3, 5));
  CHECK(target(input()).shape() == Shape{2, 5});
  CHECK(names(target.state_dict()) == std::vector<std::string>{"0.0.bias", "0.0.weight", "2.bias", "2.weight"});
}

TEST_CASE("module: gradients reach its parameters, and zero_grad drops them") {
  Net net;
  Tape tape;
  tape.backward(sum(net(input())));
  for (const Variable& parameter : net.parameters()) CHECK(parameter.grad().defined());
  net.zero_grad();
  for (const Variable& parameter : net.parameters()) CHECK_FALSE(parameter.grad().defined());
}

TEST_CASE("module: what was never registered is found") {
  struct ForgottenChild : nn::Module {
    nn::Linear layer{4, 2};
    Variable forward(const Variable& x) override { return layer(x); }
  } child;
  check_error([&] { static_cast<void>(child(input())); },
              {"StateError: Linear(4, 2): ", "ForgottenChild", "not registered", "add(\"name\", ...)"});

  struct ForgottenLeaf : nn::Module {
    Variable scale = Variable::leaf(Tensor::ones({4}), "scale");
    Variable forward(const Variable& x) override { return x * scale; }
  } leaf;
  const Tape tape;
  check_error([&] { static_cast<void>(leaf(input())); },
              {"StateError: ForgottenLeaf: ", "scale", "[4]", "parameter(\"name\", tensor)"});

  struct ForgottenWeights : nn::Module {
    nn::Linear layer{4, 2};
    Variable forward(const Variable& x) override { return linear(x, layer.weight(), layer.bias()); }
  } weights;
  for (int i = 0; i < 2; ++i) {  // the first error leaves no trace on the tape that would hide the second
    check_error([&] { static_cast<void>(weights(input())); },
                {"StateError: ForgottenWeights: ", "parameter weight of shape [2, 4]", "add(\"name\", ...)"});
  }

  struct Outer : nn::Module {
    ForgottenWeights& inner = add("inner", ForgottenWeights());
    Variable forward(const Variable& x) override { return inner(x); }
  } outer;
  check_error([&] { static_cast<void>(outer(input())); }, {"StateError: Outer (inner): ", "weight of shape [2, 4]"});

  struct Unparametrised : nn::Module {
    nn::ReLU relu;
    Variable forward(const Variable& x) override { return relu(x); }
  } harmless;
  CHECK_NOTHROW(static_cast<void>(harmless(input())));
  Net net;
  CHECK_NOTHROW(static_cast<void>(net(Variable::leaf(input()))));  // an input may be a leaf
}

TEST_CASE("module: a layer may be registered by the forward that needs it first") {
  struct Lazy : nn::Module {
    nn::Linear& first = add("first", nn::Linear(4, 3));
    nn::Linear* second = nullptr;
    Variable forward(const Variable& x) override {
      const Variable y = first(x);
      if (second == nullptr) second = &add("second", nn::Linear(y.size(1), 2));
      return (*second)(y);
    }
  };
  Lazy model;
  Tape tape;
  tape.backward(sum(model(input())));
  for (const Variable& p : model.parameters()) CHECK(p.grad().defined());
}

TEST_CASE("module: a method of one's own finds what was never registered where it enters") {
  struct Own : nn::Module {
    nn::Linear& known = add("known", nn::Linear(4, 4));
    nn::Linear layer{4, 4};
    Variable scale = Variable::leaf(Tensor::ones({4}), "scale");
    Variable forgets_layer(const Variable& x) {
      const auto call = enter(x);
      return layer(known(x));
    }
    Variable forgets_weight(const Variable& x) const {
      const auto call = enter(x);
      return linear(x, layer.weight());
    }
    Variable forgets_leaf(const Variable& x) {
      const auto call = enter(x);
      return known(x) * scale;
    }
    Variable scaled(const Variable& x, const Variable& by) {
      const auto call = enter(x, by, Tensor::ones({1}));
      return known(x) * by;
    }
    Variable mismatched(const Variable& x) {
      const auto call = enter();
      return known(x);
    }
    Variable forward(const Variable& x) override { return mismatched(x); }
  } own;
  const Tape tape;
  check_errors({
      {call([&] { return own.forgets_layer(input()); }), {"StateError: Linear(4, 4): ", "inside Own", "add("}},
      {call([&] { return own.forgets_weight(input()); }), {"StateError: Own: ", "parameter weight of shape [4, 4]"}},
      {call([&] { return own.forgets_leaf(input()); }), {"StateError: Own: ", "leaf scale of shape [4]", "parameter("}},
      {call([&] {
         return own.mismatched(zeros({2, 3}));
       }),
       {"ShapeError: linear (known): "}},
  });
  CHECK_NOTHROW(static_cast<void>(own(input())));  // a method entered from forward
  struct Outer : nn::Module {
    Own& inner = add("inner", Own());
    Variable forward(const Variable& x) override { return inner(x); }
  } outer;
  check_error(call([&] { return outer(zeros({2, 3})); }), {"ShapeError: linear (inner.known): "});
  CHECK_NOTHROW(static_cast<void>(own.scaled(input(), own.scale)));
  CHECK_NOTHROW(static_cast<void>(own.scaled(Variable::leaf(input()), Tensor::ones({4}))));
}

TEST_CASE("module: leaves of a tape that is made within a call are its own business") {
  struct Slope : nn::Module {
    nn::Linear& layer = add("layer", nn::Linear(4, 1));
    Variable forward(const Variable& x) override {
      const Variable at = Variable::leaf(x.value());
      const Tape inner;
      return grad({sum(layer(at))}, {at})[0].detach() + sum(layer(x));
    }
  } slope;
  const Tape tape;
  CHECK_NOTHROW(static_cast<void>(slope(input())));
}

TEST_CASE("module: one that was moved from says so") {
  nn::Sequential model{nn::Linear(4, 3)};
  nn::Sequential moved = std::move(model);
  check_error([&] { static_cast<void>(model(input())); },  // NOLINT(bugprone-use-after-move): that is the test
              {"StateError: Module: ", "moved from"});
  nn::Sequential assigned;
  CHECK_NOTHROW(static_cast<void>(assigned(input())));  // nothing in it, and so the identity
  assigned = std::move(moved);
  check_error([&] { static_cast<void>(moved(input())); },  // NOLINT(bugprone-use-after-move)
              {"StateError: Module: ", "moved from"});
  moved = nn::Sequential{nn::ReLU()};
  CHECK_NOTHROW(static_cast<void>(moved(input())));
  CHECK(assigned(input()).shape() == Shape{2, 3});
}

TEST_CASE("module: errors carry the path of the module, also after an earlier error") {
  struct Model : nn::Module {
    nn::Sequential& features =
        add("features",
            nn::Sequential(nn::Conv2d({.in_channels = 3, .out_channels = 16, .kernel_size = 3}), nn::ReLU(),
                           nn::MaxPool2d(2), nn::Conv2d({.in_channels = 32, .out_channels = 64, .kernel_size = 3})));
    nn::Linear& head = add("head", nn::Linear(5, 2));
    Variable forward(const Variable& x) override { return x.rank() == 4 ? features(x) : head(x); }
  } model;
  const std::string expected =
      "ShapeError: conv2d (features.3): weight [64, 32, 3, 3] wants 32 input channels, input [8, 16, 14, 14] has 16";
  for (int i = 0; i < 2; ++i) {
    CHECK(error_of([&] { static_cast<void>(model(Tensor::zeros({8, 3, 30, 30}))); }) == expected);
  }
  check_error([&] { static_cast<void>(model(Tensor::zeros({2, 4}))); }, {"ShapeError: linear (head): ", "[2, 4]"});
  check_error([] { static_cast<void>(relu(Tensor::zeros({1}, int64))); }, {"TypeError: relu: "});
}

TEST_CASE("module: a module without forward(x) says so") {
  struct Pair : nn::Module {
    Variable both(const Variable& a, const Variable& b) { return a + b; }
  } module;
  check_error([&] { static_cast<void>(module(input())); }, {"Error: Pair: ", "no forward(x)"});
}

TEST_CASE("module: printing") {
  const nn::Sequential lenet(
      nn::Conv2d({.in_channels = 1, .out_channels = 6, .kernel_size = 5, .padding = 2}), nn::ReLU(), nn::MaxPool2d(2),
      nn::Sequential(nn::Conv2d({.in_channels = 6, .out_channels = 16, .kernel_size = {5, 3}, .bias = false}),
                     nn::BatchNorm2d(16)),
      nn::Flatten(), nn::Linear(400, 10), nn::Dropout(0.25));
  CHECK(concat(lenet) == R"(Sequential {
  0: Conv2d(1, 6, kernel_size=5, padding=2)
  1: ReLU
  2: MaxPool2d(2)
  3: Sequential {
    0: Conv2d(6, 16, kernel_size=(5, 3), bias=false)
    1: BatchNorm2d(16)
  }
  4: Flatten
  5: Linear(400, 10)
  6: Dropout(0.25)
})");
  CHECK(Net().describe() == "Net");
  CHECK(concat(nn::Conv2d({.in_channels = 4,
                           .out_channels = 4,
                           .kernel_size = 3,
                           .stride = 2,
                           .padding = "same",
                           .dilation = 2,
                           .groups = 4})) ==
        "Conv2d(4, 4, kernel_size=3, stride=2, padding=same, dilation=2, groups=4)");
}
