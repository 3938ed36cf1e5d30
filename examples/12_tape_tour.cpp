// The inside of a tape, from a scalar to LeNet-5: prints one as a table, and writes pages for a browser that step
// through forward and backward. docs/autograd.md walks through them.

#include <filesystem>
#include <iostream>
#include <reel/reel.h>

#include "no_options.h"
#include "output.h"

namespace {

using namespace reel;

/// Keeps every value, so that the page shows it.
constexpr TapeOptions keep{.keep_values = true};

void say_where(const std::string& file) { std::cout << "wrote " << std::filesystem::absolute(file).string() << '\n'; }

/// The small ones of a backward of the usual kind: they are those that the page arrives at.
void print_gradients(const std::vector<std::pair<std::string, Variable>>& leaves) {
  for (const auto& [name, leaf] : leaves) {
    if (leaf.numel() > 8) continue;
    std::cout << "  gradient of " << name << ' ' << leaf.shape() << ':';
    for (const float value : leaf.grad().span<float>()) std::cout << ' ' << value;
    std::cout << '\n';
  }
}

/// (a b + b)^2: b is used twice, so its gradient comes in two parts.
void scalar() {
  const Variable a = Variable::leaf(Tensor::scalar(2), "a");
  const Variable b = Variable::leaf(Tensor::scalar(-3), "b");
  Tape tape(keep);
  const Variable c = a * b + b;
  const Variable loss = c * c;
  std::cout << tape.to_text() << '\n';
  tape.to_html("tape_scalar.html", {loss});
  say_where("tape_scalar.html");
  tape.backward(loss);
  print_gradients({{"a", a}, {"b", b}});
}

/// XOR: the four points, and a network that is just large enough.
void mlp() {
  const Tensor points = Tensor::of({0, 0, 0, 1, 1, 0, 1, 1}, {4, 2});
  const Tensor wanted = Tensor::of({0, 1, 1, 0}, {4, 1});
  struct Net : nn::Module {
    nn::Linear& hidden = add("hidden", nn::Linear(2, 3));
    nn::Linear& out = add("out", nn::Linear(3, 1));
    Variable forward(const Variable& x) override { return out(tanh(hidden(x))); }
  } net;
  Tape tape(keep);
  const Variable loss = mse_loss(net(points), wanted);
  tape.to_html("tape_mlp.html", {loss});
  say_where("tape_mlp.html");
  tape.backward(loss);
  print_gradients(net.named_parameters());
}

/// LeCun et al., 1998, with relu and max pooling as it is built today.
struct LeNet5 : nn::Module {
  nn::Conv2d& conv1 = add("conv1", nn::Conv2d({.in_channels = 1, .out_channels = 6, .kernel_size = 5, .padding = 2}));
  nn::Conv2d& conv2 = add("conv2", nn::Conv2d({.in_channels = 6, .out_channels = 16, .kernel_size = 5}));
  nn::Linear& fc1 = add("fc1", nn::Linear(400, 120));
  nn::Linear& fc2 = add("fc2", nn::Linear(120, 84));
  nn::Linear& fc3 = add("fc3", nn::Linear(84, 10));

  Variable forward(const Variable& x) override {
    const Variable maps = max_pool2d(relu(conv1(x)));
    const Variable features = flatten(max_pool2d(relu(conv2(maps))));
    return fc3(relu(fc2(relu(fc1(features)))));
  }
};

/// One step of training on four digits, after some that nobody watches, so that there is something to be seen.
void lenet5() {
  LeNet5 net;
  optim::SGD optimizer(net.parameters(), {.lr = 0.05, .momentum = 0.9});
  data::DataLoader loader(data::synthetic_digits(2000, /*seed=*/1), {.batch_size = 50});
  for (const auto& [images, labels] : loader) {
    Tape tape;
    tape.backward(cross_entropy(net(images), labels));
    optimizer.step();
    optimizer.zero_grad();
  }
  const auto [images, labels] = *loader.begin();
  Tape tape(keep);
  // Copies, since a part of the batch would keep all of its memory.
  const Variable loss = cross_entropy(net(images.narrow(0, 0, 4).clone()), labels.narrow(0, 0, 4).clone());
  tape.to_html("tape_lenet5.html", {loss});
  say_where("tape_lenet5.html");
  tape.backward(loss);
  print_gradients(net.named_parameters());
}

}  // namespace

int main(int argc, char** argv) {
  const auto code = examples::refuse_options(
      argc, argv, "Shows the inside of a tape: a table, and pages for a browser (tape_*.html) in the current folder.");
  if (code) return *code;
  try {
    manual_seed(0);
    scalar();
    mlp();
    lenet5();
    std::cout << "open the pages in a browser; the arrow keys step through forward and backward\n";
    examples::require_written();
  } catch (const std::exception& error) {
    std::cerr << "tape_tour: " << error.what() << '\n';
    return 1;
  }
}
