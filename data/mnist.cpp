#include <filesystem>
#include <future>
#include <reel/data/idx.h>
#include <reel/data/mnist.h>

namespace reel::data {
namespace {

constexpr std::int64_t side = 28;
constexpr std::int64_t classes = 10;

std::string find(std::string_view folder, const std::string& name) {
  const std::filesystem::path plain = std::filesystem::path(folder) / name;
  const std::filesystem::path packed = std::filesystem::path(folder) / (name + ".gz");
  std::error_code ignored;
  if (std::filesystem::exists(plain, ignored)) return plain.string();
  if (std::filesystem::exists(packed, ignored)) return packed.string();
  throw IoError(folder, "wants MNIST's files, has neither ", name, " nor ", name, ".gz");
}

Tensor read_images(const std::string& path) {
  Tensor images = read_idx(path);
  require<IoError>(images.rank() == 3 && images.size(1) == side && images.size(2) == side, path,
                   "wants images [N, 28, 28], found ", images.shape());
  return images;
}

Tensor read_labels(const std::string& path) {
  const Tensor labels = read_idx(path);
  require<IoError>(labels.rank() == 1, path, "wants labels [N], found ", labels.shape());
  const auto values = labels.span<std::uint8_t>();
  for (std::size_t i = 0; i < values.size(); ++i) {
    require<IoError>(values[i] < classes, path, "wants labels 0 to 9, found ", int{values[i]}, " for example ", i,
                     " at byte ", i + 8);
  }
  return labels.to(int64);
}

ImageDataset load(std::string_view folder, const std::string& part) {
  const std::string images_path = find(folder, part + "-images-idx3-ubyte");
  const std::string labels_path = find(folder, part + "-labels-idx1-ubyte");
  const Tensor images = read_images(images_path);
  const Tensor labels = read_labels(labels_path);
  require<IoError>(labels.size(0) == images.size(0), labels_path, "wants a label for each of the ", images.size(0),
                   " images of ", images_path, ", found ", labels.size(0));
  return {images, labels};
}

}  // namespace

ImageDataset load_mnist_train(std::string_view folder) { return load(folder, "train"); }
ImageDataset load_mnist_test(std::string_view folder) { return load(folder, "t10k"); }

Mnist load_mnist(std::string_view folder) {
  std::future<ImageDataset> test = std::async(std::launch::async, load_mnist_test, folder);  // inflating takes its time
  ImageDataset train = load_mnist_train(folder);
  return {train, test.get()};
}

}  // namespace reel::data
