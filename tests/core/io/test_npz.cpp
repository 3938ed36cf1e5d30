#include <reel/core/io/npy.h>
#include <reel/core/io/npz.h>
#include <reel/core/io/zip.h>
#include <tests/core/io/files.h>

namespace reel::test {
namespace {

using Tensors = std::map<std::string, Tensor>;

void load(const std::string& path) { (void)io::load_npz(path, 1 << 20); }

bool same_arrays(const Tensors& loaded) {
  for (const auto& [name, tensor] : golden_arrays()) {
    if (!loaded.contains(name) || !same(loaded.at(name), tensor)) return false;
  }
  return true;
}

std::string npy_of_zeros(std::int64_t n) {
  return io::npy_header({n}, uint8) + std::string(static_cast<std::size_t>(n), '\0');
}

TEST_CASE("npz: what is saved is loaded back") {
  const TemporaryFolder folder;
  const std::string path = folder / "tensors.npz";
  Tensors tensors;
  for (const Tensor& tensor : all_kinds_of_tensors()) tensors.emplace(concat("layer.", tensors.size(), "/é"), tensor);
  io::save_npz(path, tensors);
  const Tensors loaded = io::load_npz(path);
  REQUIRE(loaded.size() == tensors.size());
  for (const auto& [name, tensor] : tensors) CHECK(same(loaded.at(name), tensor));
  const std::string first = slurp(path);
  io::save_npz(path, tensors);
  CHECK(slurp(path) == first);
  io::save_npz(path, {});
  CHECK(io::load_npz(path).empty());
  CHECK(folder.file_count() == 1);
  CHECK(fails_with(path, "keys must be UTF-8", [&] { io::save_npz(path, {{"\xff", Tensor::scalar(1)}}); }));
}

TEST_CASE("npz: NumPy's archives are read, stored and deflated") {
  CHECK(same_arrays(io::load_npz(golden("stored.npz"))));
  const Tensors deflated = io::load_npz(golden("deflated.npz"));
  CHECK(same_arrays(deflated));
  CHECK(same(deflated.at("zeros"), Tensor::zeros({100, 100}, float64)));
  CHECK(io::load_npz(golden("none.npz")).empty());
}

TEST_CASE("npz: compressed arrays may not grow over the limit") {
  const std::string path = golden("deflated.npz");
  CHECK(fails_with(path, "all together 80000 are allowed", [&] { (void)io::load_npz(path, 80'000); }));
  CHECK(io::load_npz(path, 82'000).size() == 8);
  CHECK(io::load_npz(golden("stored.npz"), 0).size() == 7);
}

TEST_CASE("npz: truncated and changed files") {
  const TemporaryFolder folder;
  io::save_npz(folder / "ours.npz", {{"a", golden_values({2, 3}, float32)}, {"b", golden_values({}, boolean)}});
  for (const std::string& path :
       {golden("stored.npz"), golden("deflated.npz"), golden("none.npz"), folder / "ours.npz"}) {
    CAPTURE(path);
    refuses_every_prefix(slurp(path), load);
    CHECK(survives_every_changed_byte(slurp(path), load) > 0);
  }
}

TEST_CASE("npz: members that don't belong there") {
  const TemporaryFolder folder;
  const std::string path = folder / "lie.npz";
  const auto refuses = [&](const std::vector<std::pair<std::string, std::string>>& members, const std::string& part) {
    io::ZipWriter archive(path);
    for (const auto& [name, content] : members) archive.add(name, content, {});
    archive.commit();
    return fails_with(path, part, [&] { load(path); });
  };
  CHECK(refuses({{"a.npy", npy_of_zeros(1)}, {"a.npy", npy_of_zeros(1)}}, "'a.npy' twice"));
  CHECK(refuses({{"read.me", "please"}}, "'read.me', which is no .npy file"));
  CHECK(refuses({{"a.npy", "please"}}, "'a.npy' is no .npy file: wants its magic number at byte"));
  CHECK(refuses({{"a.npy", npy_of_zeros(3) + "1"}}, "wants 3 bytes of uint8, 4 follow"));
}

TEST_CASE("npz: members may not share their bytes") {
  const TemporaryFolder folder;
  const std::string path = folder / "lie.npz";
  {
    io::ZipWriter archive(path);
    archive.add("b.npy", npy_of_zeros(1), {});
    archive.commit();
  }
  const std::size_t local_size = 30 + 5 + 20 + 129;  // header, name, extra field, content
  const std::string local = slurp(path).substr(0, local_size);
  io::ZipWriter archive(path);
  const std::string array = npy_of_zeros(static_cast<std::int64_t>(local_size));
  archive.add("a.npy", array.substr(0, 128), std::as_bytes(std::span(local)));
  archive.add("b.npy", npy_of_zeros(1), {});
  archive.commit();
  REQUIRE(io::load_npz(path).size() == 2);

  // The offset of b stands last in the directory, before 98 bytes of end records. Now it points into the array a.
  std::string lie = slurp(path);
  lie.replace(lie.size() - 98 - 8, 8, bytes_of_number(std::uint64_t{30 + 5 + 20 + 128}));
  spill(path, lie);
  CHECK(fails_with(path, "'a.npy' overlaps", [&] { load(path); }));
}

TEST_CASE("npz: a comment at the end, and a wrong CRC") {
  const TemporaryFolder folder;
  const std::string path = folder / "comment.npz";
  std::string archive = slurp(golden("stored.npz"));
  archive.replace(archive.size() - 2, 2, std::string("\x05\x00hello", 7));
  spill(path, archive);
  CHECK(same_arrays(io::load_npz(path)));
  archive[30 + 11 + 20 + 128 + 2] ^= 1;  // in the first array's elements
  spill(path, archive);
  CHECK(fails_with(path, "'float32.npy' has a wrong CRC-32", [&] { load(path); }));
}

}  // namespace
}  // namespace reel::test
