#include <doctest/doctest.h>

#include <reel/core/error.h>
#include <reel/data/sha256.h>

#include "files.h"

using namespace reel::data;
using namespace reel::data::testing;

// FIPS 180-2, appendix B, and the NIST test vectors for byte-oriented messages.
TEST_CASE("sha256: NIST's vectors") {
  CHECK(sha256("") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  CHECK(sha256("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  CHECK(sha256("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq") ==
        "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  CHECK(
      sha256("abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrst"
             "nopqrstu") == "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1");
  CHECK(sha256(std::string(1000000, 'a')) == "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
  CHECK(sha256("\xbd") == "68325720aabd7c82f30f554b313d0570c95accbb7dc4b5aae11204c08ffe732b");
  CHECK(sha256("\xc9\x8c\x8e\x55") == "7abc22c0ae5af26ce93dbb94433a0e0b2e119d014f8e7f65bd56c61ccccd9504");
}

TEST_CASE("sha256: a message in pieces of any length is the message") {
  std::string message;
  for (int i = 0; i < 200; ++i) message += static_cast<char>(i);
  for (std::size_t length = 0; length <= message.size(); ++length) {
    for (const std::size_t piece : {1, 7, 63, 64, 65}) {
      Sha256 hash;
      for (std::size_t at = 0; at < length; at += piece) {
        hash.update(std::as_bytes(std::span(message)).subspan(at, std::min(piece, length - at)));
      }
      REQUIRE(hash.finish() == sha256(message.substr(0, length)));
    }
  }
}

TEST_CASE("sha256: of a file") {
  const TemporaryFolder folder;
  write(folder / "zeros", Bytes(200000));
  CHECK(sha256_of_file(folder / "zeros") == sha256(std::string(200000, '\0')));
  CHECK_THROWS_AS((void)sha256_of_file(folder / "missing"), reel::IoError);
  CHECK_THROWS_AS((void)sha256_of_file(folder.string()), reel::IoError);
}
