#include <iostream>
#include <reel/reel.h>

using namespace reel;

struct LeNet : nn::Module {
  Variable forward(const Variable& x) override {
    const Variable maps = max_pool2d(relu(conv2(max_pool2d(relu(conv1(x))))));
    return fc3(relu(fc2(relu(fc1(flatten(maps))))));
  }

  nn::Conv2d& conv1 = add("conv1", nn::Conv2d({.in_channels = 1, .out_channels = 6, .kernel_size = 5, .padding = 2}));
  nn::Conv2d& conv2 = add("conv2", nn::Conv2d({.in_channels = 6, .out_channels = 16, .kernel_size = 5}));
  nn::Linear& fc1 = add("fc1", nn::Linear(400, 120));
  nn::Linear& fc2 = add("fc2", nn::Linear(120, 84));
  nn::Linear& fc3 = add("fc3", nn::Linear(84, 10));
};

/// The loss after a step of training.
double step(LeNet& model, optim::SGD& optimizer, const data::Batch& batch) {
  Tape tape;
  const Variable loss = cross_entropy(model(batch.images), batch.labels);
  tape.backward(loss);
  optimizer.step();
  optimizer.zero_grad();
  return loss.item();
}

/// Types are the same on both sides of the library's boundary: an error is caught as what it is, and a layer of the
/// library is known through a pointer to its base.
bool has_types_of_library(LeNet& model) {
  nn::Module& layer = model.conv1;
  try {
    static_cast<void>(model(Tensor::ones({1, 3, 28, 28})));
  } catch (const ShapeError& error) {
    std::cout << error.what() << '\n';
    return dynamic_cast<nn::Conv2d*>(&layer) != nullptr && dynamic_cast<nn::Linear*>(&layer) == nullptr;
  }
  return false;
}

int main() {
  LeNet model;
  optim::SGD optimizer(model.parameters(), {.lr = 0.05, .momentum = 0.9});
  double first = 0, last = 0;
  for (const data::Batch& batch : data::DataLoader(data::synthetic_digits(5000, /*seed=*/1), {.batch_size = 50})) {
    last = step(model, optimizer, batch);
    if (first == 0) first = last;
  }
  std::cout << "loss " << first << " at first, " << last << " at last\n";
  return last < first && has_types_of_library(model) ? 0 : 1;
}
