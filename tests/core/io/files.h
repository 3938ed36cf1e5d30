#pragma once

#include <cstdint>
#include <doctest/doctest.h>
#include <filesystem>
#include <reel/core/error.h>
#include <reel/core/storage.h>
#include <reel/core/tensor.h>
#include <span>
#include <string>
#include <vector>

/// What the tests of core/io share.
namespace reel::test {

/// A folder that is gone at the end of the test.
class TemporaryFolder {
 public:
  TemporaryFolder();
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  [[nodiscard]] std::string operator/(const std::string& name) const { return (path_ / name).string(); }
  [[nodiscard]] int file_count() const;

 private:
  std::filesystem::path path_;
};

/// A file in tests/golden/io.
std::string golden(const std::string& name);
std::string slurp(const std::string& path);
/// Writes without ado: what the tests feed to the loaders needs no fsync.
void spill(const std::string& path, const std::string& content);
/// The little-endian bytes of a number.
template <class T>
std::string bytes_of_number(T value) {
  return {reinterpret_cast<const char*>(&value), sizeof value};
}

/// What make_io_golden.py calls `values`: elements 0, 1, 2...: floats i / 2 - 1, int64 i - 2, uint8 i, bool i % 2.
Tensor golden_values(const Shape& shape, DType dtype);
/// The arrays that the golden archives hold.
const std::vector<std::pair<std::string, Tensor>>& golden_arrays();
/// Tensors of every dtype and of ranks 0 to 4, some empty, some not contiguous.
std::vector<Tensor> all_kinds_of_tensors();
/// Same dtype, shape and elements, to the last bit.
bool same(const Tensor& a, const Tensor& b);

/// The message of the IoError that `f` throws; empty if it throws nothing. Other exceptions pass.
template <class F>
std::string io_error(const F& f) {
  try {
    f();
  } catch (const IoError& error) {
    return error.what();
  }
  return {};
}

/// True where `f` throws an IoError whose message begins with the path and has `part` in it.
template <class F>
bool fails_with(const std::string& path, const std::string& part, const F& f) {
  const std::string message = io_error(f);
  const bool ok = message.starts_with(path + ": ") && message.find(part) != std::string::npos;
  if (!ok) MESSAGE("got: ", message, "\nwanted: ", part);
  return ok;
}

/// Feeds every true prefix of a file to `load(path)`: each must be refused with an IoError that tells the path.
template <class F>
void refuses_every_prefix(const std::string& whole, const F& load) {
  const TemporaryFolder folder;
  const std::string path = folder / "prefix";
  for (std::size_t length = 0; length < whole.size(); ++length) {
    CAPTURE(length);
    spill(path, whole.substr(0, length));
    const std::string message = io_error([&] { load(path); });
    REQUIRE(message.starts_with(path + ": "));
  }
}

/// Changes each byte of a file in some ways: `load(path)` must take it or throw an IoError, and must not
/// ask for much memory. Returns how often it was refused.
template <class F>
int survives_every_changed_byte(const std::string& whole, const F& load) {
  const TemporaryFolder folder;
  const std::string path = folder / "changed";
  const std::size_t allowed = memory().live + (std::size_t{1} << 20);
  reset_peak_memory();
  int refused = 0;
  for (std::size_t i = 0; i < whole.size(); ++i) {
    for (const int change : {0x01, 0x04, 0x80, 0xff}) {
      CAPTURE(i);
      CAPTURE(change);
      std::string changed = whole;
      changed[i] = static_cast<char>(changed[i] ^ change);
      spill(path, changed);
      std::string message;
      REQUIRE_NOTHROW(message = io_error([&] { load(path); }));
      if (!message.empty()) {
        REQUIRE(message.starts_with(path + ": "));
        ++refused;
      }
    }
  }
  CHECK(memory().peak <= allowed);
  return refused;
}

}  // namespace reel::test
