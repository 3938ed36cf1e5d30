#include <doctest/doctest.h>

#include <reel/autograd/ops/arithmetic.h>
#include <reel/autograd/ops/matmul.h>
#include <reel/autograd/tape.h>
#include <reel/core/random.h>
#include <reel/nn/activation.h>
#include <reel/nn/batch_norm.h>
#include <reel/nn/conv.h>
#include <reel/nn/embedding.h>
#include <reel/nn/linear.h>
#include <reel/nn/pooling.h>
#include <reel/nn/rnn.h>
#include <reel/nn/sequential.h>
#include <reel/nn/summary.h>
#include <reel/nn/transformer.h>
#include <tests/autograd/errors.h>

using namespace reel;
using namespace reel::testing;

namespace {

nn::Sequential lenet5() {
  return nn::Sequential{{"conv1", nn::Conv2d({.in_channels = 1, .out_channels = 6, .kernel_size = 5, .padding = 2})},
                        {"relu1", nn::ReLU()},
                        {"pool1", nn::MaxPool2d(2)},
                        {"conv2", nn::Conv2d({.in_channels = 6, .out_channels = 16, .kernel_size = 5})},
                        {"relu2", nn::ReLU()},
                        {"pool2", nn::MaxPool2d(2)},
                        {"flatten", nn::Flatten()},
                        {"fc1", nn::Linear(400, 120)},
                        {"relu3", nn::ReLU()},
                        {"fc2", nn::Linear(120, 84)},
                        {"relu4", nn::ReLU()},
                        {"fc3", nn::Linear(84, 10)}};
}

std::int64_t multiply_adds(nn::Module& model, const Shape& shape) { return summary(model, shape).multiply_adds(); }

const nn::LayerSummary& layer(const nn::Summary& summary, const std::string& path) {
  for (const nn::LayerSummary& one : summary.layers) {
    if (one.path == path) return one;
  }
  throw ValueError("test", "no layer ", path);
}

}  // namespace

TEST_CASE("summary: LeNet-5, as it is printed") {
  nn::Sequential model = lenet5();
  CHECK(concat(nn::summary(model, {2, 1, 28, 28})) ==
        "layer    kind       output           parameters  multiply-adds  activation bytes\n"
        "conv1    Conv2d     [2, 6, 28, 28]          156        235,200            37,632\n"
        "relu1    ReLU       [2, 6, 28, 28]            0              0            37,632\n"
        "pool1    MaxPool2d  [2, 6, 14, 14]            0              0             9,408\n"
        "conv2    Conv2d     [2, 16, 10, 10]       2,416        480,000            12,800\n"
        "relu2    ReLU       [2, 16, 10, 10]           0              0            12,800\n"
        "pool2    MaxPool2d  [2, 16, 5, 5]             0              0             3,200\n"
        "flatten  Flatten    [2, 400]                  0              0                 0\n"
        "fc1      Linear     [2, 120]             48,120         96,000               960\n"
        "relu3    ReLU       [2, 120]                  0              0               960\n"
        "fc2      Linear     [2, 84]              10,164         20,160               672\n"
        "relu4    ReLU       [2, 84]                   0              0               672\n"
        "fc3      Linear     [2, 10]                 850          1,680                80\n"
        "total                                    61,706        833,040           116,816\n");
}

TEST_CASE("summary: a VGG") {
  nn::Sequential model;
  std::int64_t in = 1;
  for (const std::int64_t out : {32, 64, 128}) {
    for (int i = 0; i < 2; ++i) {
      model.append(
          nn::Conv2d({.in_channels = in, .out_channels = out, .kernel_size = 3, .padding = "same", .bias = false}));
      model.append(nn::BatchNorm2d(out)).append(nn::ReLU());
      in = out;
    }
    model.append(nn::MaxPool2d(2));
  }
  model.append(nn::Flatten()).append(nn::Linear(1152, 10));
  const nn::Summary seen = nn::summary(model, {1, 1, 28, 28});
  CHECK(seen.parameters() == 288 + 9216 + 18432 + 36864 + 73728 + 147456 + 2 * 2 * (32 + 64 + 128) + 11530);
  CHECK(seen.multiply_adds() == 784 * (288 + 9216) + 196 * (18432 + 36864) + 49 * (73728 + 147456) + 11520);
  CHECK(layer(seen, "3").output == Shape{1, 32, 28, 28});
}

TEST_CASE("summary: convolutions of all kinds") {
  nn::Conv1d row({.in_channels = 4, .out_channels = 6, .kernel_size = 3, .stride = 2, .groups = 2});
  CHECK(multiply_adds(row, {2, 4, 9}) == 2 * 6 * 4 * (2 * 3));
  nn::Conv2d depthwise({.in_channels = 8, .out_channels = 8, .kernel_size = 3, .padding = 1, .groups = 8});
  CHECK(multiply_adds(depthwise, {1, 8, 5, 7}) == 8 * 5 * 7 * 9);
  nn::ConvTranspose2d up({.in_channels = 4, .out_channels = 6, .kernel_size = 2, .stride = 2, .groups = 2});
  CHECK(multiply_adds(up, {2, 4, 5, 5}) == 2 * 4 * 25 * (3 * 4));
  nn::ConvTranspose1d up_row({.in_channels = 4, .out_channels = 6, .kernel_size = 3});
  CHECK(multiply_adds(up_row, {1, 4, 5}) == 4 * 5 * (6 * 3));
}

TEST_CASE("summary: recurrence, embedding and attention") {
  nn::LSTM lstm({.input_size = 28, .hidden_size = 64, .num_layers = 2, .batch_first = true});
  const nn::Summary seen = nn::summary(lstm, {3, 10, 28});
  REQUIRE(seen.layers.size() == 1);
  CHECK(seen.layers[0].kind == "LSTM");
  CHECK(seen.layers[0].output == Shape{3, 10, 64});
  CHECK(seen.parameters() == 4 * 64 * (28 + 64 + 2) + 4 * 64 * (64 + 64 + 2));
  CHECK(seen.multiply_adds() == 3 * 10 * (4 * 64 * (28 + 64) + 4 * 64 * (64 + 64)));
  nn::GRU both({.input_size = 5, .hidden_size = 4, .bidirectional = true});
  CHECK(multiply_adds(both, {7, 2, 5}) == 7 * 2 * 2 * 3 * 4 * (5 + 4));

  nn::Sequential model{
      nn::Embedding(100, 8),
      nn::TransformerEncoder({.d_model = 8, .nhead = 2, .dim_feedforward = 32, .batch_first = true}, 2)};
  const std::int64_t projections = 4 * 8 * 8, products = 2 * 6 * 8, feed_forward = 2 * 8 * 32;
  for (const bool is_frozen : {false, true}) {
    if (is_frozen) model.freeze();
    const nn::Summary words = nn::summary(model, {3, 6}, int64);
    CHECK(words.multiply_adds() == 3 * 6 * 2 * (projections + products + feed_forward));
    CHECK(words.parameters() == model.parameter_count());
    CHECK(layer(words, "0").output == Shape{3, 6, 8});
    CHECK(layer(words, "1.layers.1.self_attn").multiply_adds == 3 * 6 * (projections + products));
    CHECK(layer(words, "1.layers.1.linear2").multiply_adds == 3 * 6 * 8 * 32);
  }
  for (const Variable& p : model.parameters()) CHECK_FALSE(p.requires_grad());
}

namespace {

/// A layer that is called twice, a product of its own, and weights that are in two places.
struct Twice : nn::Module {
  Twice() { again.tie("weight", inner.weight()); }
  Variable forward(const Variable& x) override {
    const Variable y = again(inner(inner(x)));
    return matmul(y, transpose(y, 0, 1)) + scale;
  }
  nn::Linear& inner = add("inner", nn::Linear(4, 4, false));
  nn::Linear& again = add("again", nn::Linear(4, 4));
  nn::Linear& idle = add("idle", nn::Linear(3, 2));
  const Variable& scale = parameter("scale", Tensor::ones({1}));
};

}  // namespace

TEST_CASE("summary: what is shared or repeated, and what a module does itself") {
  Twice model;
  const nn::Summary seen = nn::summary(model, {5, 4});
  REQUIRE(seen.layers.size() == 4);
  CHECK(layer(seen, "").kind == "Twice");
  CHECK(layer(seen, "").multiply_adds == 5 * 5 * 4);
  CHECK(layer(seen, "").parameters == 1);
  CHECK(layer(seen, "inner").multiply_adds == 2 * 5 * 16);
  CHECK(layer(seen, "inner").activation_bytes == 2 * 5 * 4 * sizeof(float));
  CHECK(layer(seen, "inner").parameters == 16);
  CHECK(layer(seen, "again").parameters == 4);
  CHECK_FALSE(layer(seen, "idle").output.has_value());
  CHECK(seen.parameters() == model.parameter_count());
}

TEST_CASE("summary: leaves the model as it was") {
  nn::Sequential model{nn::Conv2d({.in_channels = 1, .out_channels = 2, .kernel_size = 3, .bias = false}),
                       nn::BatchNorm2d(2), nn::ReLU(), nn::MaxPool2d(2),
                       nn::Lambda("Noise", [](const Variable& x) { return x + normal(x.shape()); })};
  model[1].eval();
  const Tensor image = normal({1, 1, 8, 8});
  const auto ops = [&] {
    const Tape tape;
    static_cast<void>(model(image));
    return tape.to_text();
  };
  const std::string before = ops();
  const Generator generator = default_generator();
  static_cast<void>(nn::summary(model, {1, 1, 8, 8}));
  CHECK(default_generator().offset() == generator.offset());
  CHECK(model.is_training());
  CHECK(model[0].is_training());
  CHECK_FALSE(model[1].is_training());
  for (const Variable& p : model.parameters()) CHECK_FALSE(p.grad().defined());
  CHECK(ops() == before);  // layers do their neighbours' work again
  CHECK(before.find("conv2d_relu_max_pool2d") != std::string::npos);

  check_error([&] { static_cast<void>(nn::summary(model, {1, 3, 8, 8})); }, {"ShapeError: conv2d (0): "});
  CHECK(ops() == before);
  CHECK(model.is_training());
  model.checkpoint_segments(2);
  check_error([&] { static_cast<void>(nn::summary(model, {1, 1, 8, 8})); }, {"StateError: summary: ", "checkpoint"});
}
