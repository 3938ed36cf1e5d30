#include <map>
#include <numeric>
#include <reel/core/io/npy.h>
#include <reel/core/io/safetensors.h>
#include <tests/core/io/files.h>
#include <tests/note.h>

namespace reel::test {
namespace {

constexpr io::LoadOptions mapping{.memory_map = true};

TEST_CASE("mapped tensors are those that are read, and take no memory of the pool") {
  const TemporaryFolder folder;
  const std::string path = folder / "large.safetensors";
  const Tensor large = Tensor::arange(0, 1 << 20);
  io::save_safetensors(path, {{"large", large}, {"empty", Tensor::empty({0, 3})}});
  const std::size_t before = memory().live;
  const io::SafeTensors mapped = io::load_safetensors(path, mapping);
  CHECK(memory().live < before + large.nbytes() / 2);
  CHECK(same(mapped.tensors.at("large"), large));
  CHECK(mapped.tensors.at("empty").shape() == Shape{0, 3});
  for (const auto& [name, tensor] : golden_arrays()) {
    const auto noted = note(name);
    CHECK(same(io::load_npy(golden(name + ".npy"), mapping), tensor));
    CHECK(same(io::load_safetensors(golden("all.safetensors"), mapping).tensors.at(name), tensor));
  }
}

TEST_CASE("a mapped tensor outlives what it was loaded with and a file that takes the place of its own") {
  const TemporaryFolder folder;
  const std::string path = folder / "a.npy";
  io::save_npy(path, Tensor::arange(0, 6).reshape({2, 3}));
  Tensor mapped = io::load_npy(path, mapping);
  Tensor view = mapped.transpose(0, 1);
  io::save_npy(path, Tensor::zeros({2, 3}));
  std::filesystem::remove(path);
  mapped = {};
  CHECK(same(view.contiguous(), Tensor::of({0, 3, 1, 4, 2, 5}, {3, 2})));
}

TEST_CASE("writing to a mapped tensor leaves the file alone") {
  const TemporaryFolder folder;
  const std::string path = folder / "a.npy";
  io::save_npy(path, Tensor::ones({4}));
  Tensor mapped = io::load_npy(path, mapping);
  mapped.fill(2);
  CHECK(same(mapped, Tensor::full({4}, 2)));
  CHECK(same(io::load_npy(path), Tensor::ones({4})));
}

TEST_CASE("what does not lie aligned is copied") {
  const TemporaryFolder folder;
  const std::string path = folder / "odd.safetensors";
  // The uint8 in front, and a header of an odd length, as other writers may leave it.
  const std::string header =
      R"({"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"b":{"dtype":"F32","shape":[1],"data_offsets":[1,5]}})";
  spill(path, bytes_of_number(std::uint64_t{header.size()}) + header + '\x07' + bytes_of_number(1.5F));
  const io::SafeTensors mapped = io::load_safetensors(path, mapping);
  CHECK(same(mapped.tensors.at("a"), Tensor::of({7}, uint8)));
  CHECK(same(mapped.tensors.at("b"), Tensor::of({1.5})));
}

TEST_CASE("mapped files that are truncated or lie are refused as those that are read") {
  const TemporaryFolder folder;
  const std::string path = folder / "a.safetensors";
  io::save_safetensors(path, {{"a", Tensor::ones({3})}, {"b", Tensor::of({0, 1}, boolean)}});
  const std::string whole = slurp(path);
  for (std::size_t length = 0; length < whole.size(); ++length) {
    CAPTURE(length);
    spill(path, whole.substr(0, length));
    const std::string read = io_error([&] { (void)io::load_safetensors(path); });
    CHECK(!read.empty());
    CHECK(io_error([&] { (void)io::load_safetensors(path, mapping); }) == read);
  }
  spill(path, whole.substr(0, whole.size() - 1) + '\x02');
  CHECK(io_error([&] { (void)io::load_safetensors(path, mapping); }).find("bool that is 2") != std::string::npos);
  CHECK(io_error([&] { (void)io::load_npy(folder / "none.npy", mapping); }).find("can't be opened") !=
        std::string::npos);
}

TEST_CASE("Tensor::from_blob shares memory, keeps its owner, and wants it aligned") {
  const auto numbers = std::make_shared<std::vector<float>>(6);
  std::iota(numbers->begin(), numbers->end(), 0.0F);
  Tensor blob = Tensor::from_blob(numbers->data(), {2, 3}, float32, numbers);
  CHECK(numbers.use_count() == 2);
  CHECK(same(blob, Tensor::arange(0, 6).reshape({2, 3})));
  blob.fill(7);
  CHECK(numbers->at(5) == 7);
  blob = {};
  CHECK(numbers.use_count() == 1);
  CHECK(Tensor::from_blob(numbers->data(), {6}, float32).at({5}) == 7);
  CHECK_THROWS_WITH_AS(
      (void)Tensor::from_blob(reinterpret_cast<char*>(numbers->data()) + 1, {1}, float32),
      "Tensor::from_blob: the memory of a float32 tensor must be aligned to 4 bytes, its address is 1 past that",
      ValueError);
  CHECK_THROWS_AS((void)Tensor::from_blob(numbers->data(), {-1}, float32), ShapeError);
}

}  // namespace
}  // namespace reel::test
