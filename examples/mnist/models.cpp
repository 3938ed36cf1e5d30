#include "models.h"

#include <algorithm>
#include <reel/core/io/safetensors.h>
#include <reel/nn/activation.h>
#include <reel/nn/batch_norm.h>
#include <reel/nn/conv.h>
#include <reel/nn/linear.h>
#include <reel/nn/pooling.h>

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

nn::Sequential vgg() {
  nn::Sequential net;
  std::int64_t in = 1;
  for (const std::int64_t out : {32, 64, 128}) {
    for (int i = 0; i < 2; ++i) {
      net.append(nn::Conv2d({.in_channels = in, .out_channels = out, .kernel_size = 3, .padding = 1, .bias = false}));
      net.append(nn::BatchNorm2d(out));
      net.append(nn::ReLU());
      in = out;
    }
    net.append(nn::MaxPool2d(2));
  }
  net.append(nn::Flatten()).append(nn::Linear(1152, 10));
  return net;
}

nn::Sequential mlp() { return nn::Sequential{nn::Flatten(), nn::Linear(784, 256), nn::ReLU(), nn::Linear(256, 10)}; }

}  // namespace

const std::vector<std::string>& model_names() {
  static const std::vector<std::string> names{"lenet5", "cnn", "vgg", "mlp"};
  return names;
}

nn::Sequential make_model(const std::string& name) {
  if (name == "lenet5") return lenet5();
  if (name == "cnn") return cnn();
  if (name == "vgg") return vgg();
  if (name == "mlp") return mlp();
  throw ValueError("model", "wants lenet5, cnn, vgg or mlp, got ", name);
}

void save_model(const std::string& path, const std::string& name, const nn::Module& model) {
  io::save_safetensors(path, model.state_dict(), {{"model", name}});
}

SavedModel load_model(const std::string& path) {
  io::SafeTensors file = io::load_safetensors(path);
  const auto& names = model_names();
  const std::string name = file.metadata.count("model") == 0 ? "" : file.metadata.at("model");
  require<IoError>(std::find(names.begin(), names.end(), name) != names.end(), path,
                   "holds no model of this program: its metadata should say model = lenet5, cnn, vgg or mlp, and says ",
                   name.empty() ? "nothing" : name);
  return {name, std::move(file.tensors)};
}

}  // namespace mnist
