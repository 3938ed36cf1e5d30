#include <doctest/doctest.h>

#include <functional>
#include <reel/core/kernels/advanced_index.h>
#include <reel/core/kernels/elementwise.h>
#include <reel/core/kernels/index.h>
#include <reel/core/kernels/matmul.h>
#include <reel/core/kernels/max_pool_choice.h>
#include <reel/core/kernels/norm.h>
#include <reel/core/kernels/pool.h>
#include <reel/core/kernels/reduce.h>
#include <reel/core/kernels/scan.h>
#include <reel/core/kernels/softmax.h>
#include <reel/core/kernels/sort.h>
#include <reel/core/random.h>
#include <string_view>
#include <tests/note.h>
#include <tests/threads.h>
#include <vector>

using namespace reel;
using reel::testing::same_bits;
using reel::testing::WithThreads;

namespace {

Tensor numbers(const Shape& shape, std::uint64_t seed = 7) {
  Generator generator(seed);
  return normal(shape, 0, 1, float32, generator);
}

struct Kernel {
  std::string_view name;
  std::function<std::vector<Tensor>()> run;
};

std::vector<Tensor> pooled(const Tensor& x, const Pool2dOptions& options) {
  const auto g = kernels::pool2d_geometry("max_pool2d", x.shape(), options);
  const auto [y, choice] = kernels::max_pool2d_choosing(x, g);
  return {kernels::max_pool2d(x, g), y, choice, kernels::spread_to_choice(numbers(y.shape(), 3), choice, g)};
}

std::vector<Tensor> normalised(const Tensor& x) {
  const Shape channels{x.size(1)};
  const Tensor weight = numbers(channels, 2);
  const auto out = kernels::batch_norm(x, weight, numbers(channels, 4), 1e-5, Activation::relu);
  const auto grads = kernels::batch_norm_grads(numbers(x.shape(), 5), x, out.statistics, weight, Activation::relu);
  return {out.output, out.statistics.mean, out.statistics.variance, grads.input, grads.weight, grads.bias};
}

std::vector<Tensor> normalised_and_pooled(const Tensor& x) {
  const Shape channels{x.size(1)};
  const Tensor weight = numbers(channels, 2);
  const auto [out, statistics] = kernels::batch_norm_pooled(x, weight, numbers(channels, 4), 1e-5, Activation::relu);
  const auto grads =
      kernels::batch_norm_pooled_grads(numbers(out.output.shape(), 5), out.choice, x, statistics, weight);
  return {out.output, out.choice, statistics.variance, grads.input, grads.weight, grads.bias};
}

std::vector<Tensor> cross_entropy(const Tensor& x) {
  Generator generator(9);
  const kernels::Wanted labels{.labels = randint(0, x.size(1), {x.size(0)}, generator), .smoothing = 0.1};
  const auto out = kernels::cross_entropy(x, labels);
  return {out.losses, kernels::cross_entropy_grad(x, labels, out, Tensor::scalar(1), 0.1)};
}

/// Reading, and adding up at places that come many times.
std::vector<Tensor> indexed(const Tensor& x, std::int64_t axis) {
  Generator generator(9);
  const Tensor places = randint(0, x.size(axis), x.shape(), generator);
  const Tensor list = places.flatten().narrow(0, 0, 1000);
  Shape part = x.shape();
  part[static_cast<int>(axis)] = 1000;
  std::vector<Index> brackets(static_cast<std::size_t>(axis), Slice{});
  brackets.emplace_back(list);
  return {gather(x, axis, places),
          index_select(x, axis, list),
          index(x, brackets),
          masked_select(x, gt(x, Tensor::scalar(0.5))),
          scatter_add(x, axis, places, numbers(x.shape(), 2)),
          index_add(x, axis, list, numbers(part, 3)),
          index_put(x, brackets, numbers(part, 4), true)};
}

}  // namespace

TEST_CASE("kernels give the same bits with any number of threads") {
  const std::vector<Kernel> list{
      {"gelu",
       [] {
         return std::vector{gelu(numbers({3, 41'001}))};
       }},
      {"softmax",
       [] {
         return std::vector{softmax(numbers({300, 333})), softmax(numbers({30, 50, 40}), 1)};
       }},
      {"log_softmax",
       [] {
         return std::vector{log_softmax(numbers({300, 333}))};
       }},
      {"reductions",
       [] {
         const Tensor x = numbers({301, 40, 37});
         return std::vector{max(x), min(x, {0}), prod(x, {1}), logsumexp(x, {0, 2}), norm(x, 3), argmin(x, 0)};
       }},
      {"running totals",
       [] {
         const Tensor x = numbers({301, 1000});
         return std::vector{cumsum(x, 0), cumsum(x, 1, true), cumprod(x, 0)};
       }},
      {"order",
       [] {
         const auto [values, indices] = sort(numbers({301, 1000}));
         return std::vector{values, indices, topk(numbers({301, 1000}), 7, 0).values};
       }},
      {"sine",
       [] {
         return std::vector{sin(numbers({3, 41'001}))};
       }},
      {"cross_entropy",
       [] {
         return cross_entropy(numbers({301, 1000}));
       }},
      {"max_pool2d 3",
       [] {
         return pooled(numbers({5, 20, 57, 61}), {.kernel_size = 3, .stride = 2, .padding = 1});
       }},
      {"max_pool2d 2",
       [] {
         return pooled(numbers({5, 20, 57, 61}), {});
       }},
      {"batch_norm",
       [] {
         return normalised(numbers({16, 65, 29, 31}));
       }},
      {"batch_norm and pooling",
       [] {
         return normalised_and_pooled(numbers({16, 65, 29, 31}));
       }},
      {"batch_norm of small planes",
       [] {
         return normalised(numbers({64, 128, 3, 3}));
       }},
      {"batch_norm of vectors",
       [] {
         return normalised(numbers({400, 300}));
       }},
      {"indexing along the first axis",
       [] {
         return indexed(numbers({50, 40, 300}), 0);
       }},
      {"indexing along the middle axis",
       [] {
         return indexed(numbers({70, 30, 90}), 1);
       }},
      {"indexing along the last axis",
       [] {
         return indexed(numbers({400, 300}), 1);
       }},
      {"matmul",
       [] {
         return std::vector{matmul(numbers({300, 290}), numbers({310, 290}, 2).transpose(0, 1))};
       }},
      {"matmul of a wide matrix",
       [] {
         return std::vector{matmul(numbers({40, 300}), numbers({300, 2000}, 2))};
       }},
  };
  for (const auto& [name, run] : list) {
    const auto noted = note(name);
    std::vector<Tensor> alone;
    {
      const WithThreads with(1);
      alone = run();
    }
    for (const int threads : {2, 3, 8}) {
      const WithThreads with(threads);
      const std::vector<Tensor> together = run();
      for (std::size_t i = 0; i < alone.size(); ++i) CHECK(same_bits(together[i], alone[i]));
    }
  }
}
