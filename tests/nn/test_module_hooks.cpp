#include <doctest/doctest.h>

#include <reel/autograd/ops/arithmetic.h>
#include <reel/autograd/ops/reduce.h>
#include <reel/autograd/tape.h>
#include <reel/core/random.h>
#include <reel/nn/activation.h>
#include <reel/nn/conv.h>
#include <reel/nn/linear.h>
#include <reel/nn/pooling.h>
#include <reel/nn/sequential.h>
#include <tests/autograd/errors.h>

using namespace reel;
using namespace reel::testing;

TEST_CASE("module hooks: see what goes in, what comes out and its gradient") {
  nn::Linear layer(2, 2);
  std::vector<std::string> seen;
  const auto note = [&](const char* what, const Variable& v) { seen.push_back(concat(what, ' ', v.shape())); };
  layer.register_forward_pre_hook([&](nn::Module&, const Variable& x) { note("in", x); });
  layer.register_forward_hook([&](nn::Module& module, const Variable& x, const Variable& y) {
    CHECK(&module == &layer);
    note("in", x);
    note("out", y);
  });
  layer.register_full_backward_pre_hook([&](nn::Module&, const Variable& gradient) { note("gradient", gradient); });
  Tape tape;
  const Variable y = layer(Tensor::ones({3, 2}));
  CHECK(seen == std::vector<std::string>{"in [3, 2]", "in [3, 2]", "out [3, 2]"});
  tape.backward(sum(y));
  CHECK(seen.back() == "gradient [3, 2]");
  CHECK(seen.size() == 4);
}

TEST_CASE("module hooks: replace what goes in, what comes out and its gradient") {
  const Variable x = Variable::leaf(Tensor::of({1, 2}));
  nn::Flatten layer(0);
  const HookHandle before = layer.register_forward_pre_hook([](nn::Module&, const Variable& in) { return in * 3.0; });
  const HookHandle after =
      layer.register_forward_hook([](nn::Module&, const Variable&, const Variable& out) { return out + 1.0; });
  const HookHandle backward =
      layer.register_full_backward_pre_hook([](nn::Module&, const Variable& gradient) { return gradient * 10.0; });
  Tape tape;
  const Variable y = layer(x);
  CHECK(y.value().at({1}) == 7);
  tape.backward(sum(y));
  CHECK(x.grad().at({1}) == 30);
  for (const HookHandle& handle : {before, after, backward}) handle.remove();
  x.zero_grad();
  tape.backward(sum(layer(x)));
  CHECK(x.grad().at({1}) == 1);
}

TEST_CASE("module hooks: in a Sequential each layer has its own output, also where layers do others on their way out") {
  manual_seed(3);
  nn::Sequential model{nn::Conv2d({.in_channels = 1, .out_channels = 2, .kernel_size = 3, .padding = 1}),
                       nn::ReLU(),
                       nn::MaxPool2d(2),
                       nn::Flatten(),
                       nn::Linear(8, 3),
                       nn::ReLU()};
  const Tensor image = normal({1, 1, 4, 4});
  const Tensor plain = model(image).value();
  for (std::size_t hooked = 0; hooked < model.size(); ++hooked) {
    CAPTURE(hooked);
    Tensor seen;
    const HookHandle handle = model[hooked].register_forward_hook(
        [&](nn::Module&, const Variable&, const Variable& out) { seen = out.value(); });
    const Tensor y = model(image).value();
    CHECK(sum(ne(y, plain).to(int64)).item() == 0);
    REQUIRE(seen.defined());
    Variable expected = image;
    for (std::size_t i = 0; i <= hooked; ++i) expected = model[i](expected);
    CHECK(sum(ne(seen, expected.value()).to(int64)).item() == 0);
    handle.remove();
  }
}

TEST_CASE("module hooks: move with their module, and exceptions leave it usable") {
  nn::Sequential model{nn::Linear(2, 2)};
  int calls = 0;
  HookHandle handle = model[0].register_forward_hook([&](nn::Module&, const Variable&, const Variable&) { ++calls; });
  nn::Sequential moved = std::move(model);
  static_cast<void>(moved(Tensor::ones({1, 2})));
  CHECK(calls == 1);
  handle.remove();
  handle = moved.register_forward_pre_hook([](nn::Module&, const Variable&) { throw std::runtime_error("boom"); });
  CHECK_THROWS_WITH(static_cast<void>(moved(Tensor::ones({1, 2}))), "boom");
  handle.remove();
  check_error([&] { static_cast<void>(moved(Tensor::ones({1, 3}))); }, {"ShapeError: linear (0): "});
}
