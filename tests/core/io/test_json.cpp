#include <doctest/doctest.h>

#include <cmath>
#include <reel/core/io/json.h>
#include <string>
#include <tests/note.h>
#include <utility>
#include <vector>

using namespace reel;

namespace {

io::JsonReader reader(std::string_view text) {
  return io::JsonReader(io::ByteReader(std::as_bytes(std::span(text)), "file"));
}

}  // namespace

TEST_CASE("JSON: numbers") {
  for (const auto& [text, wanted] :
       std::vector<std::pair<std::string, double>>{{"0", 0},
                                                   {"-0", 0},
                                                   {" 12.5", 12.5},
                                                   {"-1e3", -1000},
                                                   {"1.25E-2", 0.0125},
                                                   {"0.1", 0.1},
                                                   {"123456789012345678901", 123456789012345678901.0}}) {
    const auto noted = note(text);
    auto json = reader(text);
    CHECK(json.number() == wanted);
    json.end();
  }
  for (const char* text : {"", "-", "01", "-01", ".5", "1.", "1e", "1e+", "+1", "NaN", "inf", "1e999", "\"1\""}) {
    const auto noted = note(text);
    auto json = reader(text);
    CHECK_THROWS_AS(json.number(), IoError);
  }
}

TEST_CASE("JSON: a value of any kind is skipped") {
  for (const char* text : {"1", "-2.5e3", "true", "false", "null", "\"a\\n\"", "[]", "{}", "[1, [2, [], {}], \"x\"]",
                           R"({"a": {"b": [1, {"c": null}]}, "d": true})", " [ { } ] "}) {
    const auto noted = note(text);
    auto json = reader(text);
    json.skip();
    CHECK_NOTHROW(json.end());
  }
  for (const char* text : {"", "[1", "[1,]", "[1 2]", "{\"a\"}", "{\"a\": }", "{\"a\": 1,}", "{1: 2}", "[}", "{]",
                           "nul", "truer", "[1, NaN]", "\"a"}) {
    const auto noted = note(text);
    auto json = reader(text);
    CHECK_THROWS_AS(json.skip(), IoError);
  }
  const std::string deep(1'000'000, '[');  // no recursion
  auto json = reader(deep);
  CHECK_THROWS_AS(json.skip(), IoError);
}

TEST_CASE("JSON: words, and what comes next") {
  auto json = reader(" NaN-1 ");
  CHECK(json.peek() == 'N');
  CHECK(json.word() == "NaN");
  CHECK(json.word().empty());
  CHECK(json.number() == -1);
  CHECK(json.peek() == -1);
}

TEST_CASE("JSON: numbers that are none") {
  for (const char* text : {"null", "NaN", "Infinity", " -Infinity"}) {
    const auto noted = note(text);
    auto json = reader(text);
    CHECK_FALSE(json.number_or_none().has_value());
    CHECK_NOTHROW(json.end());
  }
  auto json = reader("-1.5");
  CHECK(json.number_or_none() == -1.5);
  for (const char* text : {"", "-", "-NaN", "nil", "true", "\"1\""}) {
    const auto noted = note(text);
    auto bad = reader(text);
    CHECK_THROWS_AS(bad.number_or_none(), IoError);
  }
}
