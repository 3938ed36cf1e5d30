#pragma once

#include <examples/models/mnist.h>
#include <examples/models/resnet.h>
#include <memory>
#include <reel/core/error.h>
#include <string>

namespace reel::testing {

/// A net of examples/models, and the shape [C, H, W] of its images.
struct ExampleNet {
  std::unique_ptr<nn::Module> model;
  Shape image;
};

/// "resnet20", or a name of mnist::model_names(); as golden/model_cases.py has them.
inline ExampleNet example_net(const std::string& name) {
  if (name == "resnet20") return {std::make_unique<models::ResNet>(models::resnet20()), {3, 32, 32}};
  return {std::make_unique<nn::Sequential>(mnist::make_model(name)), {1, 28, 28}};
}

}  // namespace reel::testing
