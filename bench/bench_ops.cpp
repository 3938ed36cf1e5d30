#include <reel/autograd/ops/arithmetic.h>
#include <reel/autograd/ops/layer_norm.h>
#include <reel/autograd/ops/loss.h>
#include <reel/autograd/ops/matmul.h>
#include <reel/autograd/ops/norm.h>
#include <reel/autograd/ops/pool.h>
#include <reel/core/random.h>
#include <reel/optim/adagrad.h>
#include <reel/optim/adam.h>
#include <reel/optim/rmsprop.h>
#include <reel/optim/sgd.h>

#include "rows.h"
#include "shapes.h"

// The ops beside convolution, and what an op costs that has next to nothing to compute.

namespace bench {

using namespace reel;

namespace {

Op make_op(const PoolShape& s) {
  const Variable x = Variable::leaf(normal({s.batch, s.channels, s.size, s.size}));
  const Pool2dOptions options{.kernel_size = s.kernel, .stride = s.stride, .padding = s.padding};
  return {.leaves = {x}, .call = [x, options] { return max_pool2d(x, options); }};
}

Op make_op(const NormShape& s) {
  const Variable x = Variable::leaf(normal({s.batch, s.channels, s.size, s.size}));
  const Variable weight = Variable::leaf(Tensor::ones({s.channels}));
  const Variable bias = Variable::leaf(Tensor::zeros({s.channels}));
  const Tensor mean = Tensor::zeros({s.channels}), var = Tensor::ones({s.channels});
  return {.leaves = {x, weight, bias}, .call = [=] { return batch_norm(x, weight, bias, mean, var); }};
}

Op make_op(const LayerNormShape& s) {
  const Variable x = Variable::leaf(normal({s.batch, s.length, s.features}));
  const Variable weight = Variable::leaf(Tensor::ones({s.features}));
  const Variable bias = Variable::leaf(Tensor::zeros({s.features}));
  return {.leaves = {x, weight, bias}, .call = [=] { return layer_norm(x, weight.shape(), weight, bias); }};
}

Op make_op(const GroupNormShape& s) {
  const Variable x = Variable::leaf(normal({s.batch, s.channels, s.size, s.size}));
  const Variable weight = Variable::leaf(Tensor::ones({s.channels}));
  const Variable bias = Variable::leaf(Tensor::zeros({s.channels}));
  return {.leaves = {x, weight, bias}, .call = [=] { return group_norm(x, s.groups, weight, bias); }};
}

Op make_op(const LossShape& s) {
  const Variable logits = Variable::leaf(normal({s.batch, s.classes}));
  const Tensor labels = randint(0, s.classes, {s.batch});
  return {.leaves = {logits}, .call = [=] { return cross_entropy(logits, labels); }};
}

Op make_op(const MatmulShape& s) {
  const Variable a = Variable::leaf(normal({s.size, s.size}));
  const Variable b = Variable::leaf(normal({s.size, s.size}));
  const auto size = static_cast<double>(s.size);
  return {.leaves = {a, b}, .call = [=] { return matmul(a, b); }, .flops = 2 * size * size * size};
}

Op make_op(const ChainShape& s) {
  const Variable a = Variable::leaf(Tensor::scalar(0.999));
  const Tensor b = Tensor::scalar(1e-3);
  const auto chain = [a, b, ops = s.ops] {
    Variable x = a;
    for (std::int64_t i = 0; i < ops / 2; ++i) x = x * a + b;
    return x;
  };
  return {.leaves = {a}, .call = chain};
}

void time_chain(benchmark::State& state, const ChainShape& s) {
  time_forward_backward(state, make_op(s));
  state.counters["time/op"] = benchmark::Counter(static_cast<double>(s.ops * state.iterations()),
                                                 benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}

/// Rows of an optimizer's step, with parameters as vgg has them, the biases too.
template <class Optimizer, class Options>
void add_optimizer(const Plan& plan, const char* name, const Options& options) {
  add_row(plan, concat("optimizer/", name, "/step"), [options](benchmark::State& state) {
    std::vector<Variable> parameters;
    for (int i = 0; i < 8; ++i) {
      for (const Shape& shape : {Shape{128, 128, 3, 3}, Shape{128}}) {
        parameters.push_back(Variable::leaf(normal(shape)));
        parameters.back().set_grad(normal(shape));
      }
    }
    Optimizer optimizer(parameters, options);
    time_calls(state, [&] { optimizer.step(); });
  });
}

template <class Shape>
void add(const Plan& plan, const char* op, const Shape& s) {
  add_op(plan, concat(op, '/', s.name), [s] { return make_op(s); });
}

}  // namespace

void add_op_rows(const Plan& plan) {
  for (const PoolShape& s : pools) add(plan, "max_pool2d", s);
  for (const NormShape& s : norms) add(plan, "batch_norm", s);
  for (const LayerNormShape& s : layer_norms) add(plan, "layer_norm", s);
  for (const GroupNormShape& s : group_norms) add(plan, "group_norm", s);
  for (const LossShape& s : losses) add(plan, "cross_entropy", s);
  for (const MatmulShape& s : matmuls) add(plan, "matmul", s);
  for (const ChainShape& s : chains) {
    add_row(plan, concat("mul_add_chain/", s.name, "/forward_backward"),
            [s](benchmark::State& state) { time_chain(state, s); });
  }
  add_optimizer<optim::SGD>(plan, "sgd", optim::SGDOptions{});
  add_optimizer<optim::SGD>(plan, "sgd momentum", optim::SGDOptions{.momentum = 0.9});
  add_optimizer<optim::Adam>(plan, "adam", optim::AdamOptions{});
  add_optimizer<optim::RMSprop>(plan, "rmsprop", optim::RMSpropOptions{.momentum = 0.9, .centered = true});
  add_optimizer<optim::Adagrad>(plan, "adagrad", optim::AdagradOptions{});
}

}  // namespace bench
