#pragma once

#include <reel/nn/sequential.h>
#include <string>
#include <vector>

namespace mnist {

/// The nets that the program trains, for images [N, 1, 28, 28] -> logits [N, 10].
[[nodiscard]] const std::vector<std::string>& model_names();

/// Makes one with fresh weights from this thread's default generator. Throws reel::ValueError for another name.
///
///     lenet5  two 5x5 convolutions, three linear layers (LeCun et al., 1998, with ReLU and max pooling)
///     cnn     two 3x3 convolutions, two linear layers
///     vgg     three blocks of two 3x3 convolutions with batch normalisation, one linear layer
///     mlp     two linear layers
///     strided three convolutions with batch normalisation, the first with stride 2; of the recipe speedrun
///     pooled  four convolutions with batch normalisation, all but the first on 14x14 and less; of the recipe best
[[nodiscard]] reel::nn::Sequential make_model(const std::string& name);

/// A trained model as it lies on disk: the weights, by their names, and which net they belong to.
struct SavedModel {
  std::string name;
  reel::nn::StateDict state;
};
void save_model(const std::string& path, const std::string& name, const reel::nn::Module& model);
/// Throws reel::IoError for a file that is none of ours.
[[nodiscard]] SavedModel load_model(const std::string& path);

}  // namespace mnist
