#include <doctest/doctest.h>

#include <reel/core/io/page.h>
#include <tests/core/io/files.h>

using namespace reel;

TEST_CASE("base64: the vectors of RFC 4648") {
  const auto encoded = [](std::string_view text) { return io::base64(std::as_bytes(std::span(text))); };
  CHECK(encoded("").empty());
  CHECK(encoded("f") == "Zg==");
  CHECK(encoded("fo") == "Zm8=");
  CHECK(encoded("foo") == "Zm9v");
  CHECK(encoded("foobar") == "Zm9vYmFy");
  CHECK(encoded("\xff\xfe\xfb") == "//77");
}

TEST_CASE("a page takes JSON whose text can't end its script element") {
  const test::TemporaryFolder folder;
  io::write_page(folder / "a.html", "<script>@DATA@</script>", "@DATA@", "\"</script>\"");
  CHECK(test::slurp(folder / "a.html") == "<script>\"\\u003c/script>\"</script>");
  CHECK_THROWS_AS(io::write_page(folder / "none/a.html", "@DATA@", "@DATA@", "1"), IoError);
}
