#include <doctest/doctest.h>

#include <cmath>
#include <reel/autograd/ops/activation.h>
#include <reel/autograd/ops/arithmetic.h>
#include <reel/autograd/ops/conv.h>
#include <reel/autograd/ops/matmul.h>
#include <reel/autograd/ops/norm.h>
#include <reel/autograd/ops/pool.h>
#include <reel/autograd/ops/reduce.h>
#include <reel/autograd/ops/view.h>
#include <reel/autograd/tape.h>
#include <reel/nn/activation.h>
#include <reel/nn/batch_norm.h>
#include <reel/nn/conv.h>
#include <reel/nn/linear.h>
#include <reel/nn/loss.h>
#include <reel/nn/pooling.h>
#include <reel/nn/sequential.h>
#include <tests/autograd/errors.h>
#include <tests/autograd/golden.h>

using namespace reel;
using namespace reel::testing;

namespace {

Tensor image(const Shape& shape = {2, 4, 8, 6}) {
  Generator generator(5);
  return normal(shape, 0, 1, float32, generator);
}

/// Checks that a layer gives what its function gives, and the shape.
void check_layer(nn::Module&& layer, const Tensor& x, const Variable& expected, const Shape& shape) {
  CAPTURE(layer.describe());
  const Variable got = layer(x);
  CHECK(got.shape() == shape);
  CHECK(relative_error(got.value(), expected.value()) == 0);
}

}  // namespace

TEST_CASE("layers: each is its function") {
  const Tensor x = image();
  const Shape same = x.shape();
  check_layer(nn::ReLU(), x, relu(x), same);
  check_layer(nn::LeakyReLU(0.2), x, leaky_relu(x, 0.2), same);
  check_layer(nn::Sigmoid(), x, sigmoid(x), same);
  check_layer(nn::Tanh(), x, tanh(x), same);
  check_layer(nn::GELU(), x, gelu(x), same);
  check_layer(nn::Softmax(1), x, softmax(x, 1), same);
  check_layer(nn::LogSoftmax(), x, log_softmax(x, -1), same);
  check_layer(nn::Flatten(), x, flatten(x), {2, 192});
  check_layer(nn::Flatten(2), x, flatten(x, 2), {2, 4, 48});
  check_layer(nn::MaxPool2d(2), x, max_pool2d(x), {2, 4, 4, 3});
  check_layer(nn::MaxPool2d({.kernel_size = 3, .stride = 2, .padding = 1}), x,
              max_pool2d(x, {.kernel_size = 3, .stride = 2, .padding = 1}), {2, 4, 4, 3});
  check_layer(nn::AvgPool2d({.kernel_size = {2, 3}}), x, avg_pool2d(x, {.kernel_size = {2, 3}}), {2, 4, 4, 2});
  check_layer(nn::AdaptiveAvgPool2d({3, 1}), x, adaptive_avg_pool2d(x, {3, 1}), {2, 4, 3, 1});
  check_layer(nn::MaxPool2d({.kernel_size = {3, 4}, .ceil_mode = true}), x,
              max_pool2d(x, {.kernel_size = {3, 4}, .ceil_mode = true}), {2, 4, 3, 2});
  check_layer(nn::AdaptiveMaxPool2d(1), x, adaptive_max_pool2d(x, 1), {2, 4, 1, 1});
  const Tensor row = image({2, 4, 9});
  check_layer(nn::MaxPool1d(3), row, max_pool1d(row, {.kernel_size = 3}), {2, 4, 3});
  check_layer(nn::AvgPool1d({.kernel_size = 4, .stride = 3}), row, avg_pool1d(row, {.kernel_size = 4, .stride = 3}),
              {2, 4, 2});
  check_layer(nn::AdaptiveAvgPool1d(4), row, adaptive_avg_pool1d(row, 4), {2, 4, 4});
  check_layer(nn::AdaptiveMaxPool1d(2), row, adaptive_max_pool1d(row, 2), {2, 4, 2});
  CHECK(nn::MaxPool2d({.kernel_size = 3, .stride = 2, .dilation = {1, 2}, .ceil_mode = true}).describe() ==
        "MaxPool2d(3, stride=2, ceil_mode=true, dilation=(1, 2))");
  CHECK(nn::AvgPool1d({.kernel_size = 3, .padding = 1, .count_include_pad = false}).describe() ==
        "AvgPool1d(3, padding=1, count_include_pad=false)");
  CHECK(nn::AdaptiveMaxPool2d({2, 3}).describe() == "AdaptiveMaxPool2d((2, 3))");
}

TEST_CASE("layers: Conv2d and Linear") {
  const Tensor x = image();
  nn::Conv2d conv({.in_channels = 4,
                   .out_channels = 6,
                   .kernel_size = {3, 2},
                   .stride = {2, 1},
                   .padding = {1, 0},
                   .dilation = {1, 2},
                   .groups = 2});
  CHECK(conv.weight().shape() == Shape{6, 2, 3, 2});
  CHECK(conv.bias().shape() == Shape{6});
  const Variable expected =
      conv2d(x, conv.weight(), conv.bias(), {.stride = {2, 1}, .padding = {1, 0}, .dilation = {1, 2}, .groups = 2});
  check_layer(std::move(conv), x, expected, {2, 6, 4, 4});
  nn::Conv2d same({.in_channels = 4, .out_channels = 3, .kernel_size = 4, .padding = "same", .bias = false});
  CHECK_FALSE(same.bias().defined());
  CHECK(same.parameters().size() == 1);
  CHECK(same(x).shape() == Shape{2, 3, 8, 6});

  nn::Conv2d mirrored({.in_channels = 4,
                       .out_channels = 3,
                       .kernel_size = 3,
                       .padding = {{2, 0}, 1},
                       .padding_mode = PaddingMode::reflect});
  CHECK(mirrored.describe() == "Conv2d(4, 3, kernel_size=3, padding=((2, 0), 1), padding_mode=reflect)");
  const Variable reflected =
      conv2d(x, mirrored.weight(), mirrored.bias(), {.padding = {{2, 0}, 1}, .padding_mode = PaddingMode::reflect});
  check_layer(std::move(mirrored), x, reflected, {2, 3, 8, 6});

  nn::Linear dense(6, 5);
  CHECK(dense.weight().shape() == Shape{5, 6});
  const Variable wanted = linear(x, dense.weight(), dense.bias());
  check_layer(std::move(dense), x, wanted, {2, 4, 8, 5});
  nn::Linear plain(6, 5, false);
  CHECK(plain.parameters().size() == 1);
  CHECK(relative_error(plain(x).value(), linear(x, plain.weight()).value()) == 0);
}

TEST_CASE("layers: Conv1d and the transposed convolutions") {
  const Tensor row = image({2, 4, 9});
  nn::Conv1d causal({.in_channels = 4,
                     .out_channels = 6,
                     .kernel_size = 3,
                     .stride = 2,
                     .padding = {4, 0},
                     .dilation = 2,
                     .groups = 2});
  CHECK(causal.describe() == "Conv1d(4, 6, kernel_size=3, stride=2, padding=(4, 0), dilation=2, groups=2)");
  CHECK(causal.weight().shape() == Shape{6, 2, 3});
  CHECK(causal.bias().shape() == Shape{6});
  const Variable row_out =
      conv1d(row, causal.weight(), causal.bias(), {.stride = 2, .padding = {4, 0}, .dilation = 2, .groups = 2});
  check_layer(std::move(causal), row, row_out, {2, 6, 5});
  nn::Conv1d around({.in_channels = 4,
                     .out_channels = 2,
                     .kernel_size = 5,
                     .padding = "same",
                     .bias = false,
                     .padding_mode = PaddingMode::circular});
  CHECK(around.describe() == "Conv1d(4, 2, kernel_size=5, padding=same, bias=false, padding_mode=circular)");
  CHECK(around(row).shape() == Shape{2, 2, 9});

  const Tensor x = image();
  nn::ConvTranspose2d up({.in_channels = 4,
                          .out_channels = 6,
                          .kernel_size = {3, 4},
                          .stride = 2,
                          .padding = 1,
                          .output_padding = {1, 0},
                          .groups = 2});
  CHECK(up.describe() ==
        "ConvTranspose2d(4, 6, kernel_size=(3, 4), stride=2, padding=1, groups=2, output_padding=(1, 0))");
  CHECK(up.weight().shape() == Shape{4, 3, 3, 4});
  CHECK(up.bias().shape() == Shape{6});
  CHECK(up.named_parameters()[1].first == "bias");
  const Variable larger =
      conv_transpose2d(x, up.weight(), up.bias(), {.stride = 2, .padding = 1, .output_padding = {1, 0}, .groups = 2});
  check_layer(std::move(up), x, larger, {2, 6, 16, 12});
  nn::ConvTranspose1d longer({.in_channels = 4, .out_channels = 3, .kernel_size = 4, .stride = 2, .padding = "same"});
  CHECK(longer.weight().shape() == Shape{4, 3, 4});
  const Variable twice = conv_transpose1d(row, longer.weight(), longer.bias(), {.stride = 2, .padding = "same"});
  check_layer(std::move(longer), row, twice, {2, 3, 18});
}

TEST_CASE("layers: losses are their functions") {
  const Variable x = image({3, 4});
  const Variable y = sigmoid(image({3, 4}) * 2.0);
  const Tensor labels = Tensor::of({0, 3, 1}, int64);
  const auto same = [](const Variable& a, const Variable& b) { CHECK(relative_error(a.value(), b.value()) == 0); };
  for (const Reduction r : {Reduction::mean, Reduction::sum, Reduction::none}) {
    same(nn::CrossEntropyLoss({.reduction = r, .label_smoothing = 0.1})(x, labels),
         cross_entropy(x, labels, {.reduction = r, .label_smoothing = 0.1}));
    same(nn::NLLLoss({.ignore_index = 3, .reduction = r})(x, labels),
         nll_loss(x, labels, {.ignore_index = 3, .reduction = r}));
    same(nn::MSELoss({r})(x, y), mse_loss(x, y, {r}));
    same(nn::L1Loss({r})(x, y), l1_loss(x, y, {r}));
    same(nn::SmoothL1Loss({.reduction = r, .beta = 0.2})(x, y), smooth_l1_loss(x, y, {.reduction = r, .beta = 0.2}));
    same(nn::HuberLoss({.reduction = r, .delta = 0.2})(x, y), huber_loss(x, y, {.reduction = r, .delta = 0.2}));
    same(nn::BCELoss({.reduction = r})(y, y), binary_cross_entropy(y, y, {.reduction = r}));
    same(nn::BCEWithLogitsLoss({.reduction = r})(x, y), binary_cross_entropy_with_logits(x, y, {.reduction = r}));
    same(nn::KLDivLoss({.reduction = r})(x, y), kl_div(x, y, {.reduction = r}));
  }
  CHECK(nn::CrossEntropyLoss().options().reduction == Reduction::mean);
}

TEST_CASE("layers: what their options refuse") {
  const auto conv = [](const nn::Conv2dOptions& options) {
    return [options] { static_cast<void>(nn::Conv2d(options)); };
  };
  check_errors({
      {[] { nn::Linear(0, 3); }, {"ValueError: Linear: ", "0 and 3"}},
      {[] { nn::Linear(3, -1); }, {"ValueError: Linear: ", "-1"}},
      {[] { nn::Dropout(1.5); }, {"ValueError: Dropout: ", "[0, 1]", "1.5"}},
      {[] { nn::Dropout(NAN); }, {"ValueError: Dropout: ", "nan"}},
      {[] { nn::BatchNorm1d(0); }, {"ValueError: BatchNorm1d: ", "num_features"}},
      {[] { nn::BatchNorm2d(-2); }, {"ValueError: BatchNorm2d: ", "-2"}},
      {conv({.out_channels = 4, .kernel_size = 3}), {"ValueError: Conv2d: ", "in_channels"}},
      {conv({.in_channels = 4, .out_channels = 4}), {"ValueError: Conv2d: ", "kernel_size"}},
      {conv({.in_channels = 4, .out_channels = 4, .kernel_size = 3, .stride = 0}), {"ValueError: Conv2d: ", "stride"}},
      {conv({.in_channels = 4, .out_channels = 4, .kernel_size = 3, .padding = -1}),
       {"ValueError: Conv2d: ", "padding", "-1"}},
      {conv({.in_channels = 4, .out_channels = 4, .kernel_size = 3, .groups = 3}),
       {"ValueError: Conv2d: ", "groups", "3"}},
      {[] { nn::Conv1d({.in_channels = 4, .out_channels = 4}); }, {"ValueError: Conv1d: ", "kernel_size"}},
      {[] {
         nn::Conv1d({.in_channels = 4, .out_channels = 4, .kernel_size = 3, .padding = {2, -1}});
       },
       {"ValueError: Conv1d: ", "padding", "(2, -1)"}},
      {[] { nn::ConvTranspose2d({.out_channels = 4, .kernel_size = 3}); },
       {"ValueError: ConvTranspose2d: ", "in_channels"}},
      {[] { nn::ConvTranspose1d({.in_channels = 4, .out_channels = 3, .kernel_size = 3, .groups = 2}); },
       {"ValueError: ConvTranspose1d: ", "groups", "2"}},
      {[] { nn::ConvTranspose2d({.in_channels = 4, .out_channels = 4, .kernel_size = 3, .output_padding = 1}); },
       {"ValueError: ConvTranspose2d: output_padding ", "below the stride or the dilation", "1"}},
      {[] { static_cast<void>(nn::Sequential(nn::ReLU())[1]); }, {"IndexError: Sequential: ", "1", "[0, 1)"}},
      {[] {
         static_cast<void>(nn::BatchNorm2d(3)(Tensor::zeros({2, 3})));
       },
       {"ShapeError: BatchNorm2d: ", "[N, C, H, W]", "[2, 3]"}},
      {[] {
         static_cast<void>(nn::BatchNorm1d(3)(Tensor::zeros({2, 3, 4, 4})));
       },
       {"ShapeError: BatchNorm1d: ", "[2, 3, 4, 4]"}},
      {[] {
         static_cast<void>(nn::BatchNorm2d(3)(Tensor::zeros({2, 4, 2, 2})));
       },
       {"ShapeError: batch_norm: ", "4 channels", "[3]"}},
  });
}

TEST_CASE("layers: Dropout") {
  manual_seed(9);
  nn::Dropout layer(0.3);
  const Tensor x = Tensor::full({100, 1000}, 2);
  const Tensor y = layer(x).value();
  CHECK(std::abs(mean(eq(y, Tensor::scalar(0)).to(float32)).item() - 0.3) < 0.005);
  CHECK(std::abs(mean(y).item() - 2) < 0.02);  // the mean stays
  CHECK(max(y).item() == doctest::Approx(2 / 0.7));
  CHECK(max(abs(y - layer(x).value())).item() > 0);  // another mask every time
  manual_seed(9);
  CHECK(max(abs(y - layer(x).value())).item() == 0);
  layer.eval();
  CHECK(max(abs(x - layer(x).value())).item() == 0);
  CHECK(max(abs(nn::Dropout(1)(x).value())).item() == 0);
  CHECK(max(abs(x - nn::Dropout(0)(x).value())).item() == 0);

  const Variable leaf = Variable::leaf(Tensor::ones({50}));
  layer.train();
  Tape tape;
  const Variable out = layer(leaf);
  tape.backward(sum(out));
  CHECK(relative_error(leaf.grad().contiguous(), out.value()) == 0);  // the same mask both ways
}

TEST_CASE("layers: BatchNorm's output and running statistics agree with PyTorch") {
  const io::SafeTensors file = load_golden("ops_network");
  for (const std::string shape : {"4d", "2d"}) {
    for (const std::string mode : {"training", "eval"}) {
      const std::string name = "batch_norm_" + shape + '_' + mode + ".f32";
      CAPTURE(name);
      const auto golden = [&](const std::string& key) { return file.tensors.at(name + '.' + key); };
      const std::int64_t channels = golden("input1").numel();
      nn::Sequential model;
      if (shape == "4d") model.append(nn::BatchNorm2d(channels));
      else model.append(nn::BatchNorm1d(channels));
      model.load_state_dict({{"0.weight", golden("input1")},
                             {"0.bias", golden("input2")},
                             {"0.running_mean", golden("running_mean")},
                             {"0.running_var", golden("running_var")},
                             {"0.num_batches_tracked", Tensor::scalar(41, int64)}});
      model.train(mode == "training");
      CHECK(relative_error(model(golden("input0")).value(), golden("output")) < 1e-5);
      const nn::StateDict after = model.state_dict();
      CHECK(relative_error(after.at("0.running_mean"), golden("running_mean_after")) < 1e-6);
      CHECK(relative_error(after.at("0.running_var"), golden("running_var_after")) < 1e-6);
      CHECK(after.at("0.num_batches_tracked").item() == (mode == "training" ? 42 : 41));
    }
  }
}

TEST_CASE("layers: BatchNorm changes nothing where it throws") {
  nn::BatchNorm1d layer(3);
  CHECK_THROWS_AS(static_cast<void>(layer(Tensor::ones({1, 3}))), ShapeError);
  CHECK_THROWS_AS(static_cast<void>(layer(Tensor::ones({4, 3}, float64))), TypeError);
  CHECK(max(abs(layer.running_mean())).item() == 0);
  CHECK(layer.state_dict().at("num_batches_tracked").item() == 0);
}
