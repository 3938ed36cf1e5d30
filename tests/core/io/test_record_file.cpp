#include <doctest/doctest.h>

#include <filesystem>
#include <limits>
#include <reel/core/io/json.h>
#include <reel/core/io/record_file.h>
#include <tests/core/io/files.h>

using namespace reel;
using namespace reel::test;

TEST_CASE("record file: each record is there at once, and the first takes an old file's place") {
  const TemporaryFolder folder;
  const std::string path = folder / "records";
  spill(path, "old");
  io::RecordFile file(path);
  CHECK(slurp(path) == "old");
  file.append("one\n");
  CHECK(slurp(path) == "one\n");
  file.append(std::string("\0\r\n", 3));
  CHECK(slurp(path) == std::string("one\n\0\r\n", 7));
  CHECK(folder.file_count() == 1);
  io::RecordFile again(path);
  again.append("");
  CHECK(slurp(path).empty());
}

TEST_CASE("record file: goes on behind the last whole line of a file that it keeps") {
  const TemporaryFolder folder;
  const std::string path = folder / "records";
  const auto go_on = [&](const std::string& old) {
    spill(path, old);
    io::RecordFile file(path, io::RecordFile::Old::keep);
    CHECK(slurp(path) == old);
    file.append("new\n");
    file.append("more\n");
    return slurp(path);
  };
  CHECK(go_on("one\ntwo\n") == "one\ntwo\nnew\nmore\n");
  CHECK(go_on("one\n{\"step\": 2, \"lo") == "one\nnew\nmore\n");
  CHECK(go_on("no end") == "new\nmore\n");
  CHECK(go_on("") == "new\nmore\n");
  std::filesystem::remove(path);
  io::RecordFile(path, io::RecordFile::Old::keep).append("first\n");
  CHECK(slurp(path) == "first\n");
}

TEST_CASE("record file: what can't be written is told, with the reason") {
  const TemporaryFolder folder;
  CHECK(fails_with(folder / "none/file", "can't be written: No such file",
                   [&] { io::RecordFile(folder / "none/file"); }));
  std::filesystem::create_directory(folder / "folder");
  CHECK(fails_with(folder / "folder", "is a directory", [&] { io::RecordFile(folder / "folder"); }));
  io::RecordFile full("/dev/full");  // a device stays what it is
  CHECK(fails_with("/dev/full", "can't be written: No space left", [&] { full.append("a"); }));
  CHECK(fails_with("/dev/full", "can't be written: ", [&] { full.append("b"); }));
}

TEST_CASE("JSON objects: members of every kind") {
  const std::vector<double> numbers{1, 0.1, std::numeric_limits<double>::quiet_NaN()};
  const std::vector<std::int64_t> counts{-1, std::int64_t{1} << 62};
  CHECK(io::JsonObject().text() == "{}");
  CHECK(io::JsonObject()
            .add("text", "a \"b\"\n")
            .add("on", true)
            .add("least", std::numeric_limits<std::int64_t>::min())
            .add("most", std::numeric_limits<std::uint64_t>::max())
            .add("float", static_cast<double>(0.1F))
            .add("infinite", std::numeric_limits<double>::infinity())
            .add("numbers", numbers)
            .add("counts", counts)
            .add("none", std::vector<double>())
            .text() ==
        R"({"text": "a \"b\"\n", "on": true, "least": -9223372036854775808, "most": 18446744073709551615, )"
        R"("float": 0.100000001, "infinite": null, "numbers": [1, 0.1, null], "counts": [-1, 4611686018427387904], )"
        R"("none": []})");
}
