#include <doctest/doctest.h>

#include <cstring>
#include <reel/autograd/ops/loss.h>
#include <reel/autograd/tape.h>
#include <reel/core/parallel.h>
#include <reel/nn/activation.h>
#include <reel/nn/batch_norm.h>
#include <reel/nn/conv.h>
#include <reel/nn/linear.h>
#include <reel/nn/pooling.h>
#include <reel/nn/sequential.h>
#include <reel/optim/adam.h>

using namespace reel;

namespace {

/// Computes with n threads while it lives.
class Threads {
 public:
  explicit Threads(int n) : before_(num_threads()) { set_num_threads(n); }
  ~Threads() { set_num_threads(before_); }
  Threads(const Threads&) = delete;
  Threads& operator=(const Threads&) = delete;

 private:
  int before_;
};

/// The state of a small conv net after `steps` steps.
nn::StateDict train(std::uint64_t seed, int steps) {
  manual_seed(seed);
  nn::Sequential model(nn::Conv2d({.in_channels = 3, .out_channels = 16, .kernel_size = 3, .padding = "same"}),
                       nn::BatchNorm2d(16), nn::ReLU(), nn::MaxPool2d(2),
                       nn::Conv2d({.in_channels = 16, .out_channels = 16, .kernel_size = 3, .groups = 16}), nn::GELU(),
                       nn::AvgPool2d({.kernel_size = 3, .stride = 2}), nn::Flatten(), nn::Dropout(0.2),
                       nn::Linear(16 * 6 * 6, 10));
  optim::AdamW optimizer(model.parameters());
  for (int step = 0; step < steps; ++step) {
    const Tensor images = normal({32, 3, 32, 32});
    Tape tape;
    tape.backward(cross_entropy(model(images), randint(0, 10, {32})));
    optimizer.step();
    optimizer.zero_grad();
  }
  return model.state_dict();
}

/// The names of the tensors whose bytes differ.
std::vector<std::string> differences(const nn::StateDict& a, const nn::StateDict& b) {
  std::vector<std::string> names;
  for (const auto& [name, tensor] : a) {
    const Tensor& other = b.at(name);
    if (tensor.nbytes() != other.nbytes() || std::memcmp(tensor.bytes(), other.bytes(), tensor.nbytes()) != 0) {
      names.push_back(name);
    }
  }
  return names;
}

}  // namespace

TEST_CASE("determinism: a seed gives the same weights to the last bit, with 1, 2 and 3 threads") {
  const nn::StateDict one = [] {
    const Threads threads(1);
    return train(21, 5);
  }();
  REQUIRE(one.size() == 11);
  for (const int n : {1, 2, 3}) {
    CAPTURE(n);
    const Threads threads(n);
    CHECK(differences(one, train(21, 5)).empty());
  }
  CHECK(differences(one, train(22, 5)).size() >= 8);
}
