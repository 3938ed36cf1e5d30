#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <numeric>
#include <reel/data/draw.h>
#include <reel/data/loader.h>
#include <set>
#include <stdexcept>
#include <thread>
#include <vector>

#include "files.h"

namespace {

using namespace reel;
using namespace reel::data;
using reel::data::testing::contains;
using reel::data::testing::message_of;

// Image i is 2 x 3 pixels of the value i, label i.
ImageDataset numbered(std::int64_t count) {
  Tensor images = Tensor::empty({count, 1, 2, 3}, uint8);
  for (std::int64_t i = 0; i < count; ++i) images.select(0, i).fill(static_cast<double>(i));
  return {images, Tensor::arange(0, static_cast<double>(count), 1, int64)};
}

Tensor add_noise(const Tensor& image, Generator& generator) {
  Tensor out = Tensor::empty(image.shape(), float32);
  for (int i = 0; i < 6; ++i) {
    out.mutable_data<float>()[i] = static_cast<float>(image.data<std::uint8_t>()[i] + draw_uniform(generator));
  }
  return out;
}

struct Epoch {
  std::vector<std::int64_t> labels;
  std::vector<float> pixels;
  std::vector<std::int64_t> batch_sizes;
  bool operator==(const Epoch&) const = default;
};

Epoch run(DataLoader& loader) {
  Epoch epoch;
  for (const auto& [images, labels] : loader) {
    REQUIRE(images.dtype() == float32);
    REQUIRE(images.size(0) == labels.size(0));
    const auto l = labels.span<std::int64_t>();
    const auto p = images.span<float>();
    epoch.labels.insert(epoch.labels.end(), l.begin(), l.end());
    epoch.pixels.insert(epoch.pixels.end(), p.begin(), p.end());
    epoch.batch_sizes.push_back(labels.size(0));
  }
  return epoch;
}

// Fails for one example.
class FailingDataset : public Dataset {
 public:
  [[nodiscard]] std::int64_t size() const override { return 100; }
  [[nodiscard]] Example get(std::int64_t index) const override {
    if (index == 57) throw std::runtime_error("example 57 is broken");
    return {Tensor::zeros({1, 2, 2}, uint8), index};
  }
};

}  // namespace

TEST_CASE("DataLoader: without shuffling the examples come in order, as x / 255") {
  DataLoader loader(numbered(10), {.batch_size = 4, .shuffle = false});
  const Epoch epoch = run(loader);
  CHECK(epoch.labels == std::vector<std::int64_t>{0, 1, 2, 3, 4, 5, 6, 7, 8, 9});
  CHECK(epoch.batch_sizes == std::vector<std::int64_t>{4, 4, 2});
  CHECK(loader.size() == 3);
  REQUIRE(epoch.pixels.size() == 60);
  for (std::size_t i = 0; i < 60; ++i) CHECK(epoch.pixels[i] == static_cast<float>(i / 6) / 255.0F);
}

TEST_CASE("DataLoader: drop_last leaves the smaller last batch out") {
  DataLoader loader(numbered(10), {.batch_size = 4, .drop_last = true});
  CHECK(loader.size() == 2);
  CHECK(run(loader).batch_sizes == std::vector<std::int64_t>{4, 4});
}

TEST_CASE("DataLoader: each epoch visits every example once, in an order of its own") {
  DataLoader loader(numbered(100), {.batch_size = 32, .seed = 5});
  std::set<std::vector<std::int64_t>> orders;
  for (int i = 0; i < 4; ++i) {
    CHECK(loader.epoch() == i);
    const Epoch epoch = run(loader);
    CHECK(std::set(epoch.labels.begin(), epoch.labels.end()).size() == 100);
    orders.insert(epoch.labels);
  }
  CHECK(orders.size() == 4);
  DataLoader other(numbered(100), {.batch_size = 32, .seed = 6});
  CHECK_FALSE(orders.contains(run(other).labels));
}

TEST_CASE("DataLoader: order and chance don't depend on the workers, nor on the batch size") {
  std::vector<Epoch> first;
  std::vector<Epoch> second;
  for (const int workers : {0, 1, 3}) {
    DataLoader loader(numbered(200), {.batch_size = 16, .seed = 9, .transform = add_noise, .workers = workers});
    first.push_back(run(loader));
    second.push_back(run(loader));
    CHECK(first.back() == first.front());
    CHECK(second.back() == second.front());
  }
  CHECK(first[0].pixels != second[0].pixels);
  DataLoader loader(numbered(200), {.batch_size = 25, .seed = 9, .transform = add_noise});
  const Epoch other = run(loader);
  CHECK(other.pixels == first[0].pixels);
  CHECK(other.labels == first[0].labels);
}

TEST_CASE("DataLoader: set_epoch goes on where another run stopped") {
  const LoaderOptions options{.batch_size = 8, .seed = 3, .transform = add_noise};
  DataLoader whole(numbered(50), options);
  run(whole);
  const Epoch second = run(whole);
  const Epoch third = run(whole);

  DataLoader resumed(numbered(50), options);
  resumed.set_epoch(1, 3);
  const Epoch rest = run(resumed);
  CHECK(rest.labels == std::vector(second.labels.begin() + 24, second.labels.end()));
  CHECK(rest.pixels == std::vector(second.pixels.begin() + 24 * 6, second.pixels.end()));
  CHECK(run(resumed) == third);
  resumed.set_epoch(1, 7);
  CHECK(run(resumed).labels.empty());
  CHECK_THROWS_AS(resumed.set_epoch(1, 8), ValueError);
  CHECK_THROWS_AS(resumed.set_epoch(-1), ValueError);
}

TEST_CASE("DataLoader: its state goes on behind the batch in hand, wherever a loop was stopped") {
  const LoaderOptions options{.batch_size = 8, .seed = 3, .transform = add_noise};
  DataLoader whole(numbered(50), options);
  const std::vector<Epoch> epochs{run(whole), run(whole), run(whole)};
  for (std::int64_t stop = 0; stop <= whole.size(); ++stop) {
    CAPTURE(stop);
    DataLoader stopped(numbered(50), options);
    run(stopped);
    std::int64_t in_hand = 0;
    StateDict state = stopped.state_dict();  // between two epochs
    for (const auto& batch : stopped) {
      static_cast<void>(batch);
      if (stop == 0) break;
      state = stopped.state_dict();
      if (++in_hand == stop) break;
    }
    DataLoader resumed(numbered(50), options);
    resumed.load_state_dict(state);
    CHECK(resumed.epoch() == 1);
    const Epoch rest = run(resumed);
    const auto seen = std::min<std::ptrdiff_t>(50, 8 * stop);
    CHECK(rest.labels == std::vector(epochs[1].labels.begin() + seen, epochs[1].labels.end()));
    CHECK(rest.pixels == std::vector(epochs[1].pixels.begin() + seen * 6, epochs[1].pixels.end()));
    CHECK(resumed.state_dict().at("epoch").item() == 2);
    CHECK(run(resumed) == epochs[2]);
  }
}

TEST_CASE("DataLoader: a copy has a place of its own") {
  DataLoader loader(numbered(50), {.batch_size = 8});
  auto first = loader.begin();
  const DataLoader copy = loader;
  ++first;
  CHECK(copy.state_dict().at("batch").item() == 1);
  CHECK(loader.state_dict().at("batch").item() == 2);
}

TEST_CASE("DataLoader: the state of one with other batches is refused") {
  DataLoader loader(numbered(50), {.batch_size = 8, .seed = 3});
  const StateDict state = loader.state_dict();
  const auto refused = [&](LoaderOptions options, std::int64_t examples = 50) {
    DataLoader other(numbered(examples), std::move(options));
    return message_of<StateError>([&] { other.load_state_dict(state); });
  };
  CHECK(refused({.batch_size = 10, .seed = 3}) ==
        "DataLoader: the state is of a loader with batch_size 8, this one has 10");
  CHECK(contains(refused({.batch_size = 8, .seed = 4}), "seed 3, this one has 4"));
  CHECK(contains(refused({.batch_size = 8, .seed = 3}, 48), "examples 50, this one has 48"));
  CHECK(contains(refused({.batch_size = 8, .seed = 3, .drop_last = true}), "drop_last 0, this one has 1"));
  const auto broken = [&](const std::string& name, std::int64_t value) {
    StateDict changed = state;
    changed[name] = integer_state(value);
    return message_of<StateError>([&] { loader.load_state_dict(changed); });
  };
  CHECK(contains(broken("batch", 8), "batch 8 of 7"));
  CHECK(contains(broken("epoch", -1), "epoch -1"));
  CHECK(contains(message_of<StateError>([&] { loader.load_state_dict({}); }), "missing: epoch int64 []"));
  CHECK(loader.epoch() == 0);
}

TEST_CASE("DataLoader: leaving the loop early stops the workers") {
  for (const int workers : {0, 1, 3}) {
    DataLoader loader(numbered(100), {.batch_size = 2, .workers = workers});
    for (int i = 0; i < 20; ++i) {
      int seen = 0;
      for (const auto& batch : loader) {
        CHECK(batch.images.size(0) == 2);
        if (++seen == i % 5 + 1) break;
      }
    }
    CHECK(loader.epoch() == 20);
  }
}

TEST_CASE("DataLoader: an iterator outlives its loader") {
  auto loader = std::make_unique<DataLoader>(numbered(20), LoaderOptions{.batch_size = 5, .workers = 2});
  auto batches = loader->begin();
  loader.reset();
  int count = 0;
  for (; batches != std::default_sentinel; ++batches) ++count;
  CHECK(count == 4);
}

TEST_CASE("DataLoader: batches are assembled ahead, but only so many") {
  std::atomic<int> started = 0;
  const auto count = [&](const Tensor& image, Generator&) {
    ++started;
    return image;
  };
  DataLoader loader(numbered(100), {.batch_size = 1, .transform = count, .workers = 2});
  auto batches = loader.begin();
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
  CHECK(started <= 1 + 4 + 2);
  CHECK(started >= 2);
}

TEST_CASE("DataLoader: what a worker throws arrives at the batch it belongs to") {
  for (const int workers : {0, 1, 3}) {
    CAPTURE(workers);
    DataLoader loader(FailingDataset(), {.batch_size = 10, .shuffle = false, .workers = workers});
    int seen = 0;
    std::string message;
    try {
      for ([[maybe_unused]] const auto& batch : loader) ++seen;
    } catch (const std::runtime_error& error) {
      message = error.what();
    }
    CHECK(seen == 5);
    CHECK(message == "example 57 is broken");
  }
}

TEST_CASE("DataLoader: images of different shapes or dtypes don't make a batch") {
  const auto odd = [](const Tensor& image, Generator&) {
    return image.data<std::uint8_t>()[0] == 3 ? Tensor::zeros({1, 4, 4}) : image;
  };
  DataLoader loader(numbered(8), {.batch_size = 4, .shuffle = false, .transform = odd});
  const std::string message = message_of<ShapeError>([&] { run(loader); });
  CHECK(contains(message, "[1, 2, 3]"));
  CHECK(contains(message, "[1, 4, 4]"));
  const auto labels = [](const Tensor& image, Generator&) { return image.to(int64); };
  DataLoader integers(numbered(8), {.batch_size = 4, .transform = labels});
  CHECK_THROWS_AS(run(integers), TypeError);
}

TEST_CASE("DataLoader: options that can't work are refused") {
  CHECK_THROWS_AS(DataLoader(numbered(8), {.batch_size = 0}), ValueError);
  CHECK_THROWS_AS(DataLoader(numbered(8), {.batch_size = 4, .workers = -1}), ValueError);
  CHECK_THROWS_AS(DataLoader(numbered(8), {.batch_size = 4, .normalization = {.mean = {0}, .deviation = {0}}}),
                  ValueError);
  const std::string large = message_of<ValueError>([] { DataLoader(numbered(8), {.batch_size = 9}); });
  CHECK(contains(large, "batch_size of 9"));
  CHECK(contains(large, "8 examples"));
  const ImageDataset empty(Tensor::empty({0, 1, 2, 2}, uint8), Tensor::empty({0}, int64));
  CHECK(contains(message_of<ValueError>([&] { DataLoader(empty, {.batch_size = 1}); }), "empty"));
}

TEST_CASE("ImageDataset: slices, [N, H, W] and what it refuses") {
  const ImageDataset all = numbered(10);
  const ImageDataset part = all.slice(4, 3);
  CHECK(part.size() == 3);
  CHECK(part.get(2).label == 6);
  CHECK(part.get(2).image.at({0, 1, 1}) == 6);
  CHECK(part.images().shares_memory_with(all.images()));
  CHECK_THROWS_AS((void)all.slice(8, 3), IndexError);
  CHECK_THROWS_AS((void)all.slice(-1, 3), IndexError);
  CHECK_THROWS_AS((void)all.get(10), IndexError);
  CHECK_THROWS_AS((void)all.get(-1), IndexError);
  CHECK(ImageDataset(Tensor::zeros({2, 5, 6}, uint8), Tensor::zeros({2}, int64)).images().shape() == Shape{2, 1, 5, 6});
  CHECK_THROWS_AS(ImageDataset(Tensor::zeros({2, 5}, uint8), Tensor::zeros({2}, int64)), ShapeError);
  CHECK_THROWS_AS(ImageDataset(Tensor::zeros({2, 5, 5}, uint8), Tensor::zeros({3}, int64)), ShapeError);
  CHECK_THROWS_AS(ImageDataset(Tensor::zeros({2, 5, 5}, uint8), Tensor::zeros({2}, uint8)), TypeError);
  CHECK_THROWS_AS(ImageDataset(Tensor::zeros({2, 5, 5}, int64), Tensor::zeros({2}, int64)), TypeError);
}
