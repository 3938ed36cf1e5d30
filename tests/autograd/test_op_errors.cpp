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
#include <tests/autograd/errors.h>

// What every op says to wrong shapes, dtypes and arguments: its kind of error, its name, and what came.

using namespace reel;
using namespace reel::testing;

namespace {

Variable of(const Shape& shape, DType dtype = float32) { return Tensor::zeros(shape, dtype); }
Tensor labels(std::initializer_list<double> values) { return Tensor::of(values, int64); }

/// A call whose result nobody needs.
template <class F>
std::function<void()> call(F f) {
  return [f] { static_cast<void>(f()); };
}

}  // namespace

TEST_CASE("op errors: arithmetic") {
  struct Binary {
    const char* name;
    Variable (*op)(const Variable&, const Variable&);
  };
  const std::vector<Binary> binary{{"add", add}, {"sub", sub},         {"mul", mul},
                                   {"div", div}, {"maximum", maximum}, {"minimum", minimum}};
  for (const auto& [name, op] : binary) {
    const auto f = op;
    check_errors({
        {call([f] {
           return f(of({2, 3}), of({4}));
         }),
         {concat("ShapeError: ", name, ": "), "[2, 3]", "[4]"}},
        {call([f] { return f(of({2}), of({2}, float64)); }),
         {concat("TypeError: ", name, ": "), "float32", "float64", ".to("}},
        {call([f] { return f(of({2}, boolean), of({2}, boolean)); }), {concat("TypeError: ", name, ": "), "bool"}},
    });
  }
  const auto flags = Tensor::ones({2}, boolean);
  check_errors({
      {call([] { return neg(of({2}, uint8)); }), {"TypeError: neg: ", "uint8"}},
      {call([] { return abs(of({2}, boolean)); }), {"TypeError: abs: ", "bool"}},
      {call([] { return pow(of({2}, int64), 2); }), {"TypeError: pow: ", "int64"}},
      {call([] { return exp(of({2}, int64)); }), {"TypeError: exp: ", "int64"}},
      {call([] { return log(of({2}, int64)); }), {"TypeError: log: ", "int64"}},
      {call([] { return sqrt(of({2}, int64)); }), {"TypeError: sqrt: ", "int64"}},
      {call([] { return to(of({2}), int64); }), {"TypeError: to: ", "int64"}},
      {call([=] {
         return where(flags, of({2, 3}), of({3}));
       }),
       {"ShapeError: where: ", "[2]", "[2, 3]"}},
      {call([=] { return where(flags, of({2}), of({3})); }), {"ShapeError: where: ", "[2]", "[3]"}},
      {call([=] { return where(flags, of({2}), of({2}, float64)); }), {"TypeError: where: ", "float32", "float64"}},
      {call([] { return where(Tensor::ones({2}), of({2}), of({2})); }), {"TypeError: where: ", "bool", "float32"}},
  });
}

TEST_CASE("op errors: activations") {
  Generator generator;
  check_errors({
      {call([] { return relu(of({2}, uint8)); }), {"TypeError: relu: ", "uint8"}},
      {call([] { return leaky_relu(of({2}, int64)); }), {"TypeError: leaky_relu: ", "int64"}},
      {call([] { return sigmoid(of({2}, int64)); }), {"TypeError: sigmoid: ", "int64"}},
      {call([] { return tanh(of({2}, int64)); }), {"TypeError: tanh: ", "int64"}},
      {call([] { return gelu(of({2}, int64)); }), {"TypeError: gelu: ", "int64"}},
      {call([] { return softplus(of({2}, int64)); }), {"TypeError: softplus: ", "int64"}},
      {call([] { return erf(of({2}, int64)); }), {"TypeError: erf: ", "int64"}},
      {call([] { return softmax(of({2}, int64)); }), {"TypeError: softmax: ", "int64"}},
      {call([] { return log_softmax(of({2}, int64)); }), {"TypeError: log_softmax: ", "int64"}},
      {call([] {
         return softmax(of({2, 3}), 2);
       }),
       {"IndexError: softmax: ", "axis 2", "[-2, 2)"}},
      {call([] {
         return log_softmax(of({2, 3}), -3);
       }),
       {"IndexError: log_softmax: ", "axis -3"}},
      {call([&] { return dropout(of({2}), 1.5, true, generator); }), {"ValueError: dropout: ", "[0, 1]", "1.5"}},
      {call([&] { return dropout(of({2}), -0.1, true, generator); }), {"ValueError: dropout: ", "-0.1"}},
      {call([&] { return dropout(of({2}, int64), 0.5, true, generator); }), {"TypeError: dropout: ", "int64"}},
  });
}

TEST_CASE("op errors: reductions") {
  check_errors({
      {call([] {
         return sum(of({2, 3}), {2});
       }),
       {"IndexError: sum: ", "axis 2"}},
      {call([] {
         return sum(of({2, 3}), {0, -2});
       }),
       {"IndexError: sum: ", "twice"}},
      {call([] { return sum(of({2}, boolean)); }), {"TypeError: sum: ", "bool"}},
      {call([] {
         return mean(of({2, 3}), {-3});
       }),
       {"IndexError: ", "axis -3"}},
      {call([] { return mean(of({2}, int64)); }), {"TypeError: mean: ", "int64"}},
      {call([] {
         return var(of({2, 3}), {5});
       }),
       {"IndexError: ", "axis 5"}},
      {call([] { return var(of({2}, int64)); }), {"TypeError: ", "int64"}},
      {call([] {
         return max(of({2, 3}), {2});
       }),
       {"IndexError: max: ", "axis 2"}},
      {call([] {
         return max(of({0, 3}), {0});
       }),
       {"ShapeError: max: ", "[0, 3]"}},
      {call([] {
         return min(of({2, 3}), {2});
       }),
       {"IndexError: min: ", "axis 2"}},
      {call([] { return min(of({0})); }), {"ShapeError: min: ", "[0]"}},
      {call([] {
         return sum_to(of({2, 3}), {2});
       }),
       {"ShapeError: sum_to: ", "[2, 3]", "[2]"}},
  });
}

TEST_CASE("op errors: views") {
  const std::vector<Variable> none;
  check_errors({
      {call([] {
         return reshape(of({2, 3}), {4, -1});
       }),
       {"ShapeError: reshape: ", "[2, 3]", "[4, -1]"}},
      {call([] {
         return reshape(of({2, 3}), {-1, -1});
       }),
       {"ShapeError: reshape: ", "more than one -1"}},
      {call([] {
         return flatten(of({2, 3}), 1, 0);
       }),
       {"ShapeError: flatten: ", "[2, 3]"}},
      {call([] {
         return flatten(of({2, 3}), 2);
       }),
       {"IndexError: flatten: ", "axis 2"}},
      {call([] {
         return transpose(of({2, 3}), 0, 2);
       }),
       {"IndexError: transpose: ", "axis 2"}},
      {call([] {
         return permute(of({2, 3}), {0});
       }),
       {"ShapeError: permute: ", "[2, 3]", "[0]"}},
      {call([] {
         return permute(of({2, 3}), {0, 0});
       }),
       {"ShapeError: permute: ", "twice"}},
      {call([] {
         return narrow(of({2, 3}), 1, 2, 2);
       }),
       {"IndexError: narrow: ", "start 2", "length 2", "[2, 3]"}},
      {call([] {
         return slice(of({2, 3}), 1, 0, 3, 0);
       }),
       {"ValueError: slice: ", "step"}},
      {call([] {
         return slice(of({2, 3}), 2, 0, 3);
       }),
       {"IndexError: slice: ", "axis 2"}},
      {call([] {
         return select(of({2, 3}), 1, 3);
       }),
       {"IndexError: select: ", "index 3", "[2, 3]"}},
      {call([] {
         return expand(of({2, 3}), {4, 3});
       }),
       {"ShapeError: expand: ", "[2, 3]", "[4, 3]"}},
      {call([] {
         return expand(of({2, 3}), {3});
       }),
       {"ShapeError: expand: ", "[2, 3]", "[3]"}},
      {call([] {
         return squeeze(of({2, 1}), 2);
       }),
       {"IndexError: squeeze: ", "axis 2"}},
      {call([] {
         return unsqueeze(of({2, 3}), 4);
       }),
       {"IndexError: unsqueeze: ", "axis 4"}},
      {call([=] { return concatenate(none); }), {"ValueError: concatenate: ", "no tensors"}},
      {call([] {
         return concatenate({of({2, 3}), of({2, 4})}, 0);
       }),
       {"ShapeError: concatenate: ", "[2, 3]", "[2, 4]"}},
      {call([] {
         return concatenate({of({2}), of({2}, float64)});
       }),
       {"TypeError: concatenate: ", "float32", "float64"}},
      {call([=] { return stack(none); }), {"ValueError: stack: ", "no tensors"}},
      {call([] {
         return stack({of({2, 3}), of({3})});
       }),
       {"ShapeError: stack: ", "[2, 3]", "[3]"}},
      {call([] {
         return stack({of({2}), of({2})}, 2);
       }),
       {"IndexError: stack: ", "axis 2"}},
      {call([] {
         return index_select(of({2, 3}), 0, labels({0, 2}));
       }),
       {"IndexError: index_select: ", "2", "[0, 2)"}},
      {call([] {
         return index_select(of({2, 3}), 0, Tensor::zeros({2}));
       }),
       {"TypeError: index_select: ", "int64"}},
      {call([] {
         return gather(of({2, 3}), 1, labels({0, 1}));
       }),
       {"ShapeError: gather: ", "[2]", "[2, 3]"}},
      {call([] {
         return gather(of({2, 3}), 1, labels({0, 3}).unsqueeze(1));
       }),
       {"IndexError: gather: ", "3"}},
      {call([] {
         return gather(of({2, 3}), 1, Tensor::zeros({2, 1}));
       }),
       {"TypeError: gather: ", "int64"}},
  });
}

TEST_CASE("op errors: matmul and linear") {
  check_errors({
      {call([] {
         return matmul(of({2, 3}), of({4, 5}));
       }),
       {"ShapeError: matmul: ", "[2, 3]", "[4, 5]"}},
      {call([] {
         return matmul(of({2, 3}), of({3}));
       }),
       {"ShapeError: matmul: ", "[2, 3]", "[3]"}},
      {call([] {
         return matmul(of({2, 2, 3}), of({3, 3, 4}));
       }),
       {"ShapeError: matmul: ", "[2", "[3"}},
      {call([] {
         return matmul(of({2, 3}), of({3, 4}, float64));
       }),
       {"TypeError: matmul: ", "float32", "float64"}},
      {call([] {
         return matmul(of({2, 3}, int64), of({3, 4}, int64));
       }),
       {"TypeError: matmul: ", "int64"}},
      {call([] {
         return linear(of({2, 3}), of({5, 4}));
       }),
       {"ShapeError: linear: weight [5, 4] wants 4 input features, input [2, 3] has 3"}},
      {call([] {
         return linear(of({2, 3, 4, 4}), of({5, 48}));
       }),
       {"ShapeError: linear: ", "flatten it first"}},
      {call([] {
         return linear(of({}), of({5, 4}));
       }),
       {"ShapeError: linear: ", "[5, 4]", "[]"}},
      {call([] {
         return linear(of({2, 3}), of({5}));
       }),
       {"ShapeError: linear: ", "[O, I]", "[5]"}},
      {call([] {
         return linear(of({2, 3}), of({5, 3}), of({3}));
       }),
       {"ShapeError: linear: ", "[5, 3]", "[3]"}},
      {call([] {
         return linear(of({2, 3}), of({5, 3}, float64));
       }),
       {"TypeError: linear: ", "float32", "float64"}},
      {call([] {
         return linear(of({2, 3}), of({5, 3}), of({5}, float64));
       }),
       {"TypeError: linear: ", "float64"}},
  });
}

TEST_CASE("op errors: conv2d") {
  const auto conv = [](const Shape& input, const Shape& weight, const Conv2dOptions& options = {}) {
    return call([=] { return conv2d(of(input), of(weight), {}, options); });
  };
  const Shape image{8, 16, 14, 14};
  check_errors({
      {conv(image, {64, 32, 3, 3}),
       {"ShapeError: conv2d: weight [64, 32, 3, 3] wants 32 input channels, input [8, 16, 14, 14] has 16"}},
      {conv({16, 14, 14}, {4, 16, 3, 3}), {"ShapeError: conv2d: ", "[N, C, H, W]", "[16, 14, 14]", "unsqueeze(0)"}},
      {conv(image, {16, 3, 3}), {"ShapeError: conv2d: weight ", "[16, 3, 3]"}},
      {conv(image, {6, 4, 3, 3}, {.groups = 4}), {"ValueError: conv2d: weight [6, 4, 3, 3]", "4 groups"}},
      {conv(image, {8, 4, 3, 3}, {.groups = 2}), {"ShapeError: conv2d: weight [8, 4, 3, 3] wants 8"}},
      {conv(image, {4, 16, 3, 3}, {.groups = 0}), {"ValueError: conv2d: ", "0 groups"}},
      {conv(image, {4, 16, 15, 3}), {"ShapeError: conv2d: a window of 15", "height of 14", "padding 0"}},
      {conv(image, {4, 16, 3, 5}, {.dilation = 4}), {"ShapeError: conv2d: a window of 17", "width of 14"}},
      {conv(image, {4, 16, 3, 3}, {.stride = 0}), {"ValueError: conv2d: ", "stride", "at least 1"}},
      {conv(image, {4, 16, 3, 3}, {.padding = {0, -1}}), {"ValueError: conv2d: ", "padding", "-1", "width"}},
      {call([] { return Conv2dOptions{.padding = "full"}; }), {"ValueError: padding: ", "\"same\"", "\"full\""}},
      {call([=] {
         return conv2d(of(image), of({4, 16, 3, 3}), of({16}));
       }),
       {"ShapeError: conv2d: weight [4, 16, 3, 3]", "[4]", "[16]"}},
      {call([=] {
         return conv2d(of(image), of({4, 16, 3, 3}, float64));
       }),
       {"TypeError: conv2d: ", "float64"}},
      {call([=] {
         return conv2d(of(image), of({4, 16, 3, 3}), of({4}, float64));
       }),
       {"TypeError: conv2d: "}},
      {call([=] {
         return conv2d(of(image, int64), of({4, 16, 3, 3}, int64));
       }),
       {"TypeError: conv2d: ", "int64"}},
      {call([=] {
         return conv2d(of(image, uint8), of({4, 16, 3, 3}));
       }),
       {"TypeError: conv2d: ", "uint8"}},
  });
}

TEST_CASE("op errors: pooling") {
  const Shape image{2, 3, 4, 5};
  const auto pools = [](const Shape& input, const Pool2dOptions& options, const std::vector<std::string>& parts) {
    for (const bool largest : {true, false}) {
      std::vector<std::string> named = parts;
      named[0] = concat(parts[0], ": ", largest ? "max_pool2d: " : "avg_pool2d: ");
      check_error(call([&] { return largest ? max_pool2d(of(input), options) : avg_pool2d(of(input), options); }),
                  named);
    }
  };
  pools({3, 4, 5}, {}, {"ShapeError", "[N, C, H, W]", "[3, 4, 5]"});
  pools(image, {.kernel_size = 5}, {"ShapeError", "window of 5", "height of 4"});
  pools(image, {.kernel_size = 2, .padding = 2}, {"ValueError", "padding 2", "kernel size 2"});
  pools(image, {.kernel_size = 0}, {"ValueError", "kernel size"});
  pools(image, {.stride = {-1, 1}}, {"ValueError", "stride", "-1"});
  pools(image, {.padding = -1}, {"ValueError", "padding", "-1"});
  check_errors({
      {call([=] { return avg_pool2d(of(image), {.dilation = 2}); }), {"ValueError: avg_pool2d: ", "dilation"}},
      {call([=] { return max_pool2d(of(image), {.dilation = 0}); }), {"ValueError: max_pool2d: ", "dilation"}},
      {call([=] { return max_pool2d(of(image, uint8)); }), {"TypeError: max_pool2d: ", "uint8"}},
      {call([=] { return avg_pool2d(of(image, int64)); }), {"TypeError: avg_pool2d: ", "int64"}},
      {call([=] {
         return adaptive_avg_pool2d(of({3, 4}), 1);
       }),
       {"ShapeError: adaptive_avg_pool2d: ", "[3, 4]"}},
      {call([=] {
         return adaptive_avg_pool2d(of(image), {0, 1});
       }),
       {"ValueError: adaptive_avg_pool2d: ", "(0, 1)"}},
      {call([=] {
         return adaptive_avg_pool2d(of({1, 1, 0, 2}), 1);
       }),
       {"ShapeError: adaptive_avg_pool2d: "}},
      {call([=] { return adaptive_avg_pool2d(of(image, int64), 1); }), {"TypeError: adaptive_avg_pool2d: ", "int64"}},
  });
}

TEST_CASE("op errors: batch_norm") {
  const auto norm = [](const Shape& x, const Shape& weight, const Shape& bias) {
    return call([=] { return batch_norm(of(x), of(weight), of(bias), {}, {}); });
  };
  const Variable c3 = of({3});
  const Variable x = of({2, 3, 4, 4});
  const BatchNormOptions eval{.training = false};
  check_errors({
      {norm({3}, {3}, {3}), {"ShapeError: batch_norm: ", "[N, C, ...]", "[3]"}},
      {norm({2, 3, 4, 4}, {4}, {3}), {"ShapeError: batch_norm: ", "[2, 3, 4, 4]", "3 channels", "[4]", "[3]"}},
      {norm({2, 3}, {3}, {1}), {"ShapeError: batch_norm: ", "[2, 3]", "[1]"}},
      {norm({1, 3, 1, 1}, {3}, {3}), {"ShapeError: batch_norm: ", "more than one value", "[1, 3, 1, 1]"}},
      {call([=] { return batch_norm(x, c3, c3, {}, {}, eval); }), {"ValueError: batch_norm: ", "running"}},
      {call([=] { return batch_norm(x, of({3}, float64), c3, {}, {}); }), {"TypeError: batch_norm: ", "float64"}},
      {call([=] { return batch_norm(x, c3, of({3}, float64), {}, {}); }), {"TypeError: batch_norm: ", "float64"}},
      {call([=] {
         return batch_norm(of({2, 3}, int64), of({3}, int64), of({3}, int64), {}, {});
       }),
       {"TypeError: batch_norm: ", "int64"}},
      {call([=] { return batch_norm(x, c3, c3, Tensor::zeros({4}), Tensor::ones({3})); }),
       {"ShapeError: batch_norm: ", "3 channels", "[4]"}},
      {call([=] { return batch_norm(x, c3, c3, Tensor::zeros({3}), Tensor::ones({1}), eval); }),
       {"ShapeError: batch_norm: ", "3 channels", "[1]"}},
      {call([=] { return batch_norm(x, c3, c3, Tensor::zeros({3}, float64), Tensor::ones({3}), eval); }),
       {"TypeError: batch_norm: ", "float32", "float64"}},
  });
}

TEST_CASE("op errors: losses") {
  const Variable logits = of({3, 4});
  const Tensor right = labels({0, 1, 3});
  const auto both = [&](const Variable& x, const Tensor& y, const std::vector<std::string>& parts) {
    for (const bool fused : {true, false}) {
      std::vector<std::string> named = parts;
      named[0] = concat(parts[0], ": ", fused ? "cross_entropy: " : "nll_loss: ");
      check_error(call([&] { return fused ? cross_entropy(x, y) : nll_loss(x, y); }), named);
    }
  };
  both(of({4}), labels({0}), {"ShapeError", "[N, C, ...]", "[4]"});
  both(logits, labels({0, 1}), {"ShapeError", "[3, 4]", "[3]", "[2]"});
  both(logits, right.unsqueeze(1), {"ShapeError", "[3, 4]", "[3]", "[3, 1]"});
  both(logits, labels({0, 4, 1}), {"IndexError", "label", "4", "[0, 4)"});
  both(logits, labels({0, -1, 1}), {"IndexError", "label", "-1", "[0, 4)"});
  both(logits, right.to(float32), {"TypeError", "label", "int64", "float32"});
  both(of({3, 4}, int64), right, {"TypeError", "int64"});
  struct Pairwise {
    const char* name;
    Variable (*op)(const Variable&, const Variable&, Reduction);
  };
  const std::vector<Pairwise> pairwise{{"mse_loss", mse_loss},
                                       {"l1_loss", l1_loss},
                                       {"binary_cross_entropy_with_logits", binary_cross_entropy_with_logits}};
  for (const auto& [name, op] : pairwise) {
    const auto f = op;
    check_errors({
        {call([f] {
           return f(of({3, 1}), of({3}), Reduction::mean);
         }),
         {concat("ShapeError: ", name, ": "), "[3, 1]", "[3]"}},
        {call([f] { return f(of({3}), of({3}, float64), Reduction::mean); }),
         {concat("TypeError: ", name, ": "), "float32", "float64"}},
        {call([f] { return f(of({3}, int64), of({3}, int64), Reduction::mean); }),
         {concat("TypeError: ", name, ": "), "int64"}},
    });
  }
}
