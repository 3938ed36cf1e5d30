#include <doctest/doctest.h>

#include <cstdlib>
#include <optional>
#include <reel/core/error.h>
#include <reel/data/download.h>
#include <reel/data/process.h>
#include <reel/data/sha256.h>

#include "files.h"

// What needs a server (resuming over HTTP, redirections) is in tests/data/download_test.py.

namespace {

using namespace reel;
using namespace reel::data;
using namespace reel::data::testing;

std::string sum(const Bytes& bytes) { return sha256(std::as_bytes(std::span(bytes))); }

bool has_curl() { return run_process("curl", {"--version"}).has_value(); }

// Sets an environment variable for a while.
class Environment {
 public:
  Environment(const char* name, const std::string& value) : name_(name) {
    if (const char* old = std::getenv(name)) old_ = old;
    setenv(name, value.c_str(), 1);
  }
  ~Environment() {
    if (old_) {
      setenv(name_, old_->c_str(), 1);
    } else {
      unsetenv(name_);
    }
  }
  Environment(const Environment&) = delete;
  Environment& operator=(const Environment&) = delete;

 private:
  const char* name_;
  std::optional<std::string> old_;
};

}  // namespace

TEST_CASE("run_process: arguments, exit code and stderr, without a shell") {
  const auto result = run_process("sh", {"-c", "echo \"$1\" >&2; exit 3", "sh", "a b; $(c)"});
  REQUIRE(result.has_value());
  CHECK(result->exit_code == 3);
  CHECK(result->errors == "a b; $(c)\n");
  CHECK(run_process("sh", {"-c", "kill -9 $$"})->exit_code == 137);
  CHECK_FALSE(run_process("reel-no-such-program", {}).has_value());
}

TEST_CASE("default_cache_dir: REEL_CACHE_DIR, then XDG_CACHE_HOME, then HOME") {
  const Environment home("HOME", "/h");
  const Environment xdg("XDG_CACHE_HOME", "");
  const Environment chosen("REEL_CACHE_DIR", "");
  CHECK(default_cache_dir() == "/h/.cache/reel");
  const Environment xdg_set("XDG_CACHE_HOME", "/x");
  CHECK(default_cache_dir() == "/x/reel");
  const Environment chosen_set("REEL_CACHE_DIR", "/c");
  CHECK(default_cache_dir() == "/c");
}

TEST_CASE("fetch_file: downloads, keeps what is right, goes on with a part" * doctest::skip(!has_curl())) {
  const TemporaryFolder folder;
  const Bytes content = make_idx({3, 100});
  write(folder / "source", content);
  const std::string url = "file://" + (folder / "source");
  const std::string path = folder / "made/on/the/way/copy";
  const std::string expected = sum(content);
  fetch_file(url, path, {.file = expected});
  CHECK(read(path) == content);
  CHECK_FALSE(std::filesystem::exists(path + ".part"));

  fetch_file("file:///reel/no/such/file", path, {.file = expected});  // nothing to download

  std::filesystem::remove(path);
  write(path + ".part", std::span(content).first(100));
  fetch_file(url, path, {.file = expected});
  CHECK(read(path) == content);

  write(path, Bytes{1, 2, 3});  // a spoilt file is downloaded anew
  fetch_file(url, path, {.file = expected});
  CHECK(read(path) == content);

  std::filesystem::rename(path, path + ".part");  // whole, but not yet renamed
  fetch_file("file:///reel/no/such/file", path, {.file = expected});
  CHECK(read(path) == content);
}

TEST_CASE("fetch_file: another SHA-256 is an IoError with both, and the file is removed" * doctest::skip(!has_curl())) {
  const TemporaryFolder folder;
  const Bytes content = {1, 2, 3};
  write(folder / "source", content);
  const std::string path = folder / "copy";
  const std::string wanted(64, '0');
  const auto attempt = [&] { fetch_file("file://" + (folder / "source"), path, {.file = wanted}); };
  const std::string message = message_of<IoError>(attempt);
  CHECK(contains(message, path));
  CHECK(contains(message, wanted));
  CHECK(contains(message, sum(content)));
  CHECK_FALSE(std::filesystem::exists(path));
  CHECK_FALSE(std::filesystem::exists(path + ".part"));
}

TEST_CASE("fetch_file: a file that was compressed anew is known by what it holds" * doctest::skip(!has_curl())) {
  const TemporaryFolder folder;
  // python3 -c "import gzip,sys;sys.stdout.buffer.write(gzip.compress(b'reel',mtime=0))"
  const Bytes gzipped = {0x1f, 0x8b, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02, 0x03, 0x2b, 0x4a,
                         0x4d, 0xcd, 0x01, 0x00, 0x51, 0x0c, 0xe0, 0xf2, 0x04, 0x00, 0x00, 0x00};
  write(folder / "source.gz", gzipped);
  const std::string url = "file://" + (folder / "source.gz");
  const std::string other(64, '0');
  const std::string reel = sha256("reel");
  fetch_file(url, folder / "copy.gz", {.file = other, .unpacked = reel});
  CHECK(read(folder / "copy.gz") == gzipped);
  CHECK_THROWS_AS(fetch_file(url, folder / "b.gz", {.file = other, .unpacked = other}), IoError);
}

TEST_CASE("fetch: says what to do without curl and without a network") {
  const TemporaryFolder folder;
  const FetchOptions options{.cache_dir = folder.string(), .base_url = "file://" + folder.string() + "/nowhere"};
  CHECK_THROWS_AS(fetch("cifar", options), ValueError);
  if (has_curl()) {
    const std::string message = message_of<IoError>([&] { fetch("mnist", options); });
    CHECK(contains(message, "nowhere/train-images-idx3-ubyte.gz"));
    CHECK(contains(message, "curl exit code"));
    CHECK(contains(message, "--data DIR"));
  }
  const Environment path("PATH", folder.string());
  const std::string message = message_of<IoError>([&] { fetch("fashion-mnist", options); });
  CHECK(contains(message, "curl"));
  CHECK(contains(message, "not found"));
  CHECK(contains(message, "--data DIR"));
}

TEST_CASE("fetch: the environment names the mirror and the cache" * doctest::skip(!has_curl())) {
  const TemporaryFolder folder;
  const Environment url("REEL_MNIST_URL", "file://" + (folder / "mirror"));
  const Environment cache("REEL_CACHE_DIR", folder / "cache");
  write(folder / "mirror-is-missing", {});
  std::string line;
  const std::string message =
      message_of<IoError>([&] { fetch("mnist", {.log = [&](std::string_view text) { line = text; }}); });
  CHECK(contains(message, folder / "mirror/train-images-idx3-ubyte.gz"));
  CHECK(contains(line, folder / "cache/mnist/train-images-idx3-ubyte.gz"));
}
