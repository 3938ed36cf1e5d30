// What tests/torch_test.py runs Reel's side with:
//   model_outputs NET train FILE       trains a net for a moment; writes its state, an input and the output to FILE
//   model_outputs NET run FILE OUTPUT  reads such a file, and writes the output that Reel comes to
#include <iostream>
#include <reel/reel.h>
#include <tests/nn/example_nets.h>

using namespace reel;
using namespace reel::testing;

namespace {

Shape batch_of(std::int64_t count, const Shape& image) { return {count, image[0], image[1], image[2]}; }

void train(const ExampleNet& net) {
  optim::SGD optimizer(net.model->parameters(), {.lr = 0.05, .momentum = 0.9});
  for (int step = 0; step < 20; ++step) {
    Tape tape;
    tape.backward(cross_entropy((*net.model)(normal(batch_of(16, net.image))), randint(0, 10, {16})));
    optimizer.step();
    optimizer.zero_grad();
  }
}

void write_trained(const ExampleNet& net, const std::string& path) {
  manual_seed(1);
  train(net);
  net.model->eval();
  const Tensor input = normal(batch_of(2, net.image));
  StateDict file{{"input", input}, {"output", (*net.model)(input).value()}};
  for (const auto& [name, tensor] : net.model->state_dict()) file["state." + name] = tensor;
  io::save_safetensors(path, file);
}

void write_output(const ExampleNet& net, const std::string& path, const std::string& output) {
  const auto file = io::load_safetensors(path, {.memory_map = true}).tensors;
  StateDict state;
  for (const auto& [name, tensor] : file) {
    if (name.starts_with("state.")) state[name.substr(6)] = tensor;
  }
  net.model->load_state_dict(state);
  net.model->eval();
  io::save_npy(output, (*net.model)(file.at("input")).value());
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  try {
    require<ValueError>(arguments.size() >= 3, "model_outputs", "wants NET train|run FILE ...");
    const ExampleNet net = example_net(arguments[0]);
    if (arguments[1] == "train") write_trained(net, arguments[2]);
    else write_output(net, arguments[2], arguments.at(3));
  } catch (const std::exception& error) {
    std::cerr << error.what() << '\n';
    return 1;
  }
}
