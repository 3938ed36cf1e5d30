#include <doctest/doctest.h>

#include <reel/autograd/ops/activation.h>
#include <reel/autograd/ops/arithmetic.h>
#include <reel/autograd/ops/conv.h>
#include <reel/autograd/ops/matmul.h>
#include <reel/autograd/ops/norm.h>
#include <reel/autograd/ops/pad.h>
#include <reel/autograd/ops/reduce.h>
#include <reel/autograd/ops/view.h>
#include <tests/op_table.h>

// Every differentiable op against central differences, first and second order, contiguous and not, broadcast and not.
// One row a case.

using namespace reel;
using namespace reel::testing;
using In = std::vector<Variable>;

TEST_CASE("gradients: arithmetic") {
  check_table({
      {"add", [](const In& v) { return v[0] + v[1]; }, {{2, 3}, {2, 3}}, -2, 2, false, true},
      {"add broadcast", [](const In& v) { return v[0] + v[1]; }, {{2, 1, 3}, {4, 1}}},
      {"add scalar", [](const In& v) { return 3.0 + v[0] + 2.0; }, {{2, 3}}},
      {"sub", [](const In& v) { return v[0] - v[1]; }, {{2, 3}, {3}}, -2, 2, false, true},
      {"mul", [](const In& v) { return v[0] * v[1]; }, {{2, 3}, {2, 3}}, -2, 2, false, true},
      {"mul broadcast", [](const In& v) { return v[0] * v[1]; }, {{1, 3}, {2, 1}}},
      {"mul by 0-d", [](const In& v) { return v[0] * v[1]; }, {{2, 3}, {}}},
      {"square", [](const In& v) { return v[0] * v[0]; }, {{5}}},
      {"div", [](const In& v) { return v[0] / v[1]; }, {{2, 3}, {2, 1}}, 0.5, 2, false, true},
      {"neg", [](const In& v) { return -v[0]; }, {{4}}},
      {"abs", [](const In& v) { return abs(v[0]); }, {{3, 4}}, -2, 2, true},
      {"pow", [](const In& v) { return pow(v[0], 2.5); }, {{3, 2}}, 0.5, 2},
      {"pow of 0", [](const In& v) { return pow(v[0], 0) * v[0]; }, {{3, 2}}},
      {"pow of 1", [](const In& v) { return pow(v[0], 1) * v[0]; }, {{3, 2}}},
      {"pow of -2", [](const In& v) { return pow(v[0], -2); }, {{3, 2}}, 0.5, 2},
      {"to", [](const In& v) { return to(v[0], float64) * v[0]; }, {{3, 2}}},
      {"exp", [](const In& v) { return exp(v[0]); }, {{3, 2}}},
      {"log", [](const In& v) { return log(v[0]); }, {{3, 2}}, 0.5, 2},
      {"sin", [](const In& v) { return sin(v[0]); }, {{3, 2}}},
      {"cos", [](const In& v) { return cos(v[0]); }, {{3, 2}}},
      {"sqrt", [](const In& v) { return sqrt(v[0]); }, {{3, 2}}, 0.5, 2},
      {"maximum", [](const In& v) { return maximum(v[0], v[1]); }, {{3, 4}, {4}}, -2, 2, true, true},
      {"minimum", [](const In& v) { return minimum(v[0], v[1]); }, {{3, 1}, {1, 4}}, -2, 2, true},
      {"where",
       [](const In& v) {
         return where(Tensor::of({1, 0, 1}, boolean), v[0], v[1]);
       },
       {{2, 3}, {2, 1}}},
  });
}

TEST_CASE("gradients: activations") {
  check_table({
      {"relu", [](const In& v) { return relu(v[0]); }, {{3, 4}}, -2, 2, true},
      {"leaky_relu", [](const In& v) { return leaky_relu(v[0], 0.2); }, {{3, 4}}, -2, 2, true},
      {"sigmoid", [](const In& v) { return sigmoid(v[0]); }, {{3, 4}}},
      {"tanh", [](const In& v) { return tanh(v[0]); }, {{3, 4}}},
      {"gelu", [](const In& v) { return gelu(v[0]); }, {{3, 4}}},
      {"erf", [](const In& v) { return erf(v[0]); }, {{3, 4}}},
      {"softplus", [](const In& v) { return softplus(v[0]); }, {{3, 4}}},
      {"softmax", [](const In& v) { return softmax(v[0]); }, {{3, 4}}},
      {"softmax axis 0", [](const In& v) { return softmax(v[0], 0); }, {{3, 2, 2}}},
      {"log_softmax", [](const In& v) { return log_softmax(v[0], 1); }, {{3, 4, 2}}},
  });
}

TEST_CASE("gradients: reductions") {
  check_table({
      {"sum", [](const In& v) { return sum(v[0]); }, {{3, 4}}},
      {"sum axis", [](const In& v) { return sum(v[0], {1}); }, {{3, 4, 2}}},
      {"sum axes keepdim",
       [](const In& v) {
         return sum(v[0], {0, -1}, true);
       },
       {{3, 4, 2}}},
      {"mean",
       [](const In& v) {
         return mean(v[0], {0, 2});
       },
       {{3, 4, 2}}},
      {"mean of all", [](const In& v) { return mean(v[0]) * v[0]; }, {{3, 4}}},
      {"var of all", [](const In& v) { return var(v[0]) * v[0]; }, {{3, 4}}},
      {"max of all", [](const In& v) { return max(v[0]); }, {{3, 4}}, -2, 2, true},
      {"var", [](const In& v) { return var(v[0], {1}); }, {{3, 4}}},
      {"var population",
       [](const In& v) {
         return var(v[0], {0, 2}, true, 0);
       },
       {{3, 2, 2}}},
      {"max", [](const In& v) { return max(v[0], {1}); }, {{3, 4}}, -2, 2, true},
      {"min",
       [](const In& v) {
         return min(v[0], {0, 2}, true);
       },
       {{3, 2, 2}},
       -2,
       2,
       true},
      {"sum_to",
       [](const In& v) {
         return sum_to(v[0], {3, 1});
       },
       {{2, 3, 4}}},
  });
}

TEST_CASE("gradients: views") {
  check_table({
      {"reshape",
       [](const In& v) {
         return reshape(v[0], {4, -1});
       },
       {{2, 6}}},
      {"flatten", [](const In& v) { return flatten(v[0]); }, {{2, 3, 2}}},
      {"transpose", [](const In& v) { return transpose(v[0], 0, -1); }, {{2, 3, 2}}},
      {"permute",
       [](const In& v) {
         return permute(v[0], {2, 0, 1});
       },
       {{2, 3, 4}}},
      {"narrow", [](const In& v) { return narrow(v[0], 1, 1, 2); }, {{2, 4}}},
      {"slice", [](const In& v) { return slice(v[0], 0, 1, 6, 2); }, {{6, 2}}},
      {"select", [](const In& v) { return select(v[0], 1, -1); }, {{2, 4, 3}}},
      {"expand",
       [](const In& v) {
         return expand(v[0], {2, 3, 4});
       },
       {{3, 1}}},
      {"squeeze", [](const In& v) { return squeeze(v[0], 1); }, {{2, 1, 3}}},
      {"unsqueeze", [](const In& v) { return unsqueeze(v[0], -1); }, {{2, 3}}},
      {"concatenate",
       [](const In& v) {
         return concatenate({v[0], v[1], v[0]}, 1);
       },
       {{2, 3}, {2, 1}}},
      {"stack",
       [](const In& v) {
         return stack({v[0], v[1]}, -1);
       },
       {{2, 3}, {2, 3}}},
  });
}

TEST_CASE("gradients: matmul and linear") {
  check_table({
      {"matmul", [](const In& v) { return matmul(v[0], v[1]); }, {{2, 3}, {3, 4}}},
      {"matmul batched", [](const In& v) { return matmul(v[0], v[1]); }, {{2, 2, 3}, {2, 3, 2}}},
      {"matmul broadcast", [](const In& v) { return matmul(v[0], v[1]); }, {{2, 1, 2, 3}, {3, 3, 2}}},
      {"matmul transposed",
       [](const In& v) { return matmul(transpose(v[0], 0, 1), transpose(v[1], 0, 1)); },
       {{3, 2}, {4, 3}}},
      {"linear", [](const In& v) { return linear(v[0], v[1], v[2]); }, {{2, 3}, {4, 3}, {4}}},
      {"linear with ReLU",
       [](const In& v) { return linear(v[0], v[1], v[2], Activation::relu); },
       {{2, 3}, {4, 3}, {4}}},
      {"linear 3-d with ReLU",
       [](const In& v) { return linear(v[0], v[1], {}, Activation::relu); },
       {{2, 2, 3}, {4, 3}}},
      {"linear without bias", [](const In& v) { return linear(v[0], v[1]); }, {{2, 3}, {4, 3}}},
      {"linear 3-d", [](const In& v) { return linear(v[0], v[1], v[2]); }, {{2, 2, 3}, {4, 3}, {4}}},
  });
}

TEST_CASE("gradients: conv2d") {
  const auto conv = [](Conv2dOptions options) {
    return [options](const In& v) { return conv2d(v[0], v[1], v.size() > 2 ? v[2] : Variable(), options); };
  };
  check_table({
      {"conv2d", conv({}), {{2, 2, 4, 4}, {3, 2, 3, 3}, {3}}},
      {"conv2d without bias", conv({}), {{1, 2, 4, 3}, {2, 2, 2, 3}}},
      {"conv2d padding", conv({.padding = 1}), {{1, 2, 3, 3}, {2, 2, 3, 3}, {2}}},
      {"conv2d stride", conv({.stride = {2, 1}, .padding = {1, 0}}), {{1, 2, 5, 4}, {2, 2, 3, 2}, {2}}},
      {"conv2d dilation", conv({.padding = 2, .dilation = 2}), {{1, 1, 5, 5}, {2, 1, 3, 3}, {2}}},
      {"conv2d groups", conv({.padding = 1, .groups = 2}), {{2, 4, 3, 3}, {4, 2, 3, 3}, {4}}},
      {"conv2d depthwise", conv({.groups = 3}), {{1, 3, 4, 4}, {3, 1, 2, 2}}},
      {"conv2d same", conv({.padding = "same"}), {{1, 2, 4, 5}, {2, 2, 2, 3}, {2}}},
      {"conv2d same, strided and dilated",
       conv({.stride = 2, .padding = "same", .dilation = 2}),
       {{1, 2, 6, 5}, {2, 2, 3, 3}, {2}}},
      {"conv2d strided and asymmetric",
       conv({.stride = {2, 3}, .padding = {{1, 0}, {0, 2}}}),
       {{1, 2, 5, 4}, {2, 2, 2, 3}, {2}}},
      {"conv2d depthwise, strided", conv({.stride = 2, .padding = 1, .groups = 2}), {{2, 2, 5, 4}, {4, 1, 3, 3}, {4}}},
      {"conv2d 1x1, strided", conv({.stride = 2}), {{1, 2, 4, 3}, {3, 2, 1, 1}, {3}}},
      {"conv2d 1x1", conv({}), {{2, 3, 2, 3}, {2, 3, 1, 1}, {2}}},
      {"conv2d with ReLU",
       [](const In& v) { return conv2d(v[0], v[1], v[2], {}, Activation::relu); },
       {{2, 2, 4, 4}, {3, 2, 3, 3}, {3}}},
      {"conv2d with max_pool2d",
       [](const In& v) { return conv2d_max_pool2d(v[0], v[1], {}, {.padding = 1}); },
       {{2, 2, 4, 5}, {3, 2, 3, 3}}},
      {"conv2d with ReLU and max_pool2d",
       [](const In& v) { return conv2d_max_pool2d(v[0], v[1], v[2], {}, Activation::relu); },
       {{2, 2, 5, 6}, {3, 2, 2, 2}, {3}}},
      {"conv2d with a scale",
       [](const In& v) { return conv2d(v[0], v[1], v[2], {}, Activation::none, v[3]); },
       {{2, 2, 4, 4}, {3, 2, 3, 3}, {3}, {3}}},
      {"conv2d with a scale, ReLU and max_pool2d",
       [](const In& v) { return conv2d_max_pool2d(v[0], v[1], v[2], {}, Activation::relu, v[3]); },
       {{2, 2, 5, 6}, {3, 2, 2, 2}, {3}, {3}}},
  });
}

TEST_CASE("gradients: conv1d and the transposed convolutions") {
  const auto conv = [](Conv1dOptions options) {
    return [options](const In& v) { return conv1d(v[0], v[1], v.size() > 2 ? v[2] : Variable(), options); };
  };
  const auto transposed = [](ConvTranspose2dOptions options) {
    return [options](const In& v) { return conv_transpose2d(v[0], v[1], v.size() > 2 ? v[2] : Variable(), options); };
  };
  check_table({
      {"conv1d", conv({}), {{2, 2, 5}, {3, 2, 3}, {3}}},
      {"conv1d with ReLU",
       [](const In& v) { return conv1d(v[0], v[1], v[2], {.padding = 1}, Activation::relu); },
       {{2, 2, 4}, {3, 2, 3}, {3}}},
      {"conv_transpose1d with ReLU",
       [](const In& v) { return conv_transpose1d(v[0], v[1], v[2], {}, Activation::relu); },
       {{2, 2, 3}, {2, 2, 2}, {2}}},
      {"conv_transpose1d groups",
       [](const In& v) { return conv_transpose1d(v[0], v[1], {}, {.stride = 2, .dilation = 2, .groups = 2}); },
       {{1, 4, 3}, {4, 1, 2}}},
      {"conv1d causal", conv({.padding = {4, 0}, .dilation = 2}), {{1, 2, 5}, {2, 2, 3}}},
      {"conv1d groups", conv({.stride = 2, .padding = "same", .groups = 2}), {{2, 4, 5}, {4, 2, 2}, {4}}},
      {"conv1d reflect", conv({.padding = 2, .padding_mode = PaddingMode::reflect}), {{1, 2, 4}, {2, 2, 3}, {2}}},
      {"conv_transpose2d", transposed({}), {{2, 2, 3, 2}, {2, 3, 2, 3}, {3}}},
      {"conv_transpose2d without bias", transposed({.stride = 2, .padding = 1}), {{1, 2, 3, 3}, {2, 2, 4, 4}}},
      {"conv_transpose2d everything",
       transposed({.stride = {2, 3}, .padding = {1, 2}, .output_padding = {1, 2}, .dilation = {1, 2}, .groups = 2}),
       {{1, 4, 2, 3}, {4, 1, 3, 2}, {2}}},
      {"conv_transpose2d same", transposed({.stride = 2, .padding = "same"}), {{1, 2, 3, 2}, {2, 2, 3, 3}, {2}}},
      {"conv_transpose2d with ReLU",
       [](const In& v) { return conv_transpose2d(v[0], v[1], v[2], {.stride = 2}, Activation::relu); },
       {{1, 2, 2, 3}, {2, 2, 3, 2}, {2}}},
      {"conv_transpose1d",
       [](const In& v) {
         return conv_transpose1d(v[0], v[1], v[2], {.stride = 2, .padding = {1, 0}, .output_padding = 1});
       },
       {{2, 2, 3}, {2, 2, 3}, {2}}},
  });
}

TEST_CASE("gradients: pad") {
  const auto padded = [](const Dims& amounts, PaddingMode mode) {
    return [=](const In& v) { return pad(v[0], amounts, mode); };
  };
  check_table({
      {"pad with a constant",
       [](const In& v) {
         return pad(v[0], {1, 2, 0, -1}, 3);
       },
       {{2, 3, 2}}},
      {"pad reflect", padded({2, 1, 4, 0}, PaddingMode::reflect), {{2, 3, 4}}},
      {"pad replicate", padded({1, 2, -1, 3}, PaddingMode::replicate), {{2, 3, 2}}},
      {"pad circular", padded({0, 7, 1, 1}, PaddingMode::circular), {{2, 2, 3}}},
      {"conv2d reflect",
       [](const In& v) {
         return conv2d(v[0], v[1], {}, {.stride = 2, .padding = 1, .padding_mode = PaddingMode::reflect});
       },
       {{1, 2, 4, 3}, {2, 2, 3, 3}}},
      {"conv2d replicate with ReLU and max_pool2d",
       [](const In& v) {
         return conv2d_max_pool2d(v[0], v[1], v[2], {.padding = 1, .padding_mode = PaddingMode::replicate},
                                  Activation::relu);
       },
       {{1, 2, 4, 4}, {2, 2, 3, 3}, {2}}},
      {"conv2d circular",
       [](const In& v) {
         return conv2d(v[0], v[1], v[2], {.padding = {{1, 2}, 1}, .padding_mode = PaddingMode::circular});
       },
       {{1, 2, 3, 4}, {2, 2, 3, 3}, {2}}},
  });
}

TEST_CASE("gradients: normalisation and dropout") {
  check_table({
      {"batch_norm", [](const In& v) { return batch_norm(v[0], v[1], v[2], {}, {}); }, {{3, 2, 2, 2}, {2}, {2}}},
      {"batch_norm 3-d", [](const In& v) { return batch_norm(v[0], v[1], v[2], {}, {}); }, {{3, 2, 3}, {2}, {2}}},
      {"batch_norm 2-d", [](const In& v) { return batch_norm(v[0], v[1], v[2], {}, {}); }, {{5, 3}, {3}, {3}}},
      {"batch_norm with ReLU",
       [](const In& v) { return batch_norm(v[0], v[1], v[2], {}, {}, {.activation = Activation::relu}); },
       {{3, 2, 2, 2}, {2}, {2}}},
      {"batch_norm with max_pool2d",
       [](const In& v) { return batch_norm_max_pool2d(v[0], v[1], v[2], {}, {}); },
       {{3, 2, 4, 5}, {2}, {2}}},
      {"batch_norm with ReLU and max_pool2d",
       [](const In& v) { return batch_norm_max_pool2d(v[0], v[1], v[2], {}, {}, {.activation = Activation::relu}); },
       {{3, 2, 3, 4}, {2}, {2}}},
      {"batch_norm in eval with ReLU",
       [](const In& v) {
         return batch_norm(v[0], v[1], v[2], Tensor::of({0.5, -1}, float64), Tensor::of({0.5, 2}, float64),
                           {.training = false, .activation = Activation::relu});
       },
       {{3, 2, 2, 2}, {2}, {2}}},
      {"batch_norm in eval",
       [](const In& v) {
         return batch_norm(v[0], v[1], v[2], Tensor::of({0.5, -1}, float64), Tensor::of({0.5, 2}, float64),
                           {.training = false});
       },
       {{3, 2, 2, 2}, {2}, {2}}},
      {"dropout",
       [](const In& v) {
         Generator generator(3);
         return dropout(v[0], 0.4, true, generator);
       },
       {{4, 5}}},
  });
}
