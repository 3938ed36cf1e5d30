#pragma once

#include <concepts>
#include <optional>
#include <reel/core/io/reader.h>
#include <set>
#include <span>
#include <string>
#include <string_view>

namespace reel::io {

/// Reads JSON (RFC 8259) step by step: the caller says what must come, and anything else is an IoError with its
/// offset. Strict: valid UTF-8, no duplicate keys in what is read, and numbers as JSON spells them. Nothing recurses,
/// so no nesting in a file can exhaust the stack.
class JsonReader {
 public:
  explicit JsonReader(ByteReader reader) : reader_(std::move(reader)) {}

  /// Calls `on_member(key)` for each member of an object; it must read the value.
  template <class F>
  void object(const F& on_member) {
    reader_.expect('{');
    std::set<std::string> keys;
    if (reader_.accept('}')) return;
    do {
      const std::string key = string();
      if (!keys.insert(key).second) fail("has the key ", quoted(key), " twice");
      reader_.expect(':');
      on_member(key);
    } while (reader_.accept(','));
    reader_.expect('}');
  }
  /// Calls `on_element()` for each element of an array; it must read the element.
  template <class F>
  void array(const F& on_element) {
    reader_.expect('[');
    if (reader_.accept(']')) return;
    do {
      on_element();
    } while (reader_.accept(','));
    reader_.expect(']');
  }
  /// A string, with its escapes resolved.
  std::string string();
  /// A number from 0 on without a fraction.
  std::int64_t integer() { return reader_.integer(); }
  /// Any number, as the double that is nearest.
  double number();
  /// A number, or none for null and for what Python writes where JSON has no number: NaN, Infinity, -Infinity.
  std::optional<double> number_or_none();
  /// The letters that come, as true, false and null have them.
  std::string_view word();
  /// Skips a value of any kind.
  void skip();
  /// The first byte of what comes after spaces, as a character, or -1 at the end.
  int peek();
  /// Nothing but spaces may be left.
  void end();

  template <class... Parts>
  [[noreturn]] void fail(const Parts&... parts) const {
    reader_.fail(parts...);
  }
  [[nodiscard]] const ByteReader& reader() const { return reader_; }

 private:
  void escape(std::string& out);
  char32_t hex4();

  ByteReader reader_;
};

/// True for well-formed UTF-8: no overlong forms, no surrogates, nothing above U+10FFFF.
[[nodiscard]] bool is_utf8(std::string_view text);
/// The text, with a question mark for every byte that belongs to no UTF-8 character.
[[nodiscard]] std::string replace_bad_utf8(std::string_view text);
/// A JSON string, with quotes; what need not be escaped is not. `text` must be UTF-8.
[[nodiscard]] std::string json_quote(std::string_view text);
/// A JSON number of at most nine digits, which tell every float from its neighbours; null for what is not finite, since
/// JSON has no such numbers.
[[nodiscard]] std::string json_number(double value);

/// Collects the members of a JSON object. Keys and strings must be UTF-8.
class JsonObject {
 public:
  JsonObject& add(std::string_view key, std::string_view value) { return raw(key, json_quote(value)); }
  template <std::same_as<bool> B>  // which a literal would turn to
  JsonObject& add(std::string_view key, B value) {
    return raw(key, value ? "true" : "false");
  }
  JsonObject& add(std::string_view key, std::int64_t value) { return raw(key, std::to_string(value)); }
  JsonObject& add(std::string_view key, std::uint64_t value) { return raw(key, std::to_string(value)); }
  JsonObject& add(std::string_view key, double value) { return raw(key, json_number(value)); }
  JsonObject& add(std::string_view key, std::span<const double> values);
  JsonObject& add(std::string_view key, std::span<const std::int64_t> values);
  /// A value that is JSON already.
  JsonObject& raw(std::string_view key, std::string_view json);
  [[nodiscard]] std::string text() const { return "{" + members_ + "}"; }

 private:
  std::string members_;
};

}  // namespace reel::io
