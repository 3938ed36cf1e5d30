#include <doctest/doctest.h>

#include <reel/autograd/ops/activation.h>
#include <reel/autograd/ops/arithmetic.h>
#include <reel/autograd/ops/conv.h>
#include <reel/autograd/ops/index.h>
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
           return f(zeros({2, 3}), zeros({4}));
         }),
         {concat("ShapeError: ", name, ": "), "[2, 3]", "[4]"}},
        {call([f] { return f(zeros({2}), zeros({2}, float64)); }),
         {concat("TypeError: ", name, ": "), "float32", "float64", ".to("}},
        {call([f] { return f(zeros({2}, boolean), zeros({2}, boolean)); }),
         {concat("TypeError: ", name, ": "), "bool"}},
    });
  }
  const auto flags = Tensor::ones({2}, boolean);
  check_errors({
      {call([] { return neg(zeros({2}, uint8)); }), {"TypeError: neg: ", "uint8"}},
      {call([] { return abs(zeros({2}, boolean)); }), {"TypeError: abs: ", "bool"}},
      {call([] { return pow(zeros({2}, int64), 2); }), {"TypeError: pow: ", "int64"}},
      {call([] { return exp(zeros({2}, int64)); }), {"TypeError: exp: ", "int64"}},
      {call([] { return log(zeros({2}, int64)); }), {"TypeError: log: ", "int64"}},
      {call([] { return sqrt(zeros({2}, int64)); }), {"TypeError: sqrt: ", "int64"}},
      {call([] { return sin(zeros({2}, int64)); }), {"TypeError: sin: ", "int64"}},
      {call([] { return cos(zeros({2}, uint8)); }), {"TypeError: cos: ", "uint8"}},
      {call([] { return to(zeros({2}), int64); }), {"TypeError: to: ", "int64"}},
      {call([=] {
         return where(flags, zeros({2, 3}), zeros({3}));
       }),
       {"ShapeError: where: ", "[2]", "[2, 3]"}},
      {call([=] { return where(flags, zeros({2}), zeros({3})); }), {"ShapeError: where: ", "[2]", "[3]"}},
      {call([=] { return where(flags, zeros({2}), zeros({2}, float64)); }),
       {"TypeError: where: ", "float32", "float64"}},
      {call([] { return where(Tensor::ones({2}), zeros({2}), zeros({2})); }),
       {"TypeError: where: ", "bool", "float32"}},
  });
}

TEST_CASE("op errors: activations") {
  Generator generator;
  check_errors({
      {call([] { return relu(zeros({2}, uint8)); }), {"TypeError: relu: ", "uint8"}},
      {call([] { return leaky_relu(zeros({2}, int64)); }), {"TypeError: leaky_relu: ", "int64"}},
      {call([] { return sigmoid(zeros({2}, int64)); }), {"TypeError: sigmoid: ", "int64"}},
      {call([] { return tanh(zeros({2}, int64)); }), {"TypeError: tanh: ", "int64"}},
      {call([] { return gelu(zeros({2}, int64)); }), {"TypeError: gelu: ", "int64"}},
      {call([] { return softplus(zeros({2}, int64)); }), {"TypeError: softplus: ", "int64"}},
      {call([] { return erf(zeros({2}, int64)); }), {"TypeError: erf: ", "int64"}},
      {call([] { return softmax(zeros({2}, int64)); }), {"TypeError: softmax: ", "int64"}},
      {call([] { return log_softmax(zeros({2}, int64)); }), {"TypeError: log_softmax: ", "int64"}},
      {call([] {
         return softmax(zeros({2, 3}), 2);
       }),
       {"IndexError: softmax: ", "axis 2", "[-2, 2)"}},
      {call([] {
         return log_softmax(zeros({2, 3}), -3);
       }),
       {"IndexError: log_softmax: ", "axis -3"}},
      {call([&] { return dropout(zeros({2}), 1.5, true, generator); }), {"ValueError: dropout: ", "[0, 1]", "1.5"}},
      {call([&] { return dropout(zeros({2}), -0.1, true, generator); }), {"ValueError: dropout: ", "-0.1"}},
      {call([&] { return dropout(zeros({2}, int64), 0.5, true, generator); }), {"TypeError: dropout: ", "int64"}},
  });
}

TEST_CASE("op errors: reductions") {
  check_errors({
      {call([] {
         return sum(zeros({2, 3}), {2});
       }),
       {"IndexError: sum: ", "axis 2"}},
      {call([] {
         return sum(zeros({2, 3}), {0, -2});
       }),
       {"IndexError: sum: ", "twice"}},
      {call([] { return sum(zeros({2}, boolean)); }), {"TypeError: sum: ", "bool"}},
      {call([] {
         return mean(zeros({2, 3}), {-3});
       }),
       {"IndexError: mean: ", "axis -3"}},
      {call([] { return mean(zeros({2}, int64)); }), {"TypeError: mean: ", "int64"}},
      {call([] {
         return var(zeros({2, 3}), {5});
       }),
       {"IndexError: var: ", "axis 5"}},
      {call([] { return var(zeros({2}, int64)); }), {"TypeError: var: ", "int64"}},
      {call([] {
         return max(zeros({2, 3}), {2});
       }),
       {"IndexError: max: ", "axis 2"}},
      {call([] {
         return max(zeros({0, 3}), {0});
       }),
       {"ShapeError: max: ", "[0, 3]"}},
      {call([] {
         return min(zeros({2, 3}), {2});
       }),
       {"IndexError: min: ", "axis 2"}},
      {call([] { return min(zeros({0})); }), {"ShapeError: min: ", "[0]"}},
      {call([] {
         return sum_to(zeros({2, 3}), {2});
       }),
       {"ShapeError: sum_to: ", "[2, 3]", "[2]"}},
  });
}

TEST_CASE("op errors: undefined operands") {
  const Variable none;
  const Variable some = zeros({2, 3});
  struct Row {
    const char* name;
    std::function<void()> call;
  };
  const std::vector<Row> table{
      {"add", call([=] { return some + none; })},
      {"div", call([=] { return some / none; })},
      {"relu", call([=] { return relu(none); })},
      {"exp", call([=] { return exp(none); })},
      {"neg", call([=] { return neg(none); })},
      {"to", call([=] { return to(none, float64); })},
      {"where", call([=] {
         return where(Tensor::ones({2, 3}, boolean), some, none);
       })},
      {"softmax", call([=] { return softmax(none); })},
      {"sum", call([=] { return sum(none); })},
      {"mean", call([=] { return mean(none); })},
      {"var", call([=] { return var(none); })},
      {"max", call([=] { return max(none); })},
      {"matmul", call([=] { return matmul(some, none); })},
      {"linear", call([=] { return linear(none, some); })},
      {"conv2d", call([=] {
         return conv2d(none, zeros({1, 1, 3, 3}));
       })},
      {"max_pool2d", call([=] { return max_pool2d(none); })},
      {"batch_norm", call([=] { return batch_norm(none, some, some, {}, {}); })},
      {"mse_loss", call([=] { return mse_loss(some, none); })},
      {"cross_entropy", call([=] { return cross_entropy(none, labels({0})); })},
  };
  for (const auto& [name, call] : table) check_error(call, {concat("ValueError: ", name, ": "), "undefined"});
}

TEST_CASE("op errors: views") {
  const std::vector<Variable> none;
  check_errors({
      {call([] {
         return reshape(zeros({2, 3}), {4, -1});
       }),
       {"ShapeError: reshape: ", "[2, 3]", "[4, -1]"}},
      {call([] {
         return reshape(zeros({2, 3}), {-1, -1});
       }),
       {"ShapeError: reshape: ", "more than one -1"}},
      {call([] {
         return flatten(zeros({2, 3}), 1, 0);
       }),
       {"ShapeError: flatten: ", "[2, 3]"}},
      {call([] {
         return flatten(zeros({2, 3}), 2);
       }),
       {"IndexError: flatten: ", "axis 2"}},
      {call([] {
         return transpose(zeros({2, 3}), 0, 2);
       }),
       {"IndexError: transpose: ", "axis 2"}},
      {call([] {
         return permute(zeros({2, 3}), {0});
       }),
       {"ShapeError: permute: ", "[2, 3]", "[0]"}},
      {call([] {
         return permute(zeros({2, 3}), {0, 0});
       }),
       {"ShapeError: permute: ", "twice"}},
      {call([] {
         return narrow(zeros({2, 3}), 1, 2, 2);
       }),
       {"IndexError: narrow: ", "start 2", "length 2", "[2, 3]"}},
      {call([] {
         return slice(zeros({2, 3}), 1, 0, 3, 0);
       }),
       {"ValueError: slice: ", "step"}},
      {call([] {
         return slice(zeros({2, 3}), 2, 0, 3);
       }),
       {"IndexError: slice: ", "axis 2"}},
      {call([] {
         return select(zeros({2, 3}), 1, 3);
       }),
       {"IndexError: select: ", "index 3", "[2, 3]"}},
      {call([] {
         return expand(zeros({2, 3}), {4, 3});
       }),
       {"ShapeError: expand: ", "[2, 3]", "[4, 3]"}},
      {call([] {
         return expand(zeros({2, 3}), {3});
       }),
       {"ShapeError: expand: ", "[2, 3]", "[3]"}},
      {call([] {
         return squeeze(zeros({2, 1}), 2);
       }),
       {"IndexError: squeeze: ", "axis 2"}},
      {call([] {
         return unsqueeze(zeros({2, 3}), 4);
       }),
       {"IndexError: unsqueeze: ", "axis 4"}},
      {call([=] { return concatenate(none); }), {"ValueError: concatenate: ", "no tensors"}},
      {call([] {
         return concatenate({zeros({2, 3}), zeros({2, 4})}, 0);
       }),
       {"ShapeError: concatenate: ", "[2, 3]", "[2, 4]"}},
      {call([] {
         return concatenate({zeros({2}), zeros({2}, float64)});
       }),
       {"TypeError: concatenate: ", "float32", "float64"}},
      {call([=] { return stack(none); }), {"ValueError: stack: ", "no tensors"}},
      {call([] {
         return stack({zeros({2, 3}), zeros({3})});
       }),
       {"ShapeError: stack: ", "[2, 3]", "[3]"}},
      {call([] {
         return stack({zeros({2}), zeros({2})}, 2);
       }),
       {"IndexError: stack: ", "axis 2"}},
      {call([] {
         return index_select(zeros({2, 3}), 0, labels({0, 2}));
       }),
       {"IndexError: index_select: ", "2", "[0, 2)"}},
      {call([] {
         return index_select(zeros({2, 3}), 0, Tensor::zeros({2}));
       }),
       {"TypeError: index_select: ", "int64"}},
      {call([] {
         return gather(zeros({2, 3}), 1, labels({0, 1}));
       }),
       {"ShapeError: gather: ", "[2]", "[2, 3]"}},
      {call([] {
         return gather(zeros({2, 3}), 1, labels({0, 3}).unsqueeze(1));
       }),
       {"IndexError: gather: ", "3"}},
      {call([] {
         return gather(zeros({2, 3}), 1, Tensor::zeros({2, 1}));
       }),
       {"TypeError: gather: ", "int64"}},
  });
}
