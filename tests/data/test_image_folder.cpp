#include <doctest/doctest.h>

#include <cstdlib>
#include <reel/core/parallel.h>
#include <reel/data/cifar.h>
#include <reel/data/image.h>
#include <reel/data/image_folder.h>
#include <reel/data/loader.h>
#include <reel/data/transforms.h>

#include "files.h"
#include "tar.h"

using namespace reel;
using namespace reel::data;
using namespace reel::data::testing;

namespace {

std::string text_of(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

std::string picture(double value, std::int64_t height = 4, std::int64_t width = 4) {
  return text_of(encode_png(Tensor::full({3, height, width}, value, uint8)));
}

void spill(const std::string& path, const std::string& content) {
  std::filesystem::create_directories(std::filesystem::path(path).parent_path());
  write(path, {reinterpret_cast<const std::uint8_t*>(content.data()), content.size()});
}

/// Two classes of three pictures below train/, in an order that is not that of their names; and what is no picture.
const std::vector<std::pair<std::string, std::string>>& files() {
  static const std::vector<std::pair<std::string, std::string>> all{
      {"train/dog/b.PNG", picture(4)},       {"train/cat/2.png", picture(2)},  {"train/cat/deep/1.png", picture(3)},
      {"train/dog/a.png", picture(5)},       {"train/cat/10.png", picture(1)}, {"train/dog/c.png", picture(6)},
      {"train/cat/notes.txt", "no picture"}, {"train/stray.png", picture(9)},  {"test/dog/1.png", picture(7)}};
  return all;
}

std::string archive() {
  std::string tar;
  for (const auto& [name, content] : files()) tar += tar_file(name, content);
  return tar + tar_end();
}

void check_train(const ImageFolder& folder) {
  CHECK(folder.classes() == std::vector<std::string>{"cat", "dog"});
  REQUIRE(folder.size() == 6);
  for (std::int64_t i = 0; i < 6; ++i) {
    const Example example = folder.get(i);
    CHECK(example.label == i / 3);
    CHECK(example.image.shape() == Shape{3, 4, 4});
    CHECK(example.image.at({0, 0, 0}) == (i < 3 ? i + 1 : (i == 3 ? 5 : (i == 4 ? 4 : 6))));
  }
  const ImageDataset all = folder.in_memory();
  CHECK(all.images().shape() == Shape{6, 3, 4, 4});
  CHECK(all.images().at({3, 2, 1, 1}) == 5);
  CHECK(all.labels().at({5}) == 1);
}

}  // namespace

TEST_CASE("ImageFolder: a folder for each class, and the same from a tar archive, gzipped or not") {
  const TemporaryFolder folder;
  for (const auto& [name, content] : files()) spill(folder / name, content);
  check_train(ImageFolder(folder / "train"));
  check_train(ImageFolder(folder.string(), {.part = "train"}));
  spill(folder / "a.tar", archive());
  check_train(ImageFolder(folder / "a.tar", {.part = "train"}));
  REQUIRE(std::system(("gzip -k " + (folder / "a.tar")).c_str()) == 0);
  check_train(ImageFolder(folder / "a.tar.gz", {.part = "train"}));
  CHECK(ImageFolder(folder / "a.tar", {.part = "test"}).size() == 1);
  CHECK(ImageFolder(folder / "a.tar").classes() == std::vector<std::string>{"test", "train"});
  CHECK(ImageFolder(folder / "a.tar", {.part = "train"}).path(0) == folder / "a.tar/train/cat/10.png");
  CHECK(ImageFolder(folder / "train", {.channels = 1}).get(0).image.shape() == Shape{1, 4, 4});
}

TEST_CASE("ImageFolder: pictures of other sizes are made to cover the one that is wanted") {
  const TemporaryFolder folder;
  Tensor wide = Tensor::zeros({3, 4, 12}, uint8);
  wide.narrow(2, 4, 4).fill(200);  // what the middle keeps
  spill(folder / "a/wide.png", text_of(encode_png(wide)));
  spill(folder / "a/x.png", picture(50, 8, 8));
  const ImageFolder as_they_are(folder.string());
  CHECK(contains(message_of<ShapeError>([&] { (void)as_they_are.in_memory(); }), "x.png is [3, 8, 8]"));
  const ImageFolder same(folder.string(), {.height = 4, .width = 4});
  CHECK(same.in_memory().images().shape() == Shape{2, 3, 4, 4});
  CHECK(same.get(0).image.at({1, 2, 0}) == 200);
  CHECK(same.get(0).image.at({1, 2, 3}) == 200);
  CHECK(same.get(1).image.at({2, 3, 3}) == 50);
  CHECK(ImageFolder(folder.string(), {.height = 6, .width = 3}).get(1).image.shape() == Shape{3, 6, 3});
}

TEST_CASE("ImageFolder: what it refuses") {
  const TemporaryFolder folder;
  CHECK(contains(message_of<IoError>([&] { ImageFolder(folder / "none"); }), "can't be opened"));
  CHECK(
      contains(message_of<IoError>([&] { ImageFolder(folder.string()); }), "no pictures (.png, .jpg, .jpeg or .bmp)"));
  spill(folder / "top.png", picture(1));
  CHECK(contains(message_of<IoError>([&] { ImageFolder(folder.string()); }), "in folders"));
  CHECK(contains(message_of<IoError>([&] { ImageFolder(folder.string(), {.part = "val"}); }), "can't be read"));
  spill(folder / "not.tar", "some text");
  CHECK(contains(message_of<IoError>([&] { ImageFolder(folder / "not.tar"); }), "no tar archive"));
  spill(folder / "a/broken.png", picture(1).substr(0, 40));
  CHECK(contains(message_of<IoError>([&] { (void)ImageFolder(folder.string()).get(0); }), "a/broken.png"));
  spill(folder / "b.tar", tar_file("a/broken.png", picture(1).substr(0, 40)) + tar_end());
  CHECK(contains(message_of<IoError>([&] { (void)ImageFolder(folder / "b.tar").in_memory(); }), "b.tar/a/broken.png"));
  CHECK(contains(message_of<IndexError>([&] { (void)ImageFolder(folder.string()).get(1); }), "example 1"));
  CHECK(contains(message_of<ValueError>([&] { ImageFolder(folder.string(), {.channels = 2}); }), "got 2"));
  CHECK(contains(message_of<ValueError>([&] { ImageFolder(folder.string(), {.height = 4}); }), "got 4 and 0"));
}

TEST_CASE("DataLoader: pictures that are decoded on the way are those decoded before, for any number of workers") {
  const TemporaryFolder folder;
  spill(folder / "a.tar", archive());
  const ImageFolder lazy(folder / "a.tar", {.part = "train"});
  const auto pixels = [](DataLoader loader) {
    std::vector<float> all;
    for (int epoch = 0; epoch < 2; ++epoch) {
      for (const auto& [images, labels] : loader) {
        const auto values = images.span<float>();
        all.insert(all.end(), values.begin(), values.end());
      }
    }
    return all;
  };
  const auto options = [](int workers) {
    return LoaderOptions{.batch_size = 4, .seed = 5, .transform = random_crop(3, 3, 1), .workers = workers};
  };
  const std::vector<float> expected = pixels(DataLoader(lazy.in_memory(), options(0)));
  CHECK(expected.size() == 2 * 6 * 27);
  for (const int workers : {0, 1, 2, 5}) CHECK(pixels(DataLoader(lazy, options(workers))) == expected);
}

namespace {

/// Examples of `label_bytes` labels, the last of which counts up, and pixels of the example's number.
std::string batch(int examples, int label_bytes, int classes = 10) {
  std::string content;
  for (int i = 0; i < examples; ++i) {
    if (label_bytes == 2) content += static_cast<char>(i % 20);
    content += static_cast<char>(i % classes);
    content += std::string(3072, static_cast<char>(i));
  }
  return content;
}

}  // namespace

TEST_CASE("CIFAR-10: five batches and a test, from a folder and from an archive") {
  const TemporaryFolder folder;
  std::string tar;
  for (int i = 1; i <= 5; ++i) {
    const std::string name = "cifar-10-batches-bin/data_batch_" + std::to_string(i) + ".bin";
    spill(folder / name, batch(i, 1));
    tar += tar_file(name, batch(i, 1));
  }
  spill(folder / "cifar-10-batches-bin/test_batch.bin", batch(3, 1));
  tar += tar_file("cifar-10-batches-bin/test_batch.bin", batch(3, 1));
  CHECK(load_cifar10(folder / "cifar-10-batches-bin").classes.at(9) == "9");
  const std::string names = "airplane\nautomobile\nbird\ncat\ndeer\ndog\nfrog\nhorse\nship\ntruck\n\n";
  spill(folder / "cifar-10-batches-bin/batches.meta.txt", names);
  tar += tar_file("cifar-10-batches-bin/batches.meta.txt", names);
  spill(folder / "cifar.tar", tar + tar_end());
  for (const std::string path : {"cifar-10-batches-bin", "cifar.tar"}) {
    CHECK(is_cifar10(folder / path));
    const Cifar cifar = load_cifar10(folder / path);
    CHECK(cifar.train.images().shape() == Shape{15, 3, 32, 32});
    CHECK(cifar.train.labels().at({14}) == 4);
    CHECK(cifar.train.images().at({14, 2, 31, 31}) == 4);
    CHECK(cifar.test.size() == 3);
    CHECK(cifar.classes.at(9) == "truck");
  }
  spill(folder / "other.tar", archive());
  CHECK_FALSE(is_cifar10(folder / "other.tar"));
  CHECK_FALSE(is_cifar10(folder.string()));
  CHECK(contains(message_of<IoError>([&] { (void)load_cifar10(folder.string()); }), "has no data_batch_1.bin"));

  spill(folder / "cifar-10-batches-bin/batches.meta.txt", "one\ntwo");
  CHECK(contains(message_of<IoError>([&] { (void)load_cifar10(folder / "cifar-10-batches-bin"); }),
                 "10 names, one in each line, has 2"));
  const std::string third = folder / "cifar-10-batches-bin/data_batch_3.bin";
  for (const std::size_t length : {0, 1, 3072, 3074, 6145}) {
    spill(third, batch(2, 1).substr(0, length));
    CHECK(contains(message_of<IoError>([&] { (void)load_cifar10(folder / "cifar-10-batches-bin"); }),
                   "data_batch_3.bin: wants whole examples of 3073 bytes"));
  }
  spill(third, batch(1, 1) + "\x0a" + std::string(3072, 'p'));
  CHECK(contains(message_of<IoError>([&] { (void)load_cifar10(folder / "cifar-10-batches-bin"); }),
                 "labels 0 to 9, found 10 at byte 3073"));
}

TEST_CASE("CIFAR-100: fine labels or coarse ones") {
  const TemporaryFolder folder;
  spill(folder / "train.bin", batch(100, 2, 100));
  spill(folder / "test.bin", batch(5, 2, 100));
  const Cifar fine = load_cifar100(folder.string());
  CHECK(fine.classes.size() == 100);
  CHECK(fine.train.labels().at({99}) == 99);
  CHECK(fine.train.images().at({99, 0, 0, 0}) == 99);
  const Cifar coarse = load_cifar100(folder.string(), CifarLabels::coarse);
  CHECK(coarse.classes.size() == 20);
  CHECK(coarse.train.labels().at({99}) == 19);
  spill(folder / "test.bin", batch(5, 2, 100).substr(1));
  CHECK(contains(message_of<IoError>([&] { (void)load_cifar100(folder.string()); }), "test.bin"));
}
