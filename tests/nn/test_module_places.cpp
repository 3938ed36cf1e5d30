#include <doctest/doctest.h>

#include <reel/autograd/ops/activation.h>
#include <reel/autograd/ops/arithmetic.h>
#include <reel/autograd/ops/matmul.h>
#include <reel/autograd/ops/reduce.h>
#include <reel/autograd/tape.h>
#include <reel/nn/activation.h>
#include <reel/nn/batch_norm.h>
#include <reel/nn/conv.h>
#include <reel/nn/linear.h>
#include <reel/nn/module_list.h>
#include <reel/nn/sequential.h>
#include <reel/optim/sgd.h>
#include <tests/autograd/errors.h>
#include <tests/threads.h>

using namespace reel;
using namespace reel::testing;

namespace {

/// A layer in two places, and two layers with one weight.
struct Shared : nn::Module {
  nn::Linear& first = add("first", nn::Linear(4, 4));
  nn::Linear& again = add("again", first);
  nn::Linear& tied = add("tied", nn::Linear(4, 4));
  Shared() { tied.tie("weight", first.weight()); }
  Variable forward(const Variable& x) override { return tied(again(first(x))); }
};

template <class Named>
std::vector<std::string> names(const Named& named) {
  std::vector<std::string> out;
  for (const auto& [name, item] : named) out.push_back(name);
  return out;
}

Tensor input() { return Tensor::arange(0, 8).reshape({2, 4}); }

}  // namespace

TEST_CASE("shared parameters: counted, saved and stepped once") {
  Shared model;
  CHECK(names(model.named_parameters()) == std::vector<std::string>{"first.weight", "first.bias", "tied.bias"});
  CHECK(names(model.state_dict()) == std::vector<std::string>{"first.bias", "first.weight", "tied.bias"});
  CHECK(model.parameter_count() == 16 + 4 + 4);
  CHECK(names(model.named_children()) == std::vector<std::string>{"first", "again", "tied"});
  CHECK(&model.again == &model.first);
  CHECK(model.tied.weight().value().shares_memory_with(model.first.weight().value()));

  // The gradient is the sum over all its uses.
  const Variable w = Variable::leaf(model.first.weight().value().clone());
  const Variable b = model.first.bias(), c = model.tied.bias();
  Tape tape;
  tape.backward(sum(model(input())));
  const Tensor gradient = model.first.weight().grad().clone();
  tape.backward(sum(linear(linear(linear(input(), w, b), w, b), w, c)));
  CHECK(same_bits(gradient, w.grad()));

  optim::SGD optimizer(model.parameters(), {.lr = 0.5});
  CHECK(optimizer.parameters().size() == 3);
  const Tensor expected = model.first.weight().value() - gradient * 0.5;
  optimizer.step();
  CHECK(same_bits(model.tied.weight().value(), expected));
}

TEST_CASE("shared parameters: state dicts with any of their names can be loaded") {
  const Shared saved;
  nn::StateDict state = saved.state_dict();
  const auto loads = [&](const nn::StateDict& dict) {
    Shared model;
    model.load_state_dict(dict);
    return same_bits(model.tied.weight().value(), saved.first.weight().value()) &&
           same_bits(model.again.bias().value(), saved.first.bias().value());
  };
  CHECK(loads(state));
  nn::StateDict as_pytorch = state;  // all names
  as_pytorch["again.weight"] = as_pytorch["tied.weight"] = state.at("first.weight");
  as_pytorch["again.bias"] = state.at("first.bias");
  CHECK(loads(as_pytorch));
  as_pytorch.erase("first.weight");
  as_pytorch.erase("first.bias");
  CHECK(loads(as_pytorch));
  as_pytorch.erase("again.weight");
  CHECK(loads(as_pytorch));
  as_pytorch.erase("tied.weight");
  as_pytorch["again.bias"] = Tensor::zeros({5});
  Shared model;
  check_error([&] { model.load_state_dict(as_pytorch); },
              {"StateError: load_state_dict: ", "missing: first.weight float32 [4, 4]",
               "misfit: again.bias wants float32 [4], got float32 [5]"});
}

TEST_CASE("shared parameters: buffers of a module in two places are one") {
  nn::Sequential model{nn::BatchNorm1d(4), nn::ReLU()};
  model.append(model[0]);
  CHECK(model.size() == 3);
  CHECK(names(model.named_buffers()) ==
        std::vector<std::string>{"0.running_mean", "0.running_var", "0.num_batches_tracked"});
  static_cast<void>(model(input()));
  CHECK(model.state_dict().at("0.num_batches_tracked").item() == 2);
  // A reference that outlives the move of its owner is the same module.
  nn::Sequential moved = std::move(model);
  CHECK(&moved[0] == &moved[2]);
}

TEST_CASE("shared parameters: what can't be shared") {
  struct Model : nn::Module {
    nn::Sequential& inner = add("inner", nn::Sequential(nn::Linear(2, 3)));
    nn::Linear loose{2, 2};
    void share_loose() { add("loose", loose); }
    void share_taken() { add("inner", inner); }
    void share_into_itself() { inner.append(inner); }
  } model;
  nn::Linear linear(2, 3);
  check_errors({
      {[&] { model.share_loose(); }, {"StateError: Module: ", "Linear(2, 2)", "loose", "registered somewhere"}},
      {[&] { model.share_taken(); }, {"StateError: Module: ", "inner is taken"}},
      {[&] { model.share_into_itself(); }, {"StateError: Module: ", "part of itself"}},
      {[&] { linear.tie("other", linear.weight()); }, {"StateError: Linear(2, 3): ", "no parameter other"}},
      {[&] { linear.tie("weight", linear.bias()); }, {"ShapeError: Linear(2, 3): ", "[3, 2]", "[3]"}},
      {[&] { linear.tie("bias", Variable::leaf(Tensor::zeros({3}, float64))); },
       {"TypeError: Linear(2, 3): ", "float32", "float64"}},
      {[&] { linear.tie("bias", Variable(Tensor::zeros({3}))); }, {"AutogradError: ", "leaves"}},
  });
}

TEST_CASE("freezing: frozen parameters are constants with value and name") {
  nn::Sequential model{nn::Linear(4, 4), nn::ReLU(), nn::Linear(4, 2)};
  const Tensor expected = model(input()).value();
  const auto train = [&] {
    Tape tape;
    tape.backward(sum(model(input())));
  };
  train();
  model[0].freeze();
  CHECK_FALSE(model.parameters()[0].grad().defined());
  train();
  CHECK_FALSE(model.parameters()[0].requires_grad());
  CHECK_FALSE(model.parameters()[1].grad().defined());
  CHECK(model.parameters()[2].grad().defined());
  CHECK(names(model.named_parameters()).size() == 4);
  CHECK(same_bits(model(input()).value(), expected));
  model[0].unfreeze();
  train();
  CHECK(model.parameters()[0].grad().defined());

  model.freeze();
  Tape tape;
  const Variable y = sum(model(input()));
  CHECK(tape.size() == 0);
  check_error([&] { tape.backward(y); }, {"AutogradError: backward: ", "depends on no leaf"});
  // What is in front of frozen layers gets its gradient through them.
  const Variable x = Variable::leaf(input());
  tape.backward(sum(model(x)));
  CHECK(x.grad().defined());
}

TEST_CASE("freezing: a leaf that is frozen after it was used gets no gradient") {
  const Variable a = Variable::leaf(Tensor::scalar(3));
  const Variable x = Variable::leaf(Tensor::scalar(5));
  Tape tape;
  const Variable before = a * x;
  a.set_requires_grad(false);
  tape.backward(before + a * x);
  CHECK_FALSE(a.grad().defined());
  CHECK(x.grad().item() == 6);
  const Variable y = x * a;
  CHECK(grad({y}, {a})[0].item() == 0);
  check_error([] { Variable(Tensor::ones({1})).set_requires_grad(false); }, {"AutogradError: ", "leaves"});
}

TEST_CASE("freezing: a frozen BatchNorm moves its statistics until it is in eval") {
  nn::Sequential model{nn::BatchNorm1d(4), nn::Linear(4, 2)};
  model[0].freeze();
  const auto mean = [&] { return model.state_dict().at("0.running_mean").clone(); };
  const Tensor before = mean();
  static_cast<void>(model(input()));
  const Tensor after = mean();
  CHECK_FALSE(same_bits(after, before));
  for (const auto& [path, module] : model.named_modules()) {
    if (auto* norm = dynamic_cast<nn::BatchNorm*>(module)) norm->eval();
  }
  static_cast<void>(model(input()));
  CHECK(same_bits(mean(), after));
}

TEST_CASE("module list: modules of one kind and of any") {
  struct Block : nn::Module {
    nn::Linear& layer = add("layer", nn::Linear(4, 4));
    Variable both(const Variable& a, const Variable& b) {
      const auto call = enter(a, b);
      return layer(a) + b;
    }
  };
  struct Net : nn::Module {
    nn::ModuleList<Block>& blocks = add("blocks", nn::ModuleList<Block>());
    nn::ModuleList<>& heads = add("heads", nn::ModuleList{nn::Linear(4, 2), nn::Sequential{nn::ReLU()}});
    Net() {
      for (int i = 0; i < 3; ++i) blocks.append(Block());
    }
    Variable forward(const Variable& x) override {
      Variable y = x;
      for (Block& block : blocks) y = block.both(y, x);
      return heads[1](heads[0](y));
    }
  } net;
  CHECK(net.blocks.size() == 3);
  CHECK(names(net.named_parameters()) == std::vector<std::string>{"blocks.0.layer.weight", "blocks.0.layer.bias",
                                                                  "blocks.1.layer.weight", "blocks.1.layer.bias",
                                                                  "blocks.2.layer.weight", "blocks.2.layer.bias",
                                                                  "heads.0.weight", "heads.0.bias"});
  CHECK(names(net.named_modules()) == std::vector<std::string>{"blocks", "blocks.0", "blocks.0.layer", "blocks.1",
                                                               "blocks.1.layer", "blocks.2", "blocks.2.layer", "heads",
                                                               "heads.0", "heads.1", "heads.1.0"});
  Tape tape;
  tape.backward(sum(net(input())));
  for (const Variable& p : net.parameters()) CHECK(p.grad().defined());
  check_errors({
      {[&] { static_cast<void>(net.blocks[3]); }, {"IndexError: ModuleList: ", "3", "[0, 3)"}},
      {[&] { static_cast<void>(net.heads(input())); }, {"Error: ModuleList (heads): ", "no forward(x)"}},
      {[&] {
         static_cast<void>(net(Tensor::zeros({2, 3})));
       },
       {"ShapeError: linear (0.layer): "}},
  });
}

TEST_CASE("sequential: layers with names") {
  nn::Sequential model{{"hidden", nn::Linear(4, 3)}, {"relu", nn::ReLU()}};
  model.append("out", nn::Linear(3, 2));
  CHECK(names(model.state_dict()) ==
        std::vector<std::string>{"hidden.bias", "hidden.weight", "out.bias", "out.weight"});
  CHECK(model(input()).shape() == Shape{2, 2});
  CHECK(nn::Sequential{{"only", nn::Linear(4, 3)}}.size() == 1);
  CHECK(concat(model) == R"(Sequential {
  hidden: Linear(4, 3)
  relu: ReLU
  out: Linear(3, 2)
})");
  check_errors({
      {[&] { model.append("out", nn::ReLU()); }, {"StateError: Module: ", "out is taken"}},
      {[] {
         nn::Sequential{{"a.b", nn::ReLU()}, {"c", nn::ReLU()}};
       },
       {"StateError: Module: ", "no dot"}},
      {call([&] {
         return model(Tensor::zeros({2, 5}));
       }),
       {"ShapeError: linear (hidden): "}},
  });
}
