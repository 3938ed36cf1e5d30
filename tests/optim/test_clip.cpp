#include <doctest/doctest.h>

#include <cmath>
#include <reel/autograd/ops/arithmetic.h>
#include <reel/autograd/ops/reduce.h>
#include <reel/autograd/tape.h>
#include <reel/optim/clip.h>
#include <tests/autograd/errors.h>
#include <tests/autograd/golden.h>
#include <tests/note.h>

using namespace reel;
using namespace reel::testing;

TEST_CASE("clip: norms and values as PyTorch clips them") {
  const io::SafeTensors file = load_golden("optim");
  int cases = 0;
  for (const auto& [name, text] : file.metadata) {
    if (!text.starts_with("op=clip")) continue;
    const auto noted = note(name);
    ++cases;
    const Attributes a(text);
    const Tensor before = file.tensors.at(name + ".before");
    std::vector<Variable> parameters;
    for (const auto& [start, length] : {std::pair(0, 6), std::pair(6, 4)}) {
      parameters.push_back(Variable::leaf(Tensor::zeros({length}, float64)));
      parameters.back().set_grad(before.narrow(0, start, length));
    }
    if (a.word("op") == "clip_grad_norm") {
      const double norm =
          optim::clip_grad_norm(parameters, a.number("max_norm"), std::stod(a.word_or("norm_type", "2")));
      CHECK(norm == doctest::Approx(file.tensors.at(name + ".total_norm").item()).epsilon(1e-12));
    } else {
      optim::clip_grad_value(parameters, a.number("clip_value"));
    }
    const Tensor after = file.tensors.at(name + ".after");
    CHECK(relative_error(parameters[0].grad(), after.narrow(0, 0, 6)) <= 1e-12);
    CHECK(relative_error(parameters[1].grad(), after.narrow(0, 6, 4)) <= 1e-12);
  }
  CHECK(cases == 6);
}

TEST_CASE("clip: gradients that two parameters share are each clipped once") {
  const Variable a = Variable::leaf(Tensor::zeros({2}));
  const Variable b = Variable::leaf(Tensor::zeros({2}));
  Tape tape;
  tape.backward(sum((a + b) * 3.0));
  const Tensor kept = a.grad();
  CHECK(optim::clip_grad_norm({a, b}, 3) == doctest::Approx(6));
  for (const Variable& v : {a, b}) CHECK(v.grad().at({1}) == doctest::Approx(1.5).epsilon(1e-6));
  CHECK(kept.at({0}) == 3);
}

TEST_CASE("clip: parameters without a gradient, and none at all") {
  const Variable a = Variable::leaf(Tensor::zeros({2}));
  CHECK(optim::clip_grad_norm({a}, 1) == 0);
  CHECK(optim::clip_grad_norm({}, 1) == 0);
  optim::clip_grad_value({a}, 1);
  CHECK_FALSE(a.grad().defined());
  a.set_grad(Tensor::zeros({2}));
  for (const double p : {1.0, 2.0, 3.0, double(INFINITY)}) CHECK(optim::clip_grad_norm({a}, 1e-3, p) == 0);
  CHECK(a.grad().at({0}) == 0);
}

TEST_CASE("clip: what it refuses") {
  check_errors({
      {[] { optim::clip_grad_norm({}, 0); }, {"ValueError: clip_grad_norm: ", "0"}},
      {[] { optim::clip_grad_norm({}, NAN); }, {"ValueError: clip_grad_norm: ", "nan"}},
      {[] { optim::clip_grad_norm({}, 1, 0); }, {"ValueError: clip_grad_norm: ", "norm_type", "0"}},
      {[] { optim::clip_grad_value({}, -1); }, {"ValueError: clip_grad_value: ", "-1"}},
      {[] { optim::clip_grad_norm({Variable(Tensor::ones({1}))}, 1); }, {"AutogradError: ", "leaves"}},
  });
}
