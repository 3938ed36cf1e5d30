#include "data.h"

#include <reel/core/kernels/index.h>
#include <reel/core/random.h>
#include <reel/data/cifar.h>
#include <reel/data/image_folder.h>

namespace cifar10 {

using namespace reel;

namespace {

/// Some of a dataset's examples.
class Subset final : public data::Dataset {
 public:
  Subset(std::shared_ptr<const Dataset> all, Tensor chosen) : all_(std::move(all)), chosen_(std::move(chosen)) {}
  [[nodiscard]] std::int64_t size() const override { return chosen_.numel(); }
  [[nodiscard]] data::Example get(std::int64_t index) const override {
    return all_->get(chosen_.span<std::int64_t>()[static_cast<std::size_t>(index)]);
  }

 private:
  std::shared_ptr<const Dataset> all_;
  Tensor chosen_;
};

std::shared_ptr<const data::Dataset> pictures(const data::ImageFolder& folder, bool decode_ahead) {
  if (decode_ahead) return std::make_shared<data::ImageFolder>(folder);
  return std::make_shared<data::ImageDataset>(folder.in_memory());
}

Data load_all(const Options& o) {
  if (data::is_cifar10(o.data)) {
    data::Cifar cifar = data::load_cifar10(o.data);
    return {std::make_shared<data::ImageDataset>(std::move(cifar.train)),
            std::make_shared<data::ImageDataset>(std::move(cifar.test)), std::move(cifar.classes)};
  }
  const auto part = [&](const std::string& name) {
    return data::ImageFolder(o.data, {.part = name, .height = 32, .width = 32});
  };
  const data::ImageFolder train = part("train"), test = part("test");
  require<IoError>(train.classes() == test.classes() && train.classes().size() == 10, o.data,
                   "wants the same ten classes in train and test, has ", train.classes().size(), " and ",
                   test.classes().size());
  return {pictures(train, o.decode_ahead), pictures(test, o.decode_ahead), train.classes()};
}

}  // namespace

Data load(const Options& o) {
  Data data = load_all(o);
  if (o.train_limit > 0 && o.train_limit < data.train->size()) {
    Generator random(o.seed);
    data.train =
        std::make_shared<Subset>(data.train, permutation(data.train->size(), random).narrow(0, 0, o.train_limit));
  }
  return data;
}

}  // namespace cifar10
