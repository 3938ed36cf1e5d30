#include <doctest/doctest.h>

#include <reel/core/random.h>
#include <reel/data/idx.h>
#include <reel/data/mnist.h>

#include "files.h"

namespace {

using namespace reel;
using namespace reel::data;
using namespace reel::data::testing;

// An IDX file of [2, 2], gzipped, made by
// python3 -c "import
// gzip,sys;sys.stdout.buffer.write(gzip.compress(bytes([0,0,8,2,0,0,0,2,0,0,0,2,7,8,9,10]),mtime=0))"
const Bytes gzipped = {0x1f, 0x8b, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02, 0x03, 0x63, 0x60, 0xe0, 0x60, 0x62, 0x60,
                       0x60, 0x00, 0x63, 0x76, 0x0e, 0x4e, 0x2e, 0x00, 0x98, 0xa0, 0x5b, 0x49, 0x10, 0x00, 0x00, 0x00};

}  // namespace

TEST_CASE("read_idx: shape and elements") {
  const TemporaryFolder folder;
  write(folder / "a", make_idx({2, 3, 4}));
  const Tensor tensor = read_idx(folder / "a");
  CHECK(tensor.shape() == Shape{2, 3, 4});
  CHECK(tensor.dtype() == uint8);
  CHECK(tensor.at({1, 2, 3}) == 23);
  write(folder / "b", make_idx({1, 1, 1, 1, 1, 1, 1, 5}));
  CHECK(read_idx(folder / "b").shape() == Shape{1, 1, 1, 1, 1, 1, 1, 5});
}

TEST_CASE("read_idx: gzipped or not is all the same") {
  const TemporaryFolder folder;
  write(folder / "a.gz", gzipped);
  const Tensor tensor = read_idx(folder / "a.gz");
  CHECK(tensor.shape() == Shape{2, 2});
  CHECK(tensor.at({1, 1}) == 10);
}

TEST_CASE("read_idx: every truncation and every trailing byte is an IoError that names the path") {
  const TemporaryFolder folder;
  const std::string path = folder / "images";
  const Bytes whole = make_idx({2, 3, 4});
  for (std::size_t length = 0; length < whole.size(); ++length) {
    write(path, std::span(whole).first(length));
    CHECK(contains(message_of<IoError>([&] { (void)read_idx(path); }), path));
  }
  Bytes longer = whole;
  longer.push_back(0);
  write(path, longer);
  const std::string message = message_of<IoError>([&] { (void)read_idx(path); });
  CHECK(contains(message, "ends at byte 40"));
  CHECK(contains(message, "the file at byte 41"));
  CHECK_THROWS_AS((void)read_idx(folder / "missing"), IoError);
  CHECK_THROWS_AS((void)read_idx(folder.string()), IoError);
  write(path, whole);
  CHECK_THROWS_AS((void)read_idx(path, 39), IoError);
  CHECK(read_idx(path, 40).numel() == 24);
}

TEST_CASE("read_idx: sizes that lie are found out before memory is taken") {
  const TemporaryFolder folder;
  const std::string path = folder / "images";
  const std::vector<std::vector<std::uint32_t>> lies = {{0xFFFFFFFF, 0xFFFFFFFF, 0xFFFFFFFF},
                                                        {0x80000000, 2, 1},
                                                        {0x10000, 0x10000, 0x10000},
                                                        {24, 1, 2},
                                                        {0, 0, 0},
                                                        {0, 3, 4},
                                                        {2, 3, 5},
                                                        {2, 3, 3},
                                                        {1u << 31, 1u << 31, 4}};
  for (const auto& sizes : lies) {
    Bytes bytes = make_idx({2, 3, 4});
    for (std::size_t axis = 0; axis < 3; ++axis) {
      for (std::size_t i = 0; i < 4; ++i)
        bytes[4 + 4 * axis + i] = static_cast<std::uint8_t>(sizes[axis] >> (24 - 8 * i));
    }
    write(path, bytes);
    CHECK_THROWS_AS((void)read_idx(path), IoError);
  }
}

TEST_CASE("read_idx: an empty data set is named as one") {
  const TemporaryFolder folder;
  const std::string path = folder / "images";
  write(path, make_idx({0, 28, 28}));
  const std::string message = message_of<IoError>([&] { (void)read_idx(path); });
  CHECK(message == path + ": an empty data set: size 0 of axis 0 at byte 4");
}

TEST_CASE("read_idx: flipped bits of the header are refused") {
  const TemporaryFolder folder;
  const std::string path = folder / "images";
  const Bytes whole = make_idx({2, 3, 4});
  for (std::size_t at = 0; at < 16; ++at) {
    for (const int mask : {0x01, 0x02, 0x04, 0x08, 0x10, 0x20, 0x40, 0x80, 0xFF}) {
      Bytes bytes = whole;
      bytes[at] = static_cast<std::uint8_t>(bytes[at] ^ mask);
      write(path, bytes);
      CHECK_THROWS_AS((void)read_idx(path), IoError);
    }
  }
}

TEST_CASE("read_idx: flipped bytes of a gzipped file are refused, or harmless ones of its header") {
  const TemporaryFolder folder;
  const std::string path = folder / "images.gz";
  for (std::size_t at = 0; at < gzipped.size(); ++at) {
    for (int bit = 0; bit < 8; ++bit) {
      Bytes bytes = gzipped;
      bytes[at] = static_cast<std::uint8_t>(bytes[at] ^ (1 << bit));
      write(path, bytes);
      try {
        const Tensor tensor = read_idx(path);
        CHECK(tensor.shape() == Shape{2, 2});
      } catch (const IoError&) {
      }
    }
  }
}

TEST_CASE("read_idx: other element types are named") {
  const TemporaryFolder folder;
  Bytes bytes = make_idx({4});
  bytes[2] = 0x0D;
  write(folder / "floats", bytes);
  const std::string message = message_of<IoError>([&] { (void)read_idx(folder / "floats"); });
  CHECK(contains(message, "uint8"));
  CHECK(contains(message, "float32"));
}

TEST_CASE("load_mnist: reads the four files, gzipped or not") {
  const TemporaryFolder folder;
  write(folder / "train-images-idx3-ubyte", make_idx({12, 28, 28}));
  write(folder / "train-labels-idx1-ubyte", make_idx({12}, 10));
  write(folder / "t10k-images-idx3-ubyte", make_idx({3, 28, 28}));
  write(folder / "t10k-labels-idx1-ubyte", make_idx({3}, 10));
  const Mnist mnist = load_mnist(folder.string());
  CHECK(mnist.train.images().shape() == Shape{12, 1, 28, 28});
  CHECK(mnist.train.images().dtype() == uint8);
  CHECK(mnist.train.get(11).label == 1);
  CHECK(mnist.test.size() == 3);
  std::filesystem::remove(folder / "train-images-idx3-ubyte");
  CHECK(load_mnist_test(folder.string()).size() == 3);
  const std::string message = message_of<IoError>([&] { (void)load_mnist(folder.string()); });
  CHECK(contains(message, folder.string()));
  CHECK(contains(message, "train-images-idx3-ubyte.gz"));
}

TEST_CASE("load_mnist: files that don't fit one another are named, with what was expected and found") {
  const TemporaryFolder folder;
  const std::string images = folder / "t10k-images-idx3-ubyte";
  const std::string labels = folder / "t10k-labels-idx1-ubyte";
  const auto load = [&] { (void)load_mnist_test(folder.string()); };
  write(images, make_idx({3, 28, 28}));

  write(labels, make_idx({4}));
  std::string message = message_of<IoError>(load);
  CHECK(contains(message, labels));
  CHECK(contains(message, "3"));
  CHECK(contains(message, "found 4"));

  write(labels, make_idx({12}));
  message = message_of<IoError>(load);
  CHECK(contains(message, "labels 0 to 9, found 10 for example 10 at byte 18"));

  write(labels, make_idx({3, 1}));
  CHECK(contains(message_of<IoError>(load), "[3, 1]"));

  write(labels, make_idx({3}));
  write(images, make_idx({3, 28, 27}));
  message = message_of<IoError>(load);
  CHECK(contains(message, images));
  CHECK(contains(message, "[3, 28, 27]"));
}
