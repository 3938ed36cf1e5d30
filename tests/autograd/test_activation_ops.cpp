#include <doctest/doctest.h>

#include <cmath>
#include <reel/autograd/ops/activation.h>
#include <reel/autograd/ops/arithmetic.h>
#include <reel/autograd/ops/reduce.h>
#include <reel/autograd/tape.h>
#include <reel/core/kernels/curves.h>
#include <reel/nn/activation.h>
#include <tests/autograd/errors.h>
#include <tests/autograd/golden.h>
#include <tests/note.h>
#include <tests/op_table.h>

// Activations: gradients against central differences, float32 against float64, what is said to wrong shapes, and the
// layers.

using namespace reel;
using namespace reel::testing;
using In = std::vector<Variable>;
using kernels::Curve;

TEST_CASE("gradients: activations that bend, and those with knees") {
  check_table({
      {"gelu", [](const In& v) { return gelu(v[0]); }, {{3, 7}}},
      {"gelu by tanh", [](const In& v) { return gelu(v[0], Approximate::tanh); }, {{3, 7}}},
      {"silu", [](const In& v) { return silu(v[0]); }, {{3, 7}}, -5, 5},
      {"elu", [](const In& v) { return elu(v[0]); }, {{3, 7}}, -2, 2, true},
      {"elu with alpha", [](const In& v) { return elu(v[0], 0.4); }, {{3, 7}}, -2, 2, true},
      {"hardswish", [](const In& v) { return hardswish(v[0]); }, {{3, 7}}, -5, 5, true},
      {"hardsigmoid", [](const In& v) { return hardsigmoid(v[0]); }, {{3, 7}}, -5, 5, true},
      {"hardtanh", [](const In& v) { return hardtanh(v[0], -0.7, 1.1); }, {{3, 7}}, -2, 2, true},
      {"relu6", [](const In& v) { return relu6(v[0]); }, {{3, 7}}, -4, 9, true},
      {"prelu", [](const In& v) { return prelu(v[0], v[1]); }, {{3, 4}, {1}}, -2, 2, true},
      {"prelu of channels", [](const In& v) { return prelu(v[0], v[1]); }, {{2, 3, 2, 2}, {3}}, -2, 2, true},
      {"softplus", [](const In& v) { return softplus(v[0], 1.7, 2.0); }, {{3, 7}}, -3, 3, true},
      {"dropout2d",
       [](const In& v) {
         Generator generator(3);
         return dropout2d(v[0], 0.4, true, generator);
       },
       {{2, 3, 2, 2}}},
  });
}

TEST_CASE("curves of float32 are right within a few units in the last place, and so are their slopes") {
  const Tensor x = Tensor::arange(-30, 30, 0.0173, float64).to(float32);
  const Tensor ones = Tensor::ones(x.shape());
  for (const Curve which : {Curve::gelu, Curve::gelu_tanh, Curve::silu, Curve::hardswish, Curve::elu}) {
    CAPTURE(static_cast<int>(which));
    const Tensor exact = kernels::curve("curve", x.to(float64), which);
    const Tensor slope = kernels::curve_grad(ones.to(float64), x.to(float64), which);
    const Tensor scale = maximum(abs(x.to(float64)), Tensor::ones(x.shape(), float64));
    CHECK(max(abs(kernels::curve("curve", x, which).to(float64) - exact) / scale).item() < 2e-7);
    CHECK(max(abs(kernels::curve_grad(ones, x, which).to(float64) - slope)).item() < 2e-6);
    CHECK(std::isnan(kernels::curve("curve", Tensor::scalar(NAN), which).item()));
  }
}

TEST_CASE("activations at their knees and far out") {
  struct Row {
    Variable (*f)(const Variable&);
    double x, y, slope;
  };
  for (const auto& [f, x, y, slope] :
       std::vector<Row>{{relu6, 0, 0, 0},
                        {relu6, 6, 6, 0},
                        {relu6, 1e9, 6, 0},
                        {hardsigmoid, -3, 0, 0},
                        {hardsigmoid, 1e9, 1, 0},
                        {hardswish, -1e9, 0, 0},
                        {hardswish, 1e9, 1e9, 1},
                        {silu, -1e4, 0, 0},
                        {silu, 1e4, 1e4, 1},
                        {[](const Variable& v) { return elu(v); }, -1e9, -1, 0},
                        {[](const Variable& v) { return elu(v); }, 0, 0, 1},
                        {[](const Variable& v) { return softplus(v, 2); }, 1e9, 1e9, 1},
                        {[](const Variable& v) { return softplus(v, 2); }, -1e9, 0, 0}}) {
    const auto noted = note(x);
    for (const DType dtype : {float32, float64}) {
      const Variable leaf = Variable::leaf(Tensor::scalar(x, dtype));
      Tape tape;
      const Variable out = f(leaf);
      CHECK(out.item() == doctest::Approx(y).epsilon(1e-6));
      tape.backward(out);
      CHECK(leaf.grad().item() == doctest::Approx(slope).epsilon(1e-6));
    }
  }
}

TEST_CASE("op errors: activations") {
  check_errors({
      {call([] { return silu(zeros({2}, int64)); }), {"TypeError: silu: ", "int64"}},
      {call([] { return gelu(zeros({2}, uint8), Approximate::tanh); }), {"TypeError: gelu: ", "uint8"}},
      {call([] { return elu({}); }), {"ValueError: elu: ", "undefined"}},
      {call([] { return hardswish(zeros({2}, boolean)); }), {"TypeError: hardswish: ", "bool"}},
      {call([] { return relu6(zeros({2}, int64)); }), {"TypeError: hardtanh: ", "int64"}},
      {call([] { return hardtanh(zeros({2}), 1, -1); }), {"ValueError: hardtanh: ", "1 and -1"}},
      {call([] {
         return prelu(zeros({2, 3}), zeros({2}));
       }),
       {"ShapeError: prelu: ", "[1] or [3]", "[2]"}},
      {call([] { return prelu(zeros({3}), zeros({3})); }), {"ShapeError: prelu: ", "[1]", "[3]"}},
      {call([] {
         return prelu(zeros({2, 3}), zeros({1, 3}));
       }),
       {"ShapeError: prelu: ", "[1, 3]"}},
      {call([] {
         return prelu(zeros({2, 3}), zeros({3}, float64));
       }),
       {"TypeError: prelu: ", "float64"}},
      {call([] {
         return dropout2d(zeros({2, 3}), 0.5);
       }),
       {"ShapeError: dropout2d: ", "[N, C, H, W]", "[2, 3]"}},
      {call([] {
         return dropout2d(zeros({2, 3, 4, 4}), 1.5);
       }),
       {"ValueError: dropout2d: ", "1.5"}},
      {[] { nn::Dropout2d(-1); }, {"ValueError: Dropout2d: ", "-1"}},
      {[] { nn::PReLU(0); }, {"ValueError: PReLU: ", "0"}},
      {[] { nn::Hardtanh(2, 1); }, {"ValueError: Hardtanh: ", "2 and 1"}},
  });
}

TEST_CASE("layers: activations are their functions, in PyTorch's words") {
  Generator generator(5);
  const Tensor x = normal({2, 4, 3, 5}, 0, 3, float32, generator);
  const auto check_layer = [&](nn::Module&& layer, const Variable& expected, const std::string& description) {
    CHECK(layer.describe() == description);
    CHECK(relative_error(layer(x).value(), expected.value()) == 0);
  };
  check_layer(nn::ReLU(), relu(x), "ReLU");
  check_layer(nn::ReLU6(), relu6(x), "ReLU6");
  check_layer(nn::LeakyReLU(0.2), leaky_relu(x, 0.2), "LeakyReLU(negative_slope=0.2)");
  check_layer(nn::ELU(), elu(x), "ELU(alpha=1)");
  check_layer(nn::ELU(0.5), elu(x, 0.5), "ELU(alpha=0.5)");
  check_layer(nn::GELU(), gelu(x), "GELU(approximate=none)");
  check_layer(nn::GELU(Approximate::tanh), gelu(x, Approximate::tanh), "GELU(approximate=tanh)");
  check_layer(nn::SiLU(), silu(x), "SiLU");
  check_layer(nn::Hardswish(), hardswish(x), "Hardswish");
  check_layer(nn::Hardsigmoid(), hardsigmoid(x), "Hardsigmoid");
  check_layer(nn::Hardtanh(-2, 2), hardtanh(x, -2, 2), "Hardtanh(min_val=-2, max_val=2)");
  check_layer(nn::Sigmoid(), sigmoid(x), "Sigmoid");
  check_layer(nn::Tanh(), tanh(x), "Tanh");
  check_layer(nn::Softplus(), softplus(x, 1), "Softplus(beta=1, threshold=20)");
  check_layer(nn::Softplus(2, 3), softplus(x, 2, 3), "Softplus(beta=2, threshold=3)");
  check_layer(nn::Softmax(1), softmax(x, 1), "Softmax(dim=1)");
  check_layer(nn::LogSoftmax(), log_softmax(x), "LogSoftmax(dim=-1)");
  check_layer(nn::PReLU(), prelu(x, Tensor::full({1}, 0.25)), "PReLU(num_parameters=1)");
  check_layer(nn::PReLU(4, 0.1), prelu(x, Tensor::full({4}, 0.1)), "PReLU(num_parameters=4)");
  check_layer(nn::Lambda("Square", [](const Variable& v) { return v * v; }), x * x, "Square");
}

TEST_CASE("layers: Dropout2d drops whole channels") {
  manual_seed(4);
  nn::Dropout2d layer(0.3);
  const Tensor y = layer(Tensor::ones({200, 50, 2, 3})).value();
  const Tensor kept = mean(y, {2, 3});
  CHECK(max(abs(y - kept.unsqueeze(2).unsqueeze(3))).item() < 1e-6);
  CHECK(std::abs(mean(eq(kept, Tensor::scalar(0)).to(float32)).item() - 0.3) < 0.02);
  CHECK(max(y).item() == doctest::Approx(1 / 0.7));
  layer.eval();
  CHECK(layer.describe() == "Dropout2d(0.3)");
  CHECK(min(layer(Tensor::ones({2, 3, 2, 2})).value()).item() == 1);
}
