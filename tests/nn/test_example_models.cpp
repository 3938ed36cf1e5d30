#include <doctest/doctest.h>
#include <reel/reel.h>
#include <tests/autograd/golden.h>
#include <tests/nn/example_nets.h>

using namespace reel;
using namespace reel::testing;

TEST_CASE("nets that PyTorch trained give its outputs") {
  const auto arrays = io::load_npz(REEL_TEST_DATA "/models.npz");
  for (const std::string name : {"lenet5", "vgg", "resnet20"}) {
    CAPTURE(name);
    const ExampleNet net = example_net(name);
    StateDict state;
    const std::string prefix = name + "/state.";
    for (const auto& [key, tensor] : arrays) {
      if (key.starts_with(prefix)) state[key.substr(prefix.size())] = tensor;
    }
    net.model->load_state_dict(state);
    net.model->eval();
    const Tensor output = (*net.model)(arrays.at(name + "/input")).value();
    const Tensor& expected = arrays.at(name + "/output");
    REQUIRE(output.shape() == expected.shape());
    CHECK(max(abs(output - expected)).item() < 1e-5);
  }
}

TEST_CASE("ResNet-20 has the names of torchvision's nets, halves twice, and learns") {
  manual_seed(0);
  models::ResNet net = models::resnet20();
  CHECK(net.parameter_count() == 272474);
  const auto state = net.state_dict();
  CHECK(state.at("conv1.weight").shape() == Shape{16, 3, 3, 3});
  CHECK(state.at("layer2.0.downsample.0.weight").shape() == Shape{32, 16, 1, 1});
  CHECK(state.at("layer3.2.bn2.running_var").shape() == Shape{64});
  CHECK(state.at("fc.weight").shape() == Shape{10, 64});
  CHECK(state.count("layer1.0.downsample.0.weight") == 0);

  const Tensor x = normal({8, 3, 16, 16});
  const Tensor labels = Tensor::of({0, 1, 2, 3, 4, 5, 6, 7}, int64);
  optim::SGD optimizer(net.parameters(), {.lr = 0.05});
  double first = 0;
  double last = 0;
  for (int step = 0; step < 5; ++step) {
    Tape tape;
    const Variable loss = cross_entropy(net(x), labels);
    tape.backward(loss);
    CHECK(net.parameters_without_grad().empty());
    optimizer.step();
    optimizer.zero_grad();
    (step == 0 ? first : last) = loss.item();
  }
  CHECK(last < 0.7 * first);
}
