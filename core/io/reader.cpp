#include <limits>
#include <reel/core/io/reader.h>

namespace reel::io {

void ByteReader::seek(std::size_t position) {
  if (position > bytes_.size()) fail("points to byte ", base_ + position, ", past the end of the file,");
  position_ = position;
}

std::span<const std::byte> ByteReader::take(std::size_t count) {
  if (count > remaining()) fail("is truncated: wants ", count, " more bytes, has ", remaining());
  const auto taken = bytes_.subspan(position_, count);
  position_ += count;
  return taken;
}

std::string_view ByteReader::take_text(std::size_t count) {
  const auto taken = take(count);
  return {reinterpret_cast<const char*>(taken.data()), taken.size()};
}

void ByteReader::skip_spaces() {
  for (int c = peek(); c == ' ' || c == '\t' || c == '\n' || c == '\r'; c = peek()) ++position_;
}

bool ByteReader::accept(char character) {
  skip_spaces();
  const bool is_there = peek() == static_cast<unsigned char>(character);
  if (is_there) ++position_;
  return is_there;
}

void ByteReader::expect(char character) {
  if (!accept(character)) fail("wants '", character, "'");
}

std::int64_t ByteReader::integer() {
  constexpr std::int64_t largest = std::numeric_limits<std::int64_t>::max();
  skip_spaces();
  const auto is_digit = [this] { return peek() >= '0' && peek() <= '9'; };
  if (!is_digit()) fail("wants a number that is not negative");
  std::int64_t value = 0;
  const std::size_t start = position_;
  while (is_digit()) {
    const int digit = peek() - '0';
    if (position_ > start && value == 0) fail("wants a number without leading zeros");
    if (value > (largest - digit) / 10) fail("wants a number below 2^63");
    value = value * 10 + digit;
    ++position_;
  }
  return value;
}

std::string quoted(std::string_view name) {
  constexpr std::size_t longest = 100;
  constexpr std::string_view digits = "0123456789abcdef";
  std::string out = "'";
  for (const char c : name.substr(0, longest)) {
    const auto code = static_cast<unsigned char>(c);
    if (code >= 0x20 && code != 0x7f) {
      out += c;
    } else {
      out += {'\\', 'x', digits[code >> 4], digits[code & 15]};
    }
  }
  return out + (name.size() > longest ? "...'" : "'");
}

}  // namespace reel::io
