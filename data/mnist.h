#pragma once

#include <reel/data/dataset.h>
#include <string_view>

namespace reel::data {

/// Both parts of MNIST.
struct Mnist {
  ImageDataset train;  ///< 60,000 examples in the original
  ImageDataset test;   ///< 10,000
};

/// Reads MNIST, or anything that comes in its files (Fashion-MNIST, KMNIST), from the folder that holds them:
/// train-images-idx3-ubyte, train-labels-idx1-ubyte, t10k-images-idx3-ubyte and t10k-labels-idx1-ubyte, each as it is
/// or with .gz. Images are uint8 [N, 1, 28, 28], labels 0 to 9. Throws IoError, which names the file, what was
/// expected and what was found, for files that are missing, no IDX files, of other sizes or of other numbers.
[[nodiscard]] Mnist load_mnist(std::string_view folder);
/// The training examples only.
[[nodiscard]] ImageDataset load_mnist_train(std::string_view folder);
/// The test examples only.
[[nodiscard]] ImageDataset load_mnist_test(std::string_view folder);

}  // namespace reel::data
