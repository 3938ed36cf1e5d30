#include "mnist.h"

#include <algorithm>
#include <reel/core/io/safetensors.h>
#include <reel/nn/activation.h>
#include <reel/nn/batch_norm.h>
#include <reel/nn/conv.h>
#include <reel/nn/linear.h>
#include <reel/nn/pooling.h>

#include "names.h"

namespace mnist {

using namespace reel;

namespace {

nn::Sequential lenet5() {
  return nn::Sequential{nn::Conv2d({.in_channels = 1, .out_channels = 6, .kernel_size = 5, .padding = 2}),
                        nn::ReLU(),
                        nn::MaxPool2d(2),
                        nn::Conv2d({.in_channels = 6, .out_channels = 16, .kernel_size = 5}),
                        nn::ReLU(),
                        nn::MaxPool2d(2),
                        nn::Flatten(),
                        nn::Linear(400, 120),
                        nn::ReLU(),
                        nn::Linear(120, 84),
                        nn::ReLU(),
                        nn::Linear(84, 10)};
}

nn::Sequential cnn() {
  return nn::Sequential{nn::Conv2d({.in_channels = 1, .out_channels = 32, .kernel_size = 3}),
                        nn::ReLU(),
                        nn::Conv2d({.in_channels = 32, .out_channels = 64, .kernel_size = 3}),
                        nn::ReLU(),
                        nn::MaxPool2d(2),
                        nn::Flatten(),
                        nn::Linear(9216, 128),
                        nn::ReLU(),
                        nn::Linear(128, 10)};
}

/// Appends a convolution with padding "same"; its bias would be lost in the normalisation that follows.
void append_conv(nn::Sequential& net, std::int64_t in, std::int64_t out, std::int64_t kernel_size,
                 std::int64_t stride = 1) {
  net.append(nn::Conv2d({.in_channels = in,
                         .out_channels = out,
                         .kernel_size = kernel_size,
                         .stride = stride,
                         .padding = "same",
                         .bias = false}));
}

void append_norm_relu(nn::Sequential& net, std::int64_t channels) {
  net.append(nn::BatchNorm2d(channels)).append(nn::ReLU());
}

nn::Sequential vgg() {
  nn::Sequential net;
  std::int64_t in = 1;
  for (const std::int64_t out : {32, 64, 128}) {
    for (int i = 0; i < 2; ++i) {
      append_conv(net, in, out, 3);
      append_norm_relu(net, out);
      in = out;
    }
    net.append(nn::MaxPool2d(2));
  }
  net.append(nn::Flatten()).append(nn::Linear(1152, 10));
  return net;
}

nn::Sequential strided() {
  nn::Sequential net;
  append_conv(net, 1, 16, 5, 2);
  append_norm_relu(net, 16);
  for (const std::int64_t out : {16, 32}) {
    append_conv(net, 16, out, 3);
    net.append(nn::MaxPool2d(2));
    append_norm_relu(net, out);
  }
  net.append(nn::Flatten()).append(nn::Linear(288, 10));
  return net;
}

nn::Sequential pooled() {
  nn::Sequential net;
  append_conv(net, 1, 32, 5);
  net.append(nn::MaxPool2d(2));
  append_norm_relu(net, 32);
  append_conv(net, 32, 64, 3);
  append_norm_relu(net, 64);
  append_conv(net, 64, 64, 3);
  net.append(nn::MaxPool2d(2));
  append_norm_relu(net, 64);
  append_conv(net, 64, 128, 3);
  append_norm_relu(net, 128);
  net.append(nn::MaxPool2d(2)).append(nn::Flatten()).append(nn::Linear(1152, 10));
  return net;
}

nn::Sequential mlp() { return nn::Sequential{nn::Flatten(), nn::Linear(784, 256), nn::ReLU(), nn::Linear(256, 10)}; }

}  // namespace

const std::vector<std::string>& model_names() {
  static const std::vector<std::string> names{"lenet5", "cnn", "vgg", "mlp", "strided", "pooled"};
  return names;
}

nn::Sequential make_model(const std::string& name) {
  if (name == "lenet5") return lenet5();
  if (name == "cnn") return cnn();
  if (name == "vgg") return vgg();
  if (name == "mlp") return mlp();
  if (name == "strided") return strided();
  if (name == "pooled") return pooled();
  throw ValueError("model", "wants ", any_of(model_names()), ", got ", name);
}

void save_model(const std::string& path, const std::string& name, const nn::Module& model) {
  io::save_safetensors(path, model.state_dict(), {{"model", name}});
}

SavedModel load_model(const std::string& path) {
  io::SafeTensors file = io::load_safetensors(path);
  const auto& names = model_names();
  const std::string name = file.metadata.count("model") == 0 ? "" : file.metadata.at("model");
  require<IoError>(std::find(names.begin(), names.end(), name) != names.end(), path,
                   "holds no model of this program: its metadata should say model = ", any_of(names), ", and says ",
                   name.empty() ? "nothing" : name);
  return {name, std::move(file.tensors)};
}

}  // namespace mnist
