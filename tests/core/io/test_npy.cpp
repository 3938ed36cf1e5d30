#include <reel/core/io/npy.h>
#include <tests/core/io/files.h>
#include <tests/note.h>

namespace reel::test {
namespace {

void load(const std::string& path) { (void)io::load_npy(path); }

// A version 1.0 file with the given header and elements.
std::string npy(const std::string& header, const std::string& data) {
  return std::string("\x93NUMPY\x01\x00", 8) + bytes_of_number(static_cast<std::uint16_t>(header.size())) + header +
         data;
}

TEST_CASE("npy: what is saved is loaded back") {
  const TemporaryFolder folder;
  const std::string path = folder / "tensor.npy";
  for (const Tensor& tensor : all_kinds_of_tensors()) {
    CAPTURE(concat(tensor.dtype(), tensor.shape()));
    io::save_npy(path, tensor);
    const Tensor loaded = io::load_npy(path);
    CHECK(same(loaded, tensor));
    CHECK(loaded.is_contiguous());
  }
  CHECK(folder.file_count() == 1);
}

TEST_CASE("npy: NumPy's files are read, and written byte for byte") {
  const TemporaryFolder folder;
  const std::string path = folder / "tensor.npy";
  for (const auto& [name, tensor] : golden_arrays()) {
    const auto noted = note(name);
    CHECK(same(io::load_npy(golden(name + ".npy")), tensor));
    io::save_npy(path, tensor);
    CHECK(slurp(path) == slurp(golden(name + ".npy")));
  }
}

TEST_CASE("npy: versions 2.0 and 3.0, Fortran order and big-endian numbers") {
  const auto is = [](const std::string& name, const Tensor& tensor) {
    const Tensor loaded = io::load_npy(golden(name + ".npy"));
    return same(loaded, tensor) && loaded.is_contiguous();
  };
  CHECK(is("version2", golden_values({2, 3}, float32)));
  CHECK(is("version3", golden_values({2, 3}, float32)));
  CHECK(is("fortran", golden_values({2, 3, 4}, float64)));
  CHECK(is("big_endian", golden_values({2, 3}, int64)));
  CHECK(is("big_endian_fortran", golden_values({2, 3}, float32)));
}

TEST_CASE("npy: dtypes that a tensor can't have") {
  const auto refuses = [](const std::string& name, const std::string& part) {
    return fails_with(golden(name), part, [&] { load(golden(name)); });
  };
  CHECK(refuses("float16.npy", "dtype '<f2'"));
  CHECK(refuses("object.npy", "dtype '|O'"));
  CHECK(refuses("structured.npy", "structured dtype"));
  CHECK(refuses("hello.gz", "wants its magic number at byte"));
}

TEST_CASE("npy: truncated and changed files") {
  for (const std::string name : {"float32.npy", "bool.npy", "scalar.npy", "version2.npy", "big_endian_fortran.npy"}) {
    CAPTURE(name);
    refuses_every_prefix(slurp(golden(name)), load);
    CHECK(survives_every_changed_byte(slurp(golden(name)), load) > 0);
  }
}

TEST_CASE("npy: lying headers") {
  const TemporaryFolder folder;
  const std::string path = folder / "lie.npy";
  const auto refuses = [&](const std::string& header, const std::string& part, const std::string& data = "") {
    spill(path, npy(header, data));
    return fails_with(path, part, [&] { load(path); });
  };
  const auto shaped = [](const std::string& shape) {
    return "{'descr': '<f4', 'fortran_order': False, 'shape': " + shape + "}";
  };
  CHECK(refuses(shaped("(3,)"), "wants 12 more bytes, has 8", "12345678"));
  CHECK(refuses(shaped("(1,)"), "wants 4 bytes of float32, 8 follow", "12345678"));
  CHECK(refuses(shaped("(0, 5)"), "wants 0 bytes", "1"));
  CHECK(refuses(shaped("(4611686018427387904, 4)"), "more than can be addressed"));
  CHECK(refuses(shaped("(4611686018427387904, 4, 0)"), "more than can be addressed"));
  CHECK(refuses(shaped("(4294967296, 4294967296)"), "more than can be addressed"));
  CHECK(refuses(shaped("(9223372036854775807,)"), "more than can be addressed"));
  CHECK(refuses(shaped("(9223372036854775808,)"), "below 2^63"));
  CHECK(refuses(shaped("(1000000000000,)"), "wants 4000000000000 more bytes, has 0"));
  CHECK(refuses(shaped("(-1,)"), "not negative"));
  CHECK(refuses(shaped("(01,)"), "leading zeros"));
  CHECK(refuses(shaped("(1, 1, 1, 1, 1, 1, 1, 1, 1)"), "has 9 axes"));
  CHECK(refuses(shaped("(3)"), "wants a tuple"));
  CHECK(refuses(shaped("3"), "wants '('"));
  CHECK(refuses("{'descr': '<f4', 'fortran_order': 0, 'shape': ()}", "True or False"));
  CHECK(refuses("{'descr': '<f4', 'fortran_order': False}", "wants 'descr', 'fortran_order' and 'shape'"));
  CHECK(refuses("{'descr': '<f4', 'descr': '<f4'}", "'descr' twice"));
  CHECK(refuses("{'descr': '', 'fortran_order': False, 'shape': ()}", "dtype ''"));
  CHECK(refuses("{'descr': '|f4', 'fortran_order': False, 'shape': ()}", "dtype '|f4'"));
  CHECK(refuses("{'color': 'red'}", "unknown key 'color'"));
  CHECK(refuses(shaped("()") + "x", "goes on"));
  CHECK(refuses("{'descr': '|b1', 'fortran_order': False, 'shape': (2,)}", "a bool that is 2 at byte 66",
                std::string("\x01\x02", 2)));
}

TEST_CASE("npy: a header as Python 2 wrote it") {
  const TemporaryFolder folder;
  spill(folder / "old.npy", npy("{'shape': (2L, 1L), 'descr': '|u1', 'fortran_order': False}", "ab"));
  CHECK(same(io::load_npy(folder / "old.npy"), Tensor::of({'a', 'b'}, {2, 1}, uint8)));
}

}  // namespace
}  // namespace reel::test
