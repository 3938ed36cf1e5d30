// Reads pictures of single digits with a net that `mnist --save` wrote, and prints what it makes of them.

#include <cstdio>
#include <reel/core/kernels/reduce.h>
#include <reel/core/kernels/softmax.h>
#include <reel/data/digit_image.h>
#include <reel/data/image.h>
#include <reel/data/normalize.h>
#include <string>
#include <vector>

#include "../command_line.h"
#include "../models/mnist.h"

namespace {

using namespace reel;

/// uint8 [1, 28, 28]. A picture that shows nothing on white may be white ink on nothing, so it is tried on black, too.
Tensor find_digit(const std::string& path) {
  for (const int behind : {255, 0}) {
    try {
      return data::to_mnist(data::read_image(path, 3, behind));
    } catch (const ValueError& error) {
      if (behind == 0) throw ValueError(path, error.what());
    }
  }
  return {};
}

/// [1, 1, 28, 28], normalised as in training.
Tensor read_digit(const std::string& path) {
  const Tensor digit = find_digit(path);
  Tensor input = Tensor::empty({1, 1, 28, 28});
  const data::Normalizer normalize(data::mnist_normalization());
  normalize(digit, std::span<float>(input.mutable_data<float>(), 784));
  return input;
}

void print_probabilities(const std::string& path, const Tensor& probabilities) {
  std::printf("%s: %d\n", path.c_str(), static_cast<int>(argmax(probabilities, 1).item()));
  for (std::int64_t label = 0; label < 10; ++label) {
    const double p = probabilities.at({0, label});
    std::printf("  %d  %6.2f %%  %s\n", static_cast<int>(label), 100 * p,
                std::string(static_cast<std::size_t>(40 * p + 0.5), '#').c_str());
  }
}

void run(const std::string& weights, const std::vector<std::string>& pictures) {
  const mnist::SavedModel saved = mnist::load_model(weights);
  nn::Sequential model = mnist::make_model(saved.name);
  model.load_state_dict(saved.state);
  model.eval();
  for (const std::string& picture : pictures) {
    print_probabilities(picture, softmax(model(read_digit(picture)).value(), 1));
  }
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Reads pictures of single digits, dark on light or light on dark.", "predict");
  std::string weights;
  std::vector<std::string> pictures;
  app.add_option("--load", weights, "Weights written by mnist --save")->required();
  app.add_option("pictures", pictures, "PNG, JPEG or BMP files, one digit each")->required();
  return examples::run_program(app, argc, argv, [&] { run(weights, pictures); });
}
