#include <doctest/doctest.h>

#include <reel/autograd/ops/layer_norm.h>
#include <reel/core/kernels/layer_norm.h>
#include <reel/core/parallel.h>
#include <reel/core/random.h>
#include <reel/nn/layer_norm.h>
#include <tests/autograd/errors.h>
#include <tests/autograd/golden.h>
#include <tests/note.h>
#include <tests/op_table.h>
#include <tests/threads.h>

// Layer, RMS, group and instance normalisation: gradients against central differences, the same bits with any number of
// threads, what is said to wrong shapes, and the layers.

using namespace reel;
using namespace reel::testing;
using In = std::vector<Variable>;

namespace {

Tensor numbers(const Shape& shape, DType dtype = float32, std::uint64_t seed = 5) {
  Generator generator(seed);
  return normal(shape, 0, 1, dtype, generator);
}

}  // namespace

TEST_CASE("gradients: normalisation of each example") {
  const Tensor mean = Tensor::of({0.5, -1}, float64);
  const Tensor variance = Tensor::of({0.5, 2}, float64);
  check_table({
      {"layer_norm", [](const In& v) { return layer_norm(v[0], {5}, v[1], v[2]); }, {{3, 5}, {5}, {5}}},
      {"layer_norm plain", [](const In& v) { return layer_norm(v[0], {4}); }, {{2, 2, 4}}},
      {"layer_norm of two axes",
       [](const In& v) {
         return layer_norm(v[0], {2, 3}, v[1], v[2]);
       },
       {{3, 2, 3}, {2, 3}, {2, 3}}},
      {"layer_norm of whole vectors", [](const In& v) { return layer_norm(v[0], {17}, v[1]); }, {{2, 17}, {17}}},
      {"rms_norm", [](const In& v) { return rms_norm(v[0], {5}, v[1]); }, {{3, 5}, {5}}},
      {"rms_norm plain",
       [](const In& v) {
         return rms_norm(v[0], {2, 2}, {}, 0.1);
       },
       {{3, 2, 2}}},
      {"group_norm", [](const In& v) { return group_norm(v[0], 2, v[1], v[2]); }, {{2, 4, 2, 2}, {4}, {4}}},
      {"group_norm of vectors", [](const In& v) { return group_norm(v[0], 2, v[1], v[2]); }, {{2, 6}, {6}, {6}}},
      {"group_norm plain", [](const In& v) { return group_norm(v[0], 1); }, {{2, 2, 3}}},
      {"instance_norm", [](const In& v) { return instance_norm(v[0], v[1], v[2]); }, {{2, 2, 2, 3}, {2}, {2}}},
      {"instance_norm in eval with running statistics",
       [=](const In& v) { return instance_norm(v[0], v[1], v[2], mean, variance, {.training = false}); },
       {{2, 2, 2, 3}, {2}, {2}}},
  });
}

TEST_CASE("row_norm gives the same bits with any number of threads") {
  struct Row {
    Shape x;
    kernels::RowLayout layout;
  };
  for (const auto& [shape, layout] : std::vector<Row>{{{500, 333}, {500, 1, 333, 1, false}},
                                                      {{40, 24, 13, 11}, {40 * 4, 6, 143, 4, true}},
                                                      {{3000, 48}, {3000 * 4, 12, 1, 4, true}}}) {
    const auto noted = note(shape);
    const Shape parameters{layout.groups * layout.parameters()};
    const Tensor x = numbers(shape);
    const Tensor weight = numbers(parameters, float32, 6);
    const auto run = [&, &rows = layout] {
      const auto [y, mean, rstd] = kernels::row_norm(x, weight, weight, rows, 1e-5, true);
      const auto grads =
          kernels::row_norm_grads(numbers(x.shape(), float32, 7), x, mean, rstd, weight, rows, true, true);
      return std::vector{y, mean, rstd, grads.input, grads.weight, grads.bias};
    };
    const WithThreads one(1);
    const auto alone = run();
    const WithThreads three(3);
    const auto together = run();
    for (std::size_t i = 0; i < alone.size(); ++i) CHECK(same_bits(together[i], alone[i]));
  }
}

TEST_CASE("layer_norm keeps the digits of numbers with a large mean, and a constant row is its bias") {
  const Tensor x = numbers({4, 50});
  CHECK(relative_error(layer_norm(x + 1000.0, {50}).value(), layer_norm(x, {50}).value()) < 1e-4);
  const Tensor bias = numbers({50});
  CHECK(relative_error(layer_norm(Tensor::full({1, 50}, 3), {50}, {}, bias).value(), bias.unsqueeze(0)) == 0);
  CHECK(layer_norm(Tensor::zeros({0, 3}), {3}).shape() == Shape{0, 3});
  CHECK(group_norm(Tensor::zeros({0, 4, 2}), 2).shape() == Shape{0, 4, 2});
}

TEST_CASE("op errors: normalisation of each example") {
  check_errors({
      {call([] {
         return layer_norm(zeros({2, 3}), {4});
       }),
       {"ShapeError: layer_norm: normalized_shape [4]", "[2, 3]"}},
      {call([] {
         return layer_norm(zeros({3}), {2, 3});
       }),
       {"ShapeError: layer_norm: ", "[2, 3]", "[3]"}},
      {call([] {
         return layer_norm(zeros({2, 3}), {});
       }),
       {"ShapeError: layer_norm: ", "[]"}},
      {call([] {
         return layer_norm(zeros({2, 0}), {0});
       }),
       {"ShapeError: layer_norm: ", "no numbers"}},
      {call([] {
         return layer_norm(zeros({2, 3}), {3}, zeros({2}));
       }),
       {"ShapeError: layer_norm: ", "[3]", "[2]"}},
      {call([] {
         return layer_norm(zeros({2, 3}), {3}, {}, zeros({3}, float64));
       }),
       {"TypeError: layer_norm: ", "float64"}},
      {call([] {
         return layer_norm(zeros({2, 3}, int64), {3});
       }),
       {"TypeError: layer_norm: ", "int64"}},
      {call([] { return layer_norm({}, {3}); }), {"ValueError: layer_norm: ", "undefined"}},
      {call([] {
         return rms_norm(zeros({2, 3}), {2});
       }),
       {"ShapeError: rms_norm: ", "[2]", "[2, 3]"}},
      {call([] {
         return rms_norm(zeros({2, 3}), {3}, zeros({4}));
       }),
       {"ShapeError: rms_norm: ", "[3]", "[4]"}},
      {call([] {
         return group_norm(zeros({2, 6, 4}), 4);
       }),
       {"ValueError: group_norm: ", "6 channels", "4 groups"}},
      {call([] {
         return group_norm(zeros({2, 6}), 0);
       }),
       {"ValueError: group_norm: ", "0 groups"}},
      {call([] { return group_norm(zeros({6}), 2); }), {"ShapeError: group_norm: ", "[N, C, ...]", "[6]"}},
      {call([] {
         return group_norm(zeros({2, 6, 0}), 2);
       }),
       {"ShapeError: group_norm: ", "[2, 6, 0]"}},
      {call([] {
         return group_norm(zeros({2, 6}), 2, zeros({3}));
       }),
       {"ShapeError: group_norm: ", "[6]", "[3]"}},
      {call([] {
         return instance_norm(zeros({2, 6, 1, 1}));
       }),
       {"ShapeError: instance_norm: ", "more than one value"}},
      {call([] {
         return instance_norm(zeros({2, 6}));
       }),
       {"ShapeError: instance_norm: ", "[2, 6]"}},
      {call([] {
         return instance_norm(zeros({2, 3, 4}), {}, {}, Tensor::zeros({2}));
       }),
       {"ShapeError: instance_norm: ", "[3]", "[2]"}},
      {[] { nn::LayerNorm(0); }, {"ValueError: LayerNorm: ", "[0]"}},
      {[] { nn::RMSNorm(Shape{}); }, {"ValueError: RMSNorm: ", "[]"}},
      {[] { nn::GroupNorm(3, 8); }, {"ValueError: GroupNorm: ", "3 and 8"}},
      {[] { nn::GroupNorm(1, 0); }, {"ValueError: GroupNorm: ", "num_channels", "0"}},
      {[] { nn::InstanceNorm2d(0); }, {"ValueError: InstanceNorm2d: ", "num_features", "0"}},
      {call([] {
         return nn::GroupNorm(2, 4, {.affine = false})(zeros({2, 6, 3}));
       }),
       {"ShapeError: GroupNorm: ", "[N, 4, ...]", "[2, 6, 3]"}},
      {call([] {
         return nn::InstanceNorm2d(4)(zeros({2, 4, 3}));
       }),
       {"ShapeError: InstanceNorm2d: ", "[2, 4, 3]"}},
  });
}

TEST_CASE("layers: LayerNorm, RMSNorm, GroupNorm and InstanceNorm2d") {
  const Tensor x = numbers({2, 4, 5, 6});
  const auto check_layer = [&](nn::Module&& layer, const Variable& expected, const std::string& description,
                               std::size_t parameters) {
    CHECK(layer.describe() == description);
    CHECK(layer.parameters().size() == parameters);
    CHECK(relative_error(layer(x).value(), expected.value()) == 0);
  };
  check_layer(nn::LayerNorm(6), layer_norm(x, {6}), "LayerNorm([6])", 2);
  check_layer(nn::LayerNorm({5, 6}, {.eps = 0.1, .bias = false}), layer_norm(x, {5, 6}, {}, {}, 0.1),
              "LayerNorm([5, 6], eps=0.1, bias=false)", 1);
  check_layer(nn::LayerNorm(6, {.elementwise_affine = false}), layer_norm(x, {6}),
              "LayerNorm([6], elementwise_affine=false)", 0);
  check_layer(nn::RMSNorm(6), rms_norm(x, {6}), "RMSNorm([6])", 1);
  check_layer(nn::RMSNorm(6, {.eps = 0.5}), rms_norm(x, {6}, {}, 0.5), "RMSNorm([6], eps=0.5)", 1);
  check_layer(nn::GroupNorm(2, 4), group_norm(x, 2), "GroupNorm(2, 4)", 2);
  check_layer(nn::GroupNorm(4, 4, {.affine = false}), group_norm(x, 4), "GroupNorm(4, 4, affine=false)", 0);
  check_layer(nn::InstanceNorm2d(4), instance_norm(x), "InstanceNorm2d(4)", 0);
  check_layer(nn::InstanceNorm2d(4, {.affine = true}), instance_norm(x), "InstanceNorm2d(4, affine=true)", 2);

  nn::InstanceNorm2d tracking(4, {.track_running_stats = true});
  CHECK(tracking.describe() == "InstanceNorm2d(4, track_running_stats=true)");
  CHECK(relative_error(tracking(x).value(), instance_norm(x).value()) == 0);
  const nn::StateDict state = tracking.state_dict();
  CHECK(state.at("num_batches_tracked").item() == 1);
  CHECK(max(abs(state.at("running_mean"))).item() > 0);
  tracking.eval();
  CHECK(relative_error(tracking(x).value(), instance_norm(x).value()) > 0.1);
  CHECK(state.at("num_batches_tracked").item() == 1);
}
