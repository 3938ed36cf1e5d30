#include <doctest/doctest.h>

#include <reel/core/error.h>
#include <reel/data/tar.h>

#include "files.h"
#include "tar.h"

using namespace reel;
using namespace reel::data;
using namespace reel::data::testing;

namespace {

std::vector<TarMember> members(const std::string& archive) {
  return tar_members(std::as_bytes(std::span(archive)), "a.tar");
}
std::string refused(const std::string& archive) {
  return message_of<IoError>([&] { (void)members(archive); });
}
std::string text(const TarMember& member) {
  return {reinterpret_cast<const char*>(member.content.data()), member.content.size()};
}

}  // namespace

TEST_CASE("tar: files with their contents and places, without the folders") {
  const std::string big(1000, 'x');
  const std::string archive =
      tar_header("a/", 0, '5') + tar_file("a/one.txt", "1") + tar_file("./b", big) + tar_file("empty", "") + tar_end();
  const auto found = members(archive);
  REQUIRE(found.size() == 3);
  CHECK(found[0].name == "a/one.txt");
  CHECK(text(found[0]) == "1");
  CHECK(found[0].offset == 1024);
  CHECK(found[1].name == "b");
  CHECK(text(found[1]) == big);
  CHECK(archive.compare(found[1].offset, big.size(), big) == 0);
  CHECK(found[2].content.empty());
  CHECK(members(tar_end()).empty());
}

TEST_CASE("tar: names that are too long for a header, in each of three ways") {
  const std::string folder(120, 'f');
  const std::string name = folder + "/" + std::string(90, 'n');
  std::string split = tar_header(std::string(90, 'n'), 0);
  split.replace(345, folder.size(), folder);
  const std::string record = " path=" + name + "\n";
  const std::string pax = std::to_string(record.size() + 3) + record;
  for (const std::string& archive :
       {tar_signed(split), tar_file("././@LongLink", name + '\0', 'L') + tar_file("cut", ""),
        tar_file("pax", pax, 'x') + tar_file("cut", "")}) {
    const auto found = members(archive + tar_end());
    REQUIRE(found.size() == 1);
    CHECK(found[0].name == name);
  }
  const std::string sized =
      tar_file("pax", "9 size=3\n", 'x') + tar_signed(tar_header("a", 0)) + "abc" + std::string(509, '\0') + tar_end();
  CHECK(text(members(sized).at(0)) == "abc");
  CHECK(members(tar_file("g", "12 comment=x\n", 'g') + tar_file("a", "") + tar_end()).size() == 1);
}

TEST_CASE("tar: every truncation is refused, with the path and the place") {
  const std::string whole = tar_file("a", "abc") + tar_file("b", std::string(600, 'b')) + tar_end();
  const std::size_t needed = whole.size() - 512;  // one block of zeros ends an archive
  for (std::size_t length = 0; length<needed; length += length % 512> 4 && length % 512 < 505 ? 101 : 1) {
    CAPTURE(length);
    const std::string message = refused(whole.substr(0, length));
    CHECK(contains(message, "a.tar"));
    CHECK(contains(message, "at byte"));
  }
  CHECK(refused(whole.substr(0, needed)).empty());
}

TEST_CASE("tar: what lies or leads elsewhere is refused") {
  CHECK(contains(refused(std::string(600, 'z')), "checksum of the header at byte 0"));
  std::string flipped = tar_file("a", "abc") + tar_end();
  for (const std::size_t at : {0, 50, 124, 130, 156, 257, 400}) {
    std::string changed = flipped;
    changed[at] = static_cast<char>(changed[at] ^ 1);
    CHECK(contains(refused(changed), "checksum"));
  }
  CHECK(contains(refused(tar_header("a", 1ULL << 30) + tar_end()), "1073741824 bytes should follow, 1024 do"));
  CHECK(contains(refused(tar_file("link", "", '2') + tar_end()), "'link' at byte 0 is a link"));
  CHECK(contains(refused(tar_file("hard", "", '1') + tar_end()), "is a link"));
  for (const std::string name : {"../a", "a/../../b", "/etc/passwd", ".."}) {
    CHECK(contains(refused(tar_file(name, "") + tar_end()), "leads out of the archive"));
  }
  CHECK(refused(tar_file("a..b/..c", "") + tar_end()).empty());
  CHECK(contains(refused(tar_file("a", "") + tar_file("./a", "") + tar_end()), "'a' at byte 512 comes twice"));
  for (const std::string pax : {"99 path=a\n", "x path=a\n", "9 path=ab", "3 \n", "0 path=a\n"}) {
    CHECK(contains(refused(tar_file("p", pax, 'x') + tar_file("a", "") + tar_end()), "is corrupt"));
  }
  CHECK(contains(refused(tar_file("p", "10 size=x\n", 'x') + tar_file("a", "") + tar_end()), "no number"));
  std::string sizeless = tar_header("a", 0);
  sizeless.replace(124, 11, "not octal!!");
  CHECK(contains(refused(tar_signed(sizeless) + tar_end()), "no size"));
}
