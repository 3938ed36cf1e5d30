#pragma once

#include <cstdint>
#include <iosfwd>

/// What is measured, in one list. The benchmarks read it here; `reel_bench --shapes` prints it for bench/vs_pytorch.py,
/// which runs the same in PyTorch.
namespace bench {

/// A convolution of square images and kernels, or of rows, without a bias.
struct ConvShape {
  const char* name;
  std::int64_t batch, in_channels, size, out_channels, kernel, stride, padding, groups = 1, dilation = 1;
};

/// The layers that Reel is judged by, from LeNet's to those of larger nets.
inline constexpr ConvShape twelve_layers[] = {
    {"A lenet5 conv1", 64, 1, 28, 6, 5, 1, 2}, {"B lenet5 conv2", 64, 6, 14, 16, 5, 1, 0},
    {"C cnn conv1", 64, 1, 28, 32, 3, 1, 0},   {"D cnn conv2", 64, 32, 26, 64, 3, 1, 0},
    {"E vgg conv2", 64, 32, 28, 32, 3, 1, 1},  {"F vgg conv4", 64, 64, 14, 64, 3, 1, 1},
    {"G vgg conv6", 64, 128, 7, 128, 3, 1, 1}, {"H 56x56", 32, 64, 56, 64, 3, 1, 1},
    {"I 14x14", 32, 256, 14, 256, 3, 1, 1},    {"J 1x1", 32, 256, 28, 64, 1, 1, 0},
    {"K stride 2", 32, 64, 56, 128, 3, 2, 1},  {"L depthwise", 32, 64, 56, 64, 3, 1, 1, 64},
};

/// What users meet beyond them.
inline constexpr ConvShape further_layers[] = {
    {"batch 1", 1, 64, 56, 64, 3, 1, 1},
    {"batch 1 lenet5 conv2", 1, 6, 14, 16, 5, 1, 0},
    {"27x27 33 channels", 32, 33, 27, 33, 3, 1, 1},
    {"224x224 3 channels", 4, 3, 224, 64, 3, 1, 1},
    {"224x224 64 channels", 1, 64, 224, 64, 3, 1, 1},
    {"dilation 2", 32, 64, 28, 64, 3, 1, 2, 1, 2},
    {"7x7 stride 2", 4, 3, 224, 64, 7, 2, 3},
    {"1x1 batch 1", 1, 256, 14, 1024, 1, 1, 0},
    {"1x1 56x56", 32, 64, 56, 256, 1, 1, 0},
    {"3 channels", 64, 3, 32, 16, 3, 1, 1},
    {"5 to 7 channels", 64, 5, 28, 7, 3, 1, 1},
};

/// Layers with a bias, a ReLU and a max pooling of 2 x 2 behind, as one op.
inline constexpr ConvShape pooled_layers[] = {
    {"lenet5 conv1", 64, 1, 28, 6, 5, 1, 2},
    {"lenet5 conv2", 64, 6, 14, 16, 5, 1, 0},
    {"cnn conv2", 64, 32, 26, 64, 3, 1, 0},
};

/// 1-D convolutions.
inline constexpr ConvShape row_layers[] = {
    {"5 taps", 64, 64, 256, 128, 5, 1, 2},
    {"dilation 8", 16, 64, 1024, 64, 3, 1, 8, 1, 8},
    {"wavenet dilation 64", 8, 64, 4096, 128, 2, 1, 0, 1, 64},
    {"audio stride 4", 16, 1, 16000, 64, 80, 4, 0},
    {"depthwise 31 taps", 16, 256, 512, 256, 31, 1, 15, 256},
};

/// Transposed convolutions.
inline constexpr ConvShape transposed_layers[] = {
    {"dcgan 7x7", 32, 256, 7, 128, 4, 2, 1},      {"dcgan 14x14", 32, 128, 14, 64, 4, 2, 1},
    {"dcgan last layer", 32, 64, 32, 3, 4, 2, 1}, {"unet 2x2", 32, 64, 28, 32, 2, 2, 0},
    {"3x3 stride 1", 32, 64, 28, 64, 3, 1, 1},
};
inline constexpr ConvShape transposed_row_layers[] = {{"16 taps stride 8", 8, 128, 512, 64, 16, 8, 4}};

/// Max pooling of images [batch, channels, size, size].
struct PoolShape {
  const char* name;
  std::int64_t batch, channels, size, kernel, stride, padding;
};
inline constexpr PoolShape pools[] = {
    {"cnn", 64, 64, 24, 2, 2, 0},
    {"vgg", 64, 32, 28, 2, 2, 0},
    {"3x3 stride 2", 8, 64, 112, 3, 2, 1},
};

/// Batch normalisation in training, of images [batch, channels, size, size].
struct NormShape {
  const char* name;
  std::int64_t batch, channels, size;
};
inline constexpr NormShape norms[] = {
    {"vgg 1", 64, 32, 28},
    {"vgg 3", 64, 128, 7},
    {"56x56", 32, 64, 56},
};

/// Layer normalisation of [batch, length, features] over the features, with a weight and a bias.
struct LayerNormShape {
  const char* name;
  std::int64_t batch, length, features;
};
inline constexpr LayerNormShape layer_norms[] = {{"128 of 768", 64, 128, 768}};

/// Group normalisation of images [batch, channels, size, size].
struct GroupNormShape {
  const char* name;
  std::int64_t batch, channels, size, groups;
};
inline constexpr GroupNormShape group_norms[] = {{"56x56", 32, 64, 56, 32}};

/// Softmax and cross-entropy of logits [batch, classes].
struct LossShape {
  const char* name;
  std::int64_t batch, classes;
};
inline constexpr LossShape losses[] = {{"10 classes", 64, 10}, {"1000 classes", 256, 1000}};

/// [size, size] x [size, size]
struct MatmulShape {
  const char* name;
  std::int64_t size;
};
inline constexpr MatmulShape matmuls[] = {{"1024x1024", 1024}};

/// A recurrent layer over [steps, batch, inputs] with as many units, from a state of zeros.
struct RecurrentShape {
  const char* name;
  std::int64_t batch, steps, inputs, units;
};
inline constexpr RecurrentShape lstms[] = {{"128 units 100 steps", 32, 100, 128, 128},
                                           {"128 units 100 steps batch 1", 1, 100, 128, 128},
                                           {"512 units 20 steps", 64, 20, 256, 512}};
inline constexpr RecurrentShape grus[] = {{"128 units 100 steps", 32, 100, 128, 128}};

/// Queries, keys and values [batch, heads, steps, width] of one sequence each.
struct AttentionShape {
  const char* name;
  std::int64_t batch, heads, steps, width;
  bool is_causal;
};
inline constexpr AttentionShape attentions[] = {{"8 heads 128 steps", 16, 8, 128, 32, false},
                                                {"8 heads 128 steps causal", 16, 8, 128, 32, true}};

/// x = x * a + b over and over, with one element: what an op costs beside its arithmetic.
struct ChainShape {
  const char* name;
  std::int64_t ops;
};
inline constexpr ChainShape chains[] = {{"1000 ops", 1000}, {"100000 ops", 100000}};

/// A model and a batch of its images [batch, 1, 28, 28]. The models are those of examples/models and mlp3, which has
/// linear layers 784-256-128-10.
struct ModelShape {
  const char* name;
  const char* model;
  std::int64_t batch;
};
/// Training steps: forward, backward and SGD with momentum.
inline constexpr ModelShape steps[] = {
    {"lenet5 batch 64", "lenet5", 64}, {"cnn batch 64", "cnn", 64},     {"vgg batch 64", "vgg", 64},
    {"mlp3 batch 1", "mlp3", 1},       {"mlp3 batch 256", "mlp3", 256},
};
/// Inference over this many images, as in MNIST's test set.
inline constexpr std::int64_t inference_images = 10'000;
inline constexpr ModelShape inferences[] = {
    {"lenet5 batch 1", "lenet5", 1}, {"lenet5 batch 256", "lenet5", 256}, {"cnn batch 1", "cnn", 1},
    {"cnn batch 256", "cnn", 256},   {"vgg batch 1", "vgg", 1},           {"vgg batch 256", "vgg", 256},
    {"mlp batch 1", "mlp", 1},       {"mlp batch 256", "mlp", 256},
};

/// All of it as JSON: a list with one object a line. `op` and `name` begin the benchmark's name: `conv2d/J 1x1/...`.
void print_shapes(std::ostream& out);

}  // namespace bench
