// What tests/onnx_test.py runs Reel's side with:
//   export_cases list           prints the names of the cases
//   export_cases NAME FOLDER    writes model.onnx, and of a batch as it was exported with and of one of another size
//                               first.npz and second.npz with the inputs and outputs
//   export_cases round-trips FOLDER   exports each there, imports it, and compares what both compute
#include <iostream>
#include <reel/nn/onnx/export.h>
#include <reel/nn/onnx/import.h>
#include <reel/reel.h>
#include <tests/nn/example_nets.h>

using namespace reel;
using namespace reel::testing;

namespace {

/// A model, an example for each of its inputs, and how it is run.
struct Case {
  std::shared_ptr<nn::Module> model;
  std::vector<Tensor> examples;
  onnx::Function run = {};
};

template <class M>
std::shared_ptr<nn::Module> make(M model) {
  return std::make_shared<M>(std::move(model));
}

template <class... Layers>
Case layers(const Shape& shape, Layers... all) {
  return {make(nn::Sequential(std::move(all)...)), {normal(shape)}};
}

Case example(const std::string& name) {
  ExampleNet net = example_net(name);
  return {std::move(net.model), {normal({2, net.image[0], net.image[1], net.image[2]})}};
}

template <class Layer>
Case recurrent(bool bidirectional, bool given_state = false, bool bias = true) {
  auto layer = std::make_shared<Layer>(nn::RecurrentOptions{.input_size = 3,
                                                            .hidden_size = 4,
                                                            .num_layers = 2,
                                                            .bias = bias,
                                                            .batch_first = true,
                                                            .bidirectional = bidirectional});
  std::vector<Tensor> examples{normal({2, 5, 3})};
  if (given_state) examples.push_back(normal({2, bidirectional ? 4 : 2, 4}));
  return {layer, examples, [layer, given_state](const std::vector<Variable>& in) {
            RnnState start;
            if (given_state) start.h = transpose(in[1], 0, 1);
            const RnnOutput out = layer->run(in[0], start);
            std::vector<Variable> all{out.output, transpose(out.state.h, 0, 1)};
            if (out.state.c.defined()) all.push_back(transpose(out.state.c, 0, 1));
            return all;
          }};
}

Case attention(bool is_causal) {
  auto layer = std::make_shared<nn::MultiheadAttention>(
      nn::MultiheadAttentionOptions{.embed_dim = 8, .num_heads = 2, .batch_first = true});
  return {layer, {normal({2, 5, 8})}, [=](const std::vector<Variable>& in) {
            return std::vector{layer->run(in[0], nn::AttentionMasks{.is_causal = is_causal})};
          }};
}

/// With a mask, and the weights as another output.
Case masked_attention() {
  auto layer = std::make_shared<nn::MultiheadAttention>(
      nn::MultiheadAttentionOptions{.embed_dim = 8, .num_heads = 2, .batch_first = true});
  const Tensor mask = normal({5, 5});
  return {layer, {normal({2, 5, 8}), normal({2, 5, 8})}, [=](const std::vector<Variable>& in) {
            const MultiHeadOutput out = layer->run(in[0], in[1], in[1], {.attn_mask = mask});
            return std::vector{out.output, out.weights, layer->run(in[0], {.attn_mask = mask})};
          }};
}

using Maker = std::function<Case()>;

std::map<std::string, Maker> activation_cases() {
  const auto one = [](auto layer) {
    auto shared = std::make_shared<decltype(layer)>(std::move(layer));
    return Maker([shared] { return Case{shared, {normal({2, 3, 4, 5}) * 3.0}}; });
  };
  return {{"relu6", one(nn::ReLU6())},
          {"leaky_relu", one(nn::LeakyReLU(0.1))},
          {"elu", one(nn::ELU(0.7))},
          {"gelu", one(nn::GELU())},
          {"gelu_tanh", one(nn::GELU(Approximate::tanh))},
          {"silu", one(nn::SiLU())},
          {"hardswish", one(nn::Hardswish())},
          {"hardsigmoid", one(nn::Hardsigmoid())},
          {"hardtanh", one(nn::Hardtanh(-2, 0.5))},
          {"sigmoid", one(nn::Sigmoid())},
          {"tanh", one(nn::Tanh())},
          {"softplus", one(nn::Softplus())},
          {"softplus_beta", one(nn::Softplus(2))},
          {"softmax", one(nn::Softmax(1))},
          {"log_softmax", one(nn::LogSoftmax(-1))},
          {"prelu", one(nn::PReLU(3))},
          {"dropout", one(nn::Dropout(0.5))},
          {"flatten", one(nn::Flatten())}};
}

std::map<std::string, Maker> image_cases() {
  const Shape image{2, 4, 9, 8};
  const auto conv = [=](const nn::Conv2dOptions& o) { return Maker([=] { return layers(image, nn::Conv2d(o)); }); };
  const auto of = [=](auto make_layer) { return Maker([=] { return layers(image, make_layer()); }); };
  return {
      {"conv2d_same", conv({.in_channels = 4, .out_channels = 6, .kernel_size = 4, .padding = "same"})},
      {"conv2d_strided_same",
       conv({.in_channels = 4, .out_channels = 6, .kernel_size = 3, .stride = 2, .padding = "same"})},
      {"conv2d_groups", conv({.in_channels = 4,
                              .out_channels = 6,
                              .kernel_size = {3, 2},
                              .stride = {2, 1},
                              .padding = 1,
                              .dilation = 2,
                              .groups = 2})},
      {"conv2d_circular", conv({.in_channels = 4,
                                .out_channels = 3,
                                .kernel_size = 3,
                                .padding = 1,
                                .padding_mode = PaddingMode::circular})},
      {"conv2d_reflect", conv({.in_channels = 4,
                               .out_channels = 3,
                               .kernel_size = 3,
                               .padding = 1,
                               .padding_mode = PaddingMode::reflect})},
      {"conv2d_replicate", conv({.in_channels = 4,
                                 .out_channels = 3,
                                 .kernel_size = 3,
                                 .padding = 1,
                                 .bias = false,
                                 .padding_mode = PaddingMode::replicate})},
      {"conv_transpose2d", of([] {
         return nn::ConvTranspose2d({.in_channels = 4,
                                     .out_channels = 6,
                                     .kernel_size = 3,
                                     .stride = 2,
                                     .padding = 1,
                                     .output_padding = 1,
                                     .groups = 2});
       })},
      {"max_pool2d", of([] { return nn::MaxPool2d({.kernel_size = 3, .stride = 2, .padding = 1}); })},
      {"max_pool2d_ceil", of([] { return nn::MaxPool2d({.kernel_size = 2, .ceil_mode = true}); })},
      {"avg_pool2d", of([] { return nn::AvgPool2d({.kernel_size = 3, .stride = 2, .padding = 1}); })},
      {"avg_pool2d_exclude",
       of([] { return nn::AvgPool2d({.kernel_size = 3, .stride = 2, .padding = 1, .count_include_pad = false}); })},
      {"adaptive_avg_pool2d", of([] {
         return nn::AdaptiveAvgPool2d({4, 3});
       })},
      {"global_avg_pool2d", of([] { return nn::AdaptiveAvgPool2d(1); })},
      {"adaptive_max_pool2d", of([] {
         return nn::AdaptiveMaxPool2d({3, 4});
       })},
      {"batch_norm2d", of([] { return nn::BatchNorm2d(4); })},
      {"group_norm", of([] { return nn::GroupNorm(2, 4); })},
      {"instance_norm2d", of([] { return nn::InstanceNorm2d(4, {.affine = true}); })},
      {"layer_norm", of([] {
         return nn::LayerNorm({9, 8});
       })},
      {"rms_norm", of([] { return nn::RMSNorm(8); })},
      {"upsample_nearest", of([] { return nn::Upsample({.scale_factor = 2.5}); })},
      {"upsample_bilinear", of([] { return nn::Upsample({.size = Pair(5, 13), .mode = Interpolation::bilinear}); })},
      {"pixel_shuffle", of([] { return nn::PixelShuffle(2); })},
      {"fold",
       [] {
         return layers({2, 4 * 9, 4 * 3}, nn::Fold({8, 5}, {.kernel_size = 3, .padding = 1, .stride = 2}));
       }},
      {"unfold", of([] { return nn::Unfold({.kernel_size = 3, .padding = 1, .stride = 2}); })},
  };
}

std::map<std::string, Maker> other_cases() {
  const Shape row{2, 4, 11};
  const auto net = [](const char* name) { return Maker([=] { return example(name); }); };
  return {
      {"lenet5", net("lenet5")},
      {"mlp", net("mlp")},
      {"cnn", net("cnn")},
      {"vgg", net("vgg")},
      {"resnet20", net("resnet20")},
      {"conv1d",
       [=] {
         return layers(row, nn::Conv1d({.in_channels = 4, .out_channels = 3, .kernel_size = 4, .padding = "same"}));
       }},
      {"conv_transpose1d",
       [=] {
         return layers(row, nn::ConvTranspose1d({.in_channels = 4, .out_channels = 3, .kernel_size = 3, .stride = 2}));
       }},
      {"max_pool1d", [=] { return layers(row, nn::MaxPool1d({.kernel_size = 3, .stride = 2, .padding = 1})); }},
      {"avg_pool1d", [=] { return layers(row, nn::AvgPool1d({.kernel_size = 3, .stride = 2, .padding = 1})); }},
      {"adaptive_avg_pool1d", [=] { return layers(row, nn::AdaptiveAvgPool1d(4)); }},
      {"batch_norm1d", [=] { return layers(row, nn::BatchNorm1d(4)); }},
      {"embedding",
       [] {
         return Case{make(nn::Embedding(7, 5, {.padding_idx = 0})), {Tensor::of({1, 2, 3, 0, 5, 6}, {2, 3}, int64)}};
       }},
      {"rnn", [] { return recurrent<nn::RNN>(false); }},
      {"lstm", [] { return recurrent<nn::LSTM>(true); }},
      {"lstm_without_bias", [] { return recurrent<nn::LSTM>(false, false, false); }},
      {"gru", [] { return recurrent<nn::GRU>(true); }},
      {"gru_state", [] { return recurrent<nn::GRU>(false, true); }},
      {"attention", [] { return attention(false); }},
      {"attention_mask", masked_attention},
      {"attention_causal", [] { return attention(true); }},
      {"transformer", [] {
         return Case{
             make(nn::TransformerEncoder({.d_model = 8, .nhead = 2, .dim_feedforward = 16, .batch_first = true}, 2)),
             {normal({2, 5, 8})}};
       }}};
}

std::map<std::string, Maker> op_cases() {
  using V = Variable;
  const auto of = [](Variable (*f)(const V&)) {
    return Maker([f] { return Case{make(nn::Lambda("Function", f)), {uniform({2, 3, 4}, 0.1, 0.9)}}; });
  };
  return {{"op_abs", of([](const V& x) { return abs(x); })},
          {"op_acos", of([](const V& x) { return acos(x); })},
          {"op_asin", of([](const V& x) { return asin(x); })},
          {"op_asinh", of([](const V& x) { return asinh(x); })},
          {"op_atan", of([](const V& x) { return atan(x); })},
          {"op_atanh", of([](const V& x) { return atanh(x); })},
          {"op_ceil", of([](const V& x) { return ceil(x); })},
          {"op_cos", of([](const V& x) { return cos(x); })},
          {"op_cosh", of([](const V& x) { return cosh(x); })},
          {"op_erf", of([](const V& x) { return erf(x); })},
          {"op_erfc", of([](const V& x) { return erfc(x); })},
          {"op_exp", of([](const V& x) { return exp(x); })},
          {"op_exp2", of([](const V& x) { return exp2(x); })},
          {"op_expm1", of([](const V& x) { return expm1(x); })},
          {"op_floor", of([](const V& x) { return floor(x); })},
          {"op_log", of([](const V& x) { return log(x); })},
          {"op_log10", of([](const V& x) { return log10(x); })},
          {"op_log1p", of([](const V& x) { return log1p(x); })},
          {"op_log2", of([](const V& x) { return log2(x); })},
          {"op_reciprocal", of([](const V& x) { return reciprocal(x); })},
          {"op_round", of([](const V& x) { return round(x); })},
          {"op_rsqrt", of([](const V& x) { return rsqrt(x); })},
          {"op_sign", of([](const V& x) { return sign(x); })},
          {"op_sin", of([](const V& x) { return sin(x); })},
          {"op_sinh", of([](const V& x) { return sinh(x); })},
          {"op_sqrt", of([](const V& x) { return sqrt(x); })},
          {"op_square", of([](const V& x) { return square(x); })},
          {"op_tan", of([](const V& x) { return tan(x); })},
          {"op_acosh", of([](const V& x) { return acosh(x + 1.0); })},
          {"op_add", of([](const V& x) { return x + flip(x, {1}); })},
          {"op_sub", of([](const V& x) {
             return x - flip(x, {1, 2});
           })},
          {"op_mul", of([](const V& x) { return x * sum(x, {1}, true); })},
          {"op_div", of([](const V& x) { return x / mean(x, {-1}, true); })},
          {"op_neg", of([](const V& x) { return -x; })},
          {"op_pow", of([](const V& x) { return pow(x, 1.5); })},
          {"op_pow_by_variable", of([](const V& x) { return pow(x, x); })},
          {"op_maximum", of([](const V& x) { return maximum(x, flip(x, {1})); })},
          {"op_minimum", of([](const V& x) { return minimum(x, flip(x, {1})); })},
          {"op_clamp", of([](const V& x) { return clamp(x, 0.3, std::nullopt); })},
          {"op_clamp_both", of([](const V& x) { return clamp(x, 0.3, 0.6); })},
          {"op_cumsum", of([](const V& x) { return cumsum(x, 1); })},
          {"op_cumsum_reverse", of([](const V& x) { return cumsum(x, -1, true); })},
          {"op_logsumexp", of([](const V& x) { return logsumexp(x, {1}); })},
          {"op_max", of([](const V& x) {
             return max(x, {1, 2});
           })},
          {"op_min", of([](const V& x) { return min(x, {2}, true); })},
          {"op_prod", of([](const V& x) { return prod(x, {1}); })},
          {"op_mean", of([](const V& x) {
             return mean(x, {1, 2});
           })},
          {"op_sum", of([](const V& x) { return sum(x, {2}); })},
          {"op_sum_of_all", of([](const V& x) { return sum(x, {}); })},
          {"op_softplus", of([](const V& x) { return softplus(x); })},
          {"op_concatenate", of([](const V& x) {
             return concatenate({x, x * 2.0}, 1);
           })},
          {"op_expand", of([](const V& x) {
             return expand(narrow(x, 1, 0, 1), {-1, 3, -1});
           })},
          {"op_slice", of([](const V& x) { return slice(x, 2, -3, 4, 2); })},
          {"op_select", of([](const V& x) { return select(x, 1, -1); })},
          {"op_permute", of([](const V& x) {
             return permute(x, {2, 0, 1});
           })},
          {"op_transpose", of([](const V& x) { return transpose(x, -1, 0); })},
          {"op_pad", of([](const V& x) {
             return pad(x, {1, 2, 0, 1}, 0.5);
           })},
          {"op_matmul", of([](const V& x) { return matmul(x, transpose(x, 1, 2)); })},
          {"op_squeeze", of([](const V& x) { return squeeze(unsqueeze(x, 1), 1); })},
          {"op_index_select", of([](const V& x) {
             return index_select(x, 2, Tensor::of({3, 0}, int64));
           })},
          {"op_chunk", of([](const V& x) { return chunk(x, 2, 2)[1]; })},
          {"op_constant", of([](const V& x) {
             return x + Variable(Tensor::of({1, 2, 3, 4}));
           })},
          {"op_identity", of([](const V& x) { return x; })}};
}

std::map<std::string, Maker> all_cases() {
  std::map<std::string, Maker> all = other_cases();
  all.merge(image_cases());
  all.merge(activation_cases());
  all.merge(op_cases());
  return all;
}

std::vector<Variable> run(const Case& one, const std::vector<Tensor>& inputs) {
  return one.run ? one.run({inputs.begin(), inputs.end()}) : std::vector{(*one.model)(inputs[0])};
}

void write_run(const Case& one, const std::vector<Tensor>& inputs, const std::string& path) {
  const std::vector<Variable> outputs = run(one, inputs);
  std::map<std::string, Tensor> file;
  for (std::size_t i = 0; i < inputs.size(); ++i) file[concat("input", i)] = inputs[i];
  for (std::size_t i = 0; i < outputs.size(); ++i) file[concat("output", i)] = outputs[i].value();
  io::save_npz(path, file);
}

void export_case(const Case& one, const std::string& path) {
  // Running statistics and scales that are not those of a fresh model.
  for (const auto& [name, buffer] : one.model->named_buffers()) {
    if (is_floating(buffer.dtype())) Tensor(buffer).copy_from(uniform(buffer.shape(), 0.5, 2));
  }
  one.model->eval();
  if (one.run) onnx::export_model(path, *one.model, one.examples, one.run);
  else onnx::export_model(path, *one.model, one.examples[0]);
}

/// Other numbers, and more than twice as many.
std::vector<Tensor> larger_batch(const Case& one) {
  std::vector<Tensor> larger;
  for (const Tensor& x : one.examples) {
    const Tensor all = concatenate({x, x, x.narrow(0, 0, 1)}, 0);
    larger.push_back(is_floating(x.dtype()) ? all * uniform(all.shape(), 0.5, 1) : all);
  }
  return larger;
}

void write(const Case& one, const std::string& folder) {
  export_case(one, folder + "/model.onnx");
  write_run(one, one.examples, folder + "/first.npz");
  write_run(one, larger_batch(one), folder + "/second.npz");
}

/// Throws where what was imported has other parameters, or computes something else.
void require_return(const Case& one, const std::string& path) {
  export_case(one, path);
  onnx::Model back = onnx::import_model(path);
  const nn::StateDict before = one.model->state_dict(), after = back.state_dict();
  for (const auto& [name, value] : after) require<Error>(before.contains(name), "import", "made up ", name);
  for (const std::vector<Tensor>& inputs : {one.examples, larger_batch(one)}) {
    const std::vector<Variable> wanted = run(one, inputs), got = back.run({inputs.begin(), inputs.end()});
    for (std::size_t i = 0; i < wanted.size(); ++i) {
      const Tensor a = wanted[i].value(), b = got.at(i).value();
      const bool same = a.shape() == b.shape() && a.dtype() == b.dtype();
      require<Error>(same, "import", "gives ", b.dtype(), b.shape(), " for ", a.dtype(), a.shape());
      const double off = max(abs(a.to(float64) - b.to(float64))).item() / std::max(1.0, max(abs(a.to(float64))).item());
      require<Error>(off <= 1e-5, "import", "output ", i, " is off by ", off, " of the largest number");
    }
  }
}

int round_trips(const std::string& folder) {
  const std::map<std::string, Maker> cases = all_cases();
  std::size_t good = 0;
  for (const auto& [name, maker] : cases) {
    try {
      require_return(maker(), folder + "/model.onnx");
      ++good;
    } catch (const std::exception& error) {
      std::cout << "FAILED " << name << ": " << error.what() << '\n';
    }
  }
  std::cout << good << " of " << cases.size() << " models come back as they went\n";
  return good == cases.size() ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  try {
    manual_seed(1);
    if (arguments.size() == 1 && arguments[0] == "list") {
      for (const auto& [name, maker] : all_cases()) std::cout << name << '\n';
      return 0;
    }
    require<ValueError>(arguments.size() == 2, "export_cases", "wants list, round-trips FOLDER, or NAME FOLDER");
    if (arguments[0] == "round-trips") return round_trips(arguments[1]);
    write(all_cases().at(arguments[0])(), arguments[1]);
  } catch (const std::exception& error) {
    std::cerr << error.what() << '\n';
    return 1;
  }
}
