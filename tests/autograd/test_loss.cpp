#include <doctest/doctest.h>

#include <cmath>
#include <reel/autograd/ops/activation.h>
#include <reel/autograd/ops/arithmetic.h>
#include <reel/autograd/ops/loss.h>
#include <reel/core/kernels/index.h>
#include <tests/autograd/errors.h>
#include <tests/autograd/golden.h>
#include <tests/op_table.h>

// The losses against central differences, what they say to wrong arguments, and how they belong together.

using namespace reel;
using namespace reel::testing;
using In = std::vector<Variable>;

namespace {

Tensor some_labels() { return Tensor::of({2, 0, 1}, int64); }
Tensor with_ignored() { return Tensor::of({2, -100, 1}, int64); }
Tensor weights() { return Tensor::of({0.5, 2, 1, 0.25}, float64); }

void check_same(const Variable& a, const Variable& b) { CHECK(relative_error(a.value(), b.value()) < 1e-14); }

}  // namespace

TEST_CASE("gradients: losses of classes") {
  for (const Reduction r : {Reduction::mean, Reduction::sum, Reduction::none}) {
    CAPTURE(static_cast<int>(r));
    check_table({
        {"cross_entropy", [=](const In& v) { return cross_entropy(v[0], some_labels(), {.reduction = r}); }, {{3, 4}}},
        {"cross_entropy smoothed",
         [=](const In& v) { return cross_entropy(v[0], some_labels(), {.reduction = r, .label_smoothing = 0.2}); },
         {{3, 4}}},
        {"cross_entropy weighted, smoothed, one ignored",
         [=](const In& v) {
           return cross_entropy(v[0], with_ignored(), {.weight = weights(), .reduction = r, .label_smoothing = 0.2});
         },
         {{3, 4}}},
        {"cross_entropy 4-d",
         [=](const In& v) {
           return cross_entropy(v[0], Tensor::of({2, 0, 1, 2}, {2, 2, 1}, int64), {.reduction = r});
         },
         {{2, 3, 2, 1}}},
        {"cross_entropy with probabilities",
         [=](const In& v) {
           return cross_entropy(v[0], v[1], {.weight = weights(), .reduction = r, .label_smoothing = 0.2});
         },
         {{3, 4}, {3, 4}}},
        {"nll_loss", [=](const In& v) { return nll_loss(v[0], some_labels(), {.reduction = r}); }, {{3, 4}}},
        {"nll_loss weighted, one ignored",
         [=](const In& v) { return nll_loss(v[0], with_ignored(), {.weight = weights(), .reduction = r}); },
         {{3, 4}}},
    });
  }
}

TEST_CASE("gradients: losses, element by element") {
  const Shape both{3, 4};
  const Tensor column = Tensor::of({0.5, 2, 1}, {3, 1}, float64);
  for (const Reduction r : {Reduction::mean, Reduction::none}) {
    CAPTURE(static_cast<int>(r));
    check_table({
        {"mse_loss", [=](const In& v) { return mse_loss(v[0], v[1], {r}); }, {both, both}},
        {"l1_loss", [=](const In& v) { return l1_loss(v[0], v[1] + 10.0, {r}); }, {both, both}},
        {"smooth_l1_loss",
         [=](const In& v) { return smooth_l1_loss(v[0], v[1], {.reduction = r, .beta = 0.7}); },
         {both, both}},
        {"huber_loss", [=](const In& v) { return huber_loss(v[0], v[1], {.reduction = r}); }, {both, both}},
        {"binary_cross_entropy",
         [=](const In& v) { return binary_cross_entropy(v[0], v[1], {.weight = column, .reduction = r}); },
         {both, both},
         0.1,
         0.9},
        {"binary_cross_entropy_with_logits",
         [=](const In& v) { return binary_cross_entropy_with_logits(v[0], sigmoid(v[1]), {.reduction = r}); },
         {both, both}},
        {"binary_cross_entropy_with_logits weighted",
         [=](const In& v) {
           return binary_cross_entropy_with_logits(v[0], v[1],
                                                   {.weight = column, .reduction = r, .pos_weight = weights()});
         },
         {both, both}},
        {"kl_div", [=](const In& v) { return kl_div(v[0], v[1], {.reduction = r}); }, {both, both}, 0.2, 2},
        {"kl_div of logarithms",
         [=](const In& v) { return kl_div(v[0], v[1], {.reduction = r, .log_target = true}); },
         {both, both}},
    });
  }
}

TEST_CASE("op errors: losses of classes") {
  const Variable logits = zeros({3, 4});
  const Tensor right = labels({0, 1, 3});
  const auto both = [&](const Variable& x, const Tensor& y, const std::vector<std::string>& parts,
                        const Tensor& weight = {}) {
    for (const bool fused : {true, false}) {
      std::vector<std::string> named = parts;
      named[0] = concat(parts[0], ": ", fused ? "cross_entropy: " : "nll_loss: ");
      check_error(
          call([&] { return fused ? cross_entropy(x, y, {.weight = weight}) : nll_loss(x, y, {.weight = weight}); }),
          named);
    }
  };
  both(zeros({4}), labels({0}), {"ShapeError", "[N, C, ...]", "[4]"});
  both(logits, labels({0, 1}), {"ShapeError", "[3, 4]", "[3]", "[2]"});
  both(logits, right.unsqueeze(1), {"ShapeError", "[3, 4]", "[3]", "[3, 1]"});
  both(logits, labels({0, 4, 1}), {"IndexError", "label", "4", "position 1", "[0, 4)"});
  both(logits, labels({-100, 1, -1}), {"IndexError", "label", "-1", "position 2", "[0, 4)"});
  both(logits, right.to(uint8), {"TypeError", "labels", "int64", "uint8"});
  both(zeros({3, 4}, int64), right, {"TypeError", "int64"});
  both(logits, Tensor(), {"ValueError", "undefined"});
  both(logits, right, {"ShapeError", "weight", "[4]", "[3]"}, Tensor::ones({3}));
  both(logits, right, {"TypeError", "float32", "float64"}, Tensor::ones({4}, float64));
  for (const double smoothing : {-0.1, 1.5}) {
    check_error(call([=] { return cross_entropy(logits, right, {.label_smoothing = smoothing}); }),
                {"ValueError: cross_entropy: ", "label_smoothing", concat(smoothing)});
  }
  check_errors({
      {call([=] { return cross_entropy(logits, right.to(float32)); }),
       {"ShapeError: cross_entropy: ", "[3, 4]", "labels int64", "float32 [3]"}},
      {call([=] {
         return cross_entropy(logits, zeros({3, 4}, float64));
       }),
       {"TypeError: cross_entropy: ", "float32", "float64"}},
  });
}

TEST_CASE("op errors: losses, element by element") {
  struct Pairwise {
    const char* name;
    std::function<Variable(const Variable&, const Variable&)> op;
  };
  const std::vector<Pairwise> pairwise{
      {"mse_loss", [](const Variable& a, const Variable& b) { return mse_loss(a, b); }},
      {"l1_loss", [](const Variable& a, const Variable& b) { return l1_loss(a, b); }},
      {"smooth_l1_loss", [](const Variable& a, const Variable& b) { return smooth_l1_loss(a, b); }},
      {"huber_loss", [](const Variable& a, const Variable& b) { return huber_loss(a, b); }},
      {"kl_div", [](const Variable& a, const Variable& b) { return kl_div(a, b); }},
      {"binary_cross_entropy", [](const Variable& a, const Variable& b) { return binary_cross_entropy(a, b); }},
      {"binary_cross_entropy_with_logits",
       [](const Variable& a, const Variable& b) { return binary_cross_entropy_with_logits(a, b); }},
  };
  for (const auto& [name, op] : pairwise) {
    const auto f = op;
    check_errors({
        {call([f] {
           return f(zeros({3, 1}), zeros({3}));
         }),
         {concat("ShapeError: ", name, ": "), "[3, 1]", "[3]"}},
        {call([f] { return f(zeros({3}), zeros({3}, float64)); }),
         {concat("TypeError: ", name, ": "), "float32", "float64"}},
        {call([f] { return f(zeros({3}, int64), zeros({3}, int64)); }), {concat("TypeError: ", name, ": "), "int64"}},
        {call([f] { return f(zeros({3}), Variable()); }), {concat("ValueError: ", name, ": "), "undefined"}},
    });
  }
  const Variable x = zeros({2, 3});
  check_errors({
      {call([=] { return smooth_l1_loss(x, x, {.beta = -1}); }), {"ValueError: smooth_l1_loss: ", "beta", "-1"}},
      {call([=] { return huber_loss(x, x, {.delta = 0}); }), {"ValueError: huber_loss: ", "delta", "0"}},
      {call([=] { return binary_cross_entropy(x - 0.5, x); }),
       {"ValueError: binary_cross_entropy: ", "[0, 1]", "with_logits"}},
      {call([=] { return binary_cross_entropy(x, x, {.weight = Tensor::ones({2})}); }),
       {"ShapeError: binary_cross_entropy: ", "[2]", "[2, 3]"}},
      {call([=] {
         return binary_cross_entropy(x, x, {.weight = Tensor::ones({4, 2, 3})});
       }),
       {"ShapeError: binary_cross_entropy: ", "weight", "[4, 2, 3]", "[2, 3]"}},
      {call([=] { return binary_cross_entropy_with_logits(x, x, {.pos_weight = Tensor::ones({3}, float64)}); }),
       {"TypeError: binary_cross_entropy_with_logits: ", "float64"}},
  });
}

TEST_CASE("losses: labels are probabilities of 0 and 1") {
  const Variable x = Tensor::of({0.5, -1, 2, 0, 3, -2, 1, 1, 0.25, -0.5, 0, 1}, {3, 4}, float64);
  for (const double smoothing : {0.0, 0.3}) {
    for (const Reduction r : {Reduction::mean, Reduction::batchmean, Reduction::none}) {
      check_same(cross_entropy(x, some_labels(), {.reduction = r, .label_smoothing = smoothing}),
                 cross_entropy(x, one_hot(some_labels(), 4, float64), {.reduction = r, .label_smoothing = smoothing}));
    }
  }
  check_same(cross_entropy(x, some_labels(), {.weight = weights()}),
             nll_loss(log_softmax(x, 1), some_labels(), {.weight = weights()}));
}

TEST_CASE("losses: at the edges") {
  const Tensor ends = Tensor::of({0, 1, 0, 1}, float64);
  const Tensor wanted = Tensor::of({0, 1, 1, 0}, float64);
  // The logarithm of 0 counts as -100.
  check_same(binary_cross_entropy(ends, wanted, {.reduction = Reduction::none}), Tensor::of({0, 0, 100, 100}, float64));
  check_same(kl_div(Tensor::of({-1, -2}, float64), Tensor::of({0, 1}, float64), {.reduction = Reduction::none}),
             Tensor::of({0, 2}, float64));
  // What is ignored, or has weight 0, may be infinitely unlikely.
  const Variable certain = Tensor::of({0, -INFINITY, 0, -INFINITY}, {2, 2}, float64);
  check_same(nll_loss(certain, Tensor::of({0, -100}, int64)), Tensor::scalar(0, float64));
}
