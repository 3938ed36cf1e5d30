#include <sys/resource.h>

#include <csignal>
#include <reel/core/io/deflate.h>
#include <reel/core/io/file.h>
#include <tests/core/io/files.h>

namespace reel::test {
namespace {

std::string text_of(const io::Bytes& bytes) { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }

std::span<const std::byte> bytes_of_text(const std::string& text) { return std::as_bytes(std::span(text)); }

// While it lives, files of this process can't grow over `bytes`: the nearest thing to a full disk.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t bytes) : handler_(std::signal(SIGXFSZ, SIG_IGN)) {
    getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit limit{.rlim_cur = bytes, .rlim_max = before_.rlim_max};
    setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~FileSizeLimit() {
    setrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, handler_);
  }
  FileSizeLimit(const FileSizeLimit&) = delete;
  FileSizeLimit& operator=(const FileSizeLimit&) = delete;

 private:
  void (*handler_)(int);
  rlimit before_{};
};

TEST_CASE("io: what is written to a file is read back, and nothing else is left") {
  const TemporaryFolder folder;
  const std::string path = folder / "file";
  for (const std::string& content : {std::string("one"), std::string(), std::string(100'000, 'x')}) {
    io::write_file(path, bytes_of_text(content));
    CHECK(text_of(io::read_file(path)) == content);
    CHECK(folder.file_count() == 1);
  }
  CHECK(text_of(io::read_file(path, 100'000)).size() == 100'000);
  CHECK(fails_with(path, "holds 100000 bytes, at most 99999", [&] { (void)io::read_file(path, 99'999); }));
}

TEST_CASE("io: files that can't be read or written") {
  const TemporaryFolder folder;
  const std::string missing = folder / "missing";
  const std::string elsewhere = folder / "no/folder/file";
  const std::string here = folder / ".";
  CHECK(fails_with(missing, "No such file", [&] { (void)io::read_file(missing); }));
  CHECK(fails_with(here, "is a directory", [&] { (void)io::read_file(here); }));
  CHECK(fails_with("/dev/zero", "not a regular file", [&] { (void)io::read_file("/dev/zero"); }));
  CHECK(fails_with(elsewhere, "No such file", [&] { io::write_file(elsewhere, {}); }));
  CHECK(fails_with(here, "is a directory", [&] { io::write_file(here, {}); }));
  CHECK(fails_with("/dev/full", "not a regular file", [&] { io::write_file("/dev/full", {}); }));
  CHECK(folder.file_count() == 0);
}

TEST_CASE("io: a write that fails leaves the old file as it was") {
  const TemporaryFolder folder;
  const std::string path = folder / "file";
  io::write_file(path, bytes_of_text("old"));
  std::string message;
  {
    const FileSizeLimit limit(4096);
    message = io_error([&] { io::write_file(path, bytes_of_text(std::string(10'000, 'x'))); });
  }
  CHECK(message.starts_with(path + ": can't be written at byte 4096: "));
  CHECK(slurp(path) == "old");
  CHECK(folder.file_count() == 1);
}

TEST_CASE("io: an atomic file without a commit leaves nothing") {
  const TemporaryFolder folder;
  { io::AtomicFile(folder / "file").write("half of it"); }
  CHECK(folder.file_count() == 0);
  io::AtomicFile file(folder / "file");
  file.write("all");
  file.write(" of it");
  CHECK(file.size() == 9);
  CHECK_FALSE(std::filesystem::exists(folder / "file"));
  file.commit();
  CHECK(slurp(folder / "file") == "all of it");
  CHECK_THROWS_AS(file.commit(), IoError);
  CHECK_THROWS_AS(file.write("more"), IoError);
}

TEST_CASE("io: writing keeps a symbolic link and the file's mode") {
  const TemporaryFolder folder;
  io::write_file(folder / "file", bytes_of_text("old"));
  std::filesystem::permissions(folder / "file", std::filesystem::perms(0640));
  std::filesystem::create_symlink("file", folder / "link");
  io::write_file(folder / "link", bytes_of_text("new"));
  CHECK(std::filesystem::is_symlink(folder / "link"));
  CHECK(slurp(folder / "file") == "new");
  CHECK(std::filesystem::status(folder / "file").permissions() == std::filesystem::perms(0640));
  CHECK(folder.file_count() == 2);
}

TEST_CASE("io: gzip files") {
  const auto read = [](const std::string& name, std::size_t max) {
    return text_of(io::read_maybe_gzip(golden(name), max));
  };
  CHECK(read("hello.gz", 1000) == "hello, hello, hello\n");
  CHECK(read("hello.gz", 20) == "hello, hello, hello\n");
  CHECK(read("two_members.gz", 1000) == "hello, hello\n");
  CHECK(read("megabyte_of_zeros.gz", 1 << 20) == std::string(1 << 20, '\0'));
  CHECK(read("int64.npy", 1000) == slurp(golden("int64.npy")));
  for (const auto& file : {std::pair("hello.gz", 19), {"two_members.gz", 12}, {"megabyte_of_zeros.gz", 1000}}) {
    CHECK(fails_with(golden(file.first), "inflates to more than the",
                     [&] { (void)read(file.first, static_cast<std::size_t>(file.second)); }));
  }
  CHECK(fails_with(golden("int64.npy"), "holds 168 bytes", [&] { (void)read("int64.npy", 167); }));
}

TEST_CASE("io: broken gzip files") {
  const auto load = [](const std::string& path) { (void)io::gunzip(io::read_file(path), path, 1000); };
  const std::string hello = slurp(golden("hello.gz"));
  refuses_every_prefix(hello, load);
  CHECK(survives_every_changed_byte(hello, load) > 80);

  const TemporaryFolder folder;
  const std::string path = folder / "file.gz";
  spill(path, hello + "xyz");
  CHECK(fails_with(path, "corrupt", [&] { load(path); }));
  spill(path, hello.substr(0, 22) + "\x01" + hello.substr(23));
  CHECK(fails_with(path, "incorrect data check) at byte 26", [&] { load(path); }));
}

TEST_CASE("io: crc32 and stored deflate blocks") {
  const std::string digits = "123456789";
  CHECK(io::crc32(bytes_of_text(digits)) == 0xcbf43926);
  CHECK(io::crc32(bytes_of_text("6789"), io::crc32(bytes_of_text("12345"))) == 0xcbf43926);
  const std::string raw("\x01\x02\x00\xfd\xffok", 7);
  CHECK(text_of(io::inflate(bytes_of_text(raw), io::Wrapping::raw, "raw", 2)) == "ok");
  const std::string zlib = std::string("\x78\x01", 2) + raw + std::string("\x01\x4b\x00\xdb", 4);
  CHECK(text_of(io::inflate(bytes_of_text(zlib), io::Wrapping::zlib, "zlib", 2)) == "ok");
  CHECK(fails_with("raw", "followed by something else at byte 107",
                   [&] { (void)io::inflate(bytes_of_text(raw + "x"), io::Wrapping::raw, "raw", 2, 100); }));
}

}  // namespace
}  // namespace reel::test
