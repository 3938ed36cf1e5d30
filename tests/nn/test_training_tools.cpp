#include <doctest/doctest.h>

#include <reel/autograd/ops/arithmetic.h>
#include <reel/autograd/ops/loss.h>
#include <reel/autograd/ops/reduce.h>
#include <reel/autograd/tape.h>
#include <reel/core/kernels/reduce.h>
#include <reel/core/random.h>
#include <reel/core/storage.h>
#include <reel/nn/activation.h>
#include <reel/nn/batch_norm.h>
#include <reel/nn/conv.h>
#include <reel/nn/layer_norm.h>
#include <reel/nn/linear.h>
#include <reel/nn/sequential.h>
#include <reel/optim/adam.h>
#include <reel/optim/sgd.h>
#include <tests/autograd/errors.h>
#include <tests/note.h>
#include <tests/threads.h>

using namespace reel;
using namespace reel::testing;

namespace {

/// Convolutions as deep as they are wide, with all that differs between two runs of a layer.
nn::Sequential deep_net(std::size_t segments) {
  manual_seed(4);
  nn::Sequential model;
  for (int i = 0; i < 16; ++i) {
    model.append(nn::Conv2d({.in_channels = 8, .out_channels = 8, .kernel_size = 3, .padding = 1}));
    model.append(nn::BatchNorm2d(8));
    model.append(nn::ReLU());
    model.append(nn::Dropout(0.1));
  }
  model.checkpoint_segments(segments);
  return model;
}

struct Trained {
  nn::StateDict state;
  std::vector<Tensor> gradients;
  std::size_t peak;
};

Trained train_step(std::size_t segments) {
  nn::Sequential model = deep_net(segments);
  optim::SGD optimizer(model.parameters(), {.lr = 0.1});
  const Tensor images = normal({4, 8, 16, 16});
  Trained step;
  for (int i = 0; i < 2; ++i) {
    const std::size_t before = memory().live;
    reset_peak_memory();
    optimizer.zero_grad();
    Tape tape;
    tape.backward(mean(model(images) * 2.0));
    step.peak = memory().peak - before;
    optimizer.step();
  }
  step.state = model.state_dict();
  for (const Variable& p : model.parameters()) step.gradients.push_back(p.grad());
  return step;
}

}  // namespace

TEST_CASE("checkpoint_segments: a deep net trains to the last bit alike, in less than 60 % of the memory") {
  const Trained kept = train_step(0);
  for (const std::size_t segments : {4, 7}) {
    CAPTURE(segments);
    const Trained recomputed = train_step(segments);
    for (const auto& [name, tensor] : kept.state) {
      const auto noted = note(name);
      CHECK(same_bits(tensor, recomputed.state.at(name)));
    }
    for (std::size_t i = 0; i < kept.gradients.size(); ++i) {
      CHECK(same_bits(kept.gradients[i], recomputed.gradients[i]));
    }
    CAPTURE(kept.peak);
    CAPTURE(recomputed.peak);
    CHECK(recomputed.peak < kept.peak * 6 / 10);
  }
}

TEST_CASE("checkpoint_segments: running statistics move once, whoever keeps them") {
  const Tensor x = uniform({4, 2, 5, 5});
  const auto after_a_step = [&](bool is_checkpointed) {
    nn::Sequential model{nn::BatchNorm2d(2), nn::InstanceNorm2d(2, {.affine = true, .track_running_stats = true})};
    if (is_checkpointed) model.checkpoint_segments(1);
    Tape tape;
    const Variable y = model(x);
    tape.backward(sum(y * y));
    return model.named_buffers();
  };
  const auto plain = after_a_step(false);
  const auto checkpointed = after_a_step(true);
  REQUIRE(plain.size() == 6);
  for (std::size_t i = 0; i < plain.size(); ++i) {
    CAPTURE(plain[i].first);
    CHECK(same_bits(plain[i].second, checkpointed[i].second));
  }
}

TEST_CASE("checkpoint_segments: what it refuses, and inference") {
  nn::Sequential model{nn::Linear(2, 2), nn::ReLU()};
  check_error([&] { model.checkpoint_segments(3); }, {"ValueError: Sequential: ", "2 layers", "3 segments"});
  const Tensor x = Tensor::of({1, -2}, {1, 2});
  const Tensor plain = model(x).value();
  CHECK(same_bits(model.checkpoint_segments(2)(x).value(), plain));
  CHECK_FALSE(model.checkpoint_segments(0).parameters().empty());
  model.checkpoint_segments(2);
  Tape tape;
  check_error([&] { static_cast<void>(model(Tensor::ones({1, 3}))); }, {"ShapeError: linear (0): "});
  // The error of a backward names the module, too.
  const Variable y = model(x);
  Tensor weight = model.parameters()[0].value();
  weight.fill(0);
  check_error([&] { tape.backward(sum(y)); }, {"AutogradError: checkpoint: ", "fill changed it in place"});
}

TEST_CASE("gradients of micro-batches add up to that of the batch") {
  manual_seed(6);
  nn::Sequential model{nn::Conv2d({.in_channels = 2, .out_channels = 3, .kernel_size = 3}), nn::Tanh(), nn::Flatten(),
                       nn::Linear(12, 4)};
  const Tensor images = normal({12, 2, 4, 4});
  const Tensor labels = randint(0, 4, {12});
  const auto gradients_of = [&](std::int64_t parts) {
    model.zero_grad();
    const std::int64_t length = 12 / parts;
    for (std::int64_t i = 0; i < parts; ++i) {
      Tape tape;
      const Variable loss =
          cross_entropy(model(images.narrow(0, i * length, length)), labels.narrow(0, i * length, length));
      tape.backward(loss / static_cast<double>(parts));
    }
    std::vector<Tensor> gradients;
    for (const Variable& p : model.parameters()) gradients.push_back(p.grad());
    return gradients;
  };
  const auto whole = gradients_of(1);
  for (const std::int64_t parts : {2, 3, 12}) {
    CAPTURE(parts);
    const auto added = gradients_of(parts);
    for (std::size_t i = 0; i < whole.size(); ++i) CHECK(max(abs(added[i] - whole[i])).item() < 1e-6);
  }
}

TEST_CASE("parameters_without_grad: names what no loss reached") {
  struct Net : nn::Module {
    nn::Linear& used = add("used", nn::Linear(2, 2));
    nn::Linear& forgotten = add("forgotten", nn::Linear(2, 2));
    Variable forward(const Variable& x) override { return used(x); }
  } net;
  CHECK(net.parameters_without_grad().size() == 4);
  Tape tape;
  tape.backward(sum(net(Tensor::ones({1, 2}))));
  CHECK(net.parameters_without_grad() == std::vector<std::string>{"forgotten.weight", "forgotten.bias"});
  net.zero_grad();
  CHECK(net.parameters_without_grad().size() == 4);
}

TEST_CASE("an optimizer's step between forward and backward is an error that names it") {
  manual_seed(6);
  nn::Sequential model{nn::Linear(2, 3), nn::ReLU(), nn::Linear(3, 1)};
  const auto step_between = [&](optim::Optimizer& optimizer) {
    const Tensor x = Tensor::ones({4, 2});
    Tape tape;
    tape.backward(sum(model(x)));
    Variable loss = sum(model(x));
    optimizer.step();
    tape.backward(loss);
  };
  optim::SGD sgd(model.parameters(), {.lr = 0.1, .momentum = 0.9});
  check_error([&] { step_between(sgd); },
              {"AutogradError: linear: its backward needs the float32 [1, 3]", "SGD changed it in place"});
  optim::Adam adam(model.parameters(), {.lr = 0.1});
  check_error([&] { step_between(adam); }, {"AutogradError: linear: ", "Adam changed it in place"});
  const auto state = model.state_dict();
  Tape tape;
  const Variable loss = sum(model(Tensor::ones({4, 2})));
  model.load_state_dict(state);
  check_error([&] { tape.backward(loss); }, {"AutogradError: linear: ", "copy_from changed it in place"});
}
