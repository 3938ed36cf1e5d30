#include <algorithm>
#include <charconv>
#include <cmath>
#include <iomanip>
#include <reel/core/io/json.h>
#include <sstream>

namespace reel::io {
namespace {

constexpr std::string_view escape_letters = "\"\\/bfnrt";
constexpr std::string_view escape_values = "\"\\/\b\f\n\r\t";

void append_utf8(std::string& out, char32_t code) {
  const auto put = [&out](char32_t byte) { out += static_cast<char>(byte); };
  const auto put_tail = [&](int shift) { put(0x80 | ((code >> shift) & 0x3f)); };
  if (code < 0x80) return put(code);
  if (code < 0x800) {
    put(0xc0 | (code >> 6));
  } else if (code < 0x10000) {
    put(0xe0 | (code >> 12));
    put_tail(6);
  } else {
    put(0xf0 | (code >> 18));
    put_tail(12);
    put_tail(6);
  }
  put_tail(0);
}

// The number of bytes of the UTF-8 character that `text` begins with, 0 where there is none (RFC 3629).
std::size_t utf8_length(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const auto in = [&](std::size_t i, int low, int high) {
    return i < text.size() && byte(i) >= low && byte(i) <= high;
  };
  const auto is_tail = [&](std::size_t i) { return in(i, 0x80, 0xbf); };
  if (in(0, 0x00, 0x7f)) return 1;
  if (in(0, 0xc2, 0xdf)) return is_tail(1) ? 2 : 0;
  if (in(0, 0xe0, 0xef)) {
    const bool second = in(1, byte(0) == 0xe0 ? 0xa0 : 0x80, byte(0) == 0xed ? 0x9f : 0xbf);
    return second && is_tail(2) ? 3 : 0;
  }
  if (in(0, 0xf0, 0xf4)) {
    const bool second = in(1, byte(0) == 0xf0 ? 0x90 : 0x80, byte(0) == 0xf4 ? 0x8f : 0xbf);
    return second && is_tail(2) && is_tail(3) ? 4 : 0;
  }
  return 0;
}

// [a, b, c], each written by `write`.
template <class T, class F>
std::string list(std::span<const T> values, const F& write) {
  std::string text;
  for (const T value : values) text += (text.empty() ? "" : ", ") + write(value);
  return "[" + text + "]";
}

}  // namespace

std::string JsonReader::string() {
  reader_.expect('"');
  std::string out;
  while (reader_.peek() != '"') {
    if (reader_.peek() < 0x20) fail(reader_.at_end() ? "ends within a string" : "has a control character in a string");
    const char c = reader_.take_text(1)[0];
    if (c == '\\') {
      escape(out);
    } else {
      out += c;
    }
  }
  reader_.take(1);
  if (!is_utf8(out)) fail("has a string that is not UTF-8");
  return out;
}

void JsonReader::escape(std::string& out) {
  const char letter = reader_.take_text(1)[0];
  if (const auto i = escape_letters.find(letter); i != std::string_view::npos) {
    out += escape_values[i];
    return;
  }
  if (letter != 'u') fail("has an unknown escape in a string");
  char32_t code = hex4();
  if (code >= 0xd800 && code < 0xdc00) {  // the first half of a character above U+FFFF
    if (reader_.take_text(2) != "\\u") fail("wants the second half of a surrogate pair");
    const char32_t low = hex4();
    if (low < 0xdc00 || low > 0xdfff) fail("wants the second half of a surrogate pair");
    code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
  } else if (code >= 0xdc00 && code < 0xe000) {
    fail("has the second half of a surrogate pair without the first");
  }
  append_utf8(out, code);
}

char32_t JsonReader::hex4() {
  char32_t code = 0;
  for (const char c : reader_.take_text(4)) {
    code *= 16;
    if (c >= '0' && c <= '9') {
      code += static_cast<char32_t>(c - '0');
    } else if ((c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F')) {
      code += static_cast<char32_t>((c | 0x20) - 'a' + 10);
    } else {
      fail("wants four hexadecimal digits");
    }
  }
  return code;
}

int JsonReader::peek() {
  reader_.skip_spaces();
  return reader_.peek();
}

double JsonReader::number() {
  peek();
  std::string text;
  const auto digits = [&] {
    const std::size_t before = text.size();
    while (reader_.peek() >= '0' && reader_.peek() <= '9') text += reader_.take_text(1);
    if (text.size() == before) fail("wants a number");
    return text.size() - before;
  };
  const auto take_any_of = [&](std::string_view characters) {
    const bool found =
        !reader_.at_end() && characters.find(static_cast<char>(reader_.peek())) != std::string_view::npos;
    if (found) text += reader_.take_text(1);
    return found;
  };
  take_any_of("-");
  const bool is_zero = reader_.peek() == '0';
  if (digits() > 1 && is_zero) fail("wants a number without leading zeros");
  if (take_any_of(".")) digits();
  if (take_any_of("eE")) {
    take_any_of("+-");
    digits();
  }
  // Not strtod, which heeds the locale.
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc()) fail("has a number that is too large or too small");
  return value;
}

std::optional<double> JsonReader::number_or_none() {
  const bool is_negative = peek() == '-';
  ByteReader after = reader_;
  if (is_negative) after.take(1);
  const int first = after.peek();
  if (first != 'n' && first != 'N' && first != 'I') return number();
  reader_ = after;
  const std::string_view found = word();
  const bool is_none = found == "Infinity" || (!is_negative && (found == "null" || found == "NaN"));
  if (!is_none) fail("wants a number or null, has ", quoted(found));
  return std::nullopt;
}

std::string_view JsonReader::word() {
  const auto is_letter = [](int c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
  peek();
  ByteReader after = reader_;
  while (is_letter(after.peek())) after.take(1);
  return reader_.take_text(after.position() - reader_.position());
}

void JsonReader::skip() {
  std::string open;  // what closes the values that this one is in, outermost first
  const auto key = [&] {
    string();
    reader_.expect(':');
  };
  do {
    const int next = peek();
    if (next == '{' || next == '[') {
      reader_.take(1);
      open += next == '{' ? '}' : ']';
      if (peek() != open.back()) {
        if (next == '{') key();
        continue;
      }
      reader_.take(1);
      open.pop_back();
    } else if (next == '"') {
      string();
    } else if (next == 't' || next == 'f' || next == 'n') {
      const std::string_view found = word();
      if (found != "true" && found != "false" && found != "null") fail("wants a value, has ", quoted(found));
    } else {
      number();
    }
    while (!open.empty() && !reader_.accept(',')) {
      reader_.expect(open.back());
      open.pop_back();
    }
    if (!open.empty() && open.back() == '}') key();
  } while (!open.empty());
}

void JsonReader::end() {
  reader_.skip_spaces();
  if (!reader_.at_end()) fail("goes on after the JSON");
}

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    const std::size_t length = utf8_length(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

std::string replace_bad_utf8(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const std::size_t length = std::max<std::size_t>(1, utf8_length(text));
    if (utf8_length(text) == 0) out += '?';
    else out += text.substr(0, length);
    text.remove_prefix(length);
  }
  return out;
}

std::string json_quote(std::string_view text) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string out = "\"";
  for (const char c : text) {
    const auto i = c == '/' ? std::string_view::npos : escape_values.find(c);
    if (i != std::string_view::npos) {
      out += '\\';
      out += escape_letters[i];
    } else if (static_cast<unsigned char>(c) < 0x20) {
      out += "\\u00";
      out += digits[static_cast<std::size_t>(c) >> 4];
      out += digits[static_cast<std::size_t>(c) & 15];
    } else {
      out += c;
    }
  }
  return out + '"';
}

std::string json_number(double value) {
  if (!std::isfinite(value)) return "null";
  std::ostringstream text;
  text << std::setprecision(9) << value;
  return text.str();
}

JsonObject& JsonObject::add(std::string_view key, std::span<const double> values) {
  return raw(key, list(values, json_number));
}

JsonObject& JsonObject::add(std::string_view key, std::span<const std::int64_t> values) {
  return raw(key, list(values, [](std::int64_t value) { return std::to_string(value); }));
}

JsonObject& JsonObject::raw(std::string_view key, std::string_view json) {
  members_ += (members_.empty() ? "" : ", ") + json_quote(key) + ": ";
  members_ += json;
  return *this;
}

}  // namespace reel::io
