// A page on 127.0.0.1 to draw a digit on, and to see what a net makes of it. ./run demo --help explains the options.

#include <CLI/CLI.hpp>
#include <iostream>
#include <reel/reel.h>

#include "../command_line.h"
#include "../models/mnist.h"
#include "eye.h"
#include "server.h"

namespace {

using namespace reel;

struct Net {
  std::string name;
  nn::Sequential model;
};

/// What mnist --save wrote.
Net load(const std::string& path) {
  mnist::SavedModel saved = mnist::load_model(path);
  Net net{saved.name, mnist::make_model(saved.name)};
  net.model.load_state_dict(saved.state);
  return net;
}

/// A lenet5 that has seen drawn digits for a moment: good enough to play with.
Net train() {
  std::cout << "no --load: training lenet5 on drawn digits for a few seconds" << std::endl;
  manual_seed(0);
  Net net{"lenet5", mnist::make_model("lenet5")};
  data::DataLoader loader(
      data::synthetic_digits(20000, 1),
      {.batch_size = 100,
       .transform = data::random_affine({.degrees = 10, .shear = 10, .shift = 2, .min_scale = 0.9, .max_scale = 1.1}),
       .normalization = data::mnist_normalization()});
  optim::SGD optimizer(net.model.parameters(), {.lr = 0.1, .momentum = 0.9});
  constexpr std::int64_t epochs = 3;
  optim::OneCycleLR schedule(optimizer,
                             {.max_lr = 0.1, .total_steps = epochs * loader.size(), .cycle_momentum = false});
  training::ProgressBar bar("training", epochs * loader.size());
  for (std::int64_t step = 0; loader.epoch() < epochs;) {
    for (const auto& [images, labels] : loader) {
      Tape tape;
      tape.backward(cross_entropy(net.model(images), labels));
      optimizer.step();
      optimizer.zero_grad();
      schedule.step();
      bar.update(++step);
    }
  }
  return net;
}

void run(const std::string& weights, int port) {
  Net net = weights.empty() ? train() : load(weights);
  demo::Eye eye(net.name, std::move(net.model));
  demo::serve(eye, port, [](const std::string& address) {
    std::cout << "draw a digit in a browser: " << address << "  (Ctrl-C ends it)" << std::endl;
  });
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Shows, as you draw a digit in the browser, what a net makes of it.", "demo");
  std::string weights;
  int port = 8080;
  app.add_option("--load", weights, "Weights written by mnist --save (default: a lenet5 that is trained at the start)");
  app.add_option("--port", port, "The port on 127.0.0.1; 0: any that is free")
      ->capture_default_str()
      ->transform(examples::whole(0, 65535));
  return examples::run_program(app, argc, argv, [&] { run(weights, port); });
}
