#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <reel/core/error.h>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace reel::io {

// Every format here is little-endian, and numbers are copied as they stand.
static_assert(std::endian::native == std::endian::little, "Reel's file formats are written for little-endian machines");

/// Walks over bytes that nobody has checked yet. Each step says what it wants, and throws IoError, with the path
/// and the offset in the file, where that is not what comes.
class ByteReader {
 public:
  /// `path` must outlive the reader. `base` is where in the file the bytes begin; `part` says which part of it they
  /// are.
  ByteReader(std::span<const std::byte> bytes, std::string_view path, std::size_t base = 0, std::string part = {})
      : bytes_(bytes), path_(path), base_(base), part_(std::move(part)) {}

  /// As they were given:
  [[nodiscard]] std::string_view path() const { return path_; }
  [[nodiscard]] const std::string& part() const { return part_; }
  /// Where in the file the next byte stands.
  [[nodiscard]] std::size_t offset() const { return base_ + position_; }

  /// How many bytes are left, and whether none is:
  [[nodiscard]] std::size_t remaining() const { return bytes_.size() - position_; }
  [[nodiscard]] bool at_end() const { return remaining() == 0; }
  /// How many bytes were read so far.
  [[nodiscard]] std::size_t position() const { return position_; }
  /// Goes to `position`, counted from the first byte.
  void seek(std::size_t position);

  /// The next `count` bytes.
  std::span<const std::byte> take(std::size_t count);
  /// The same as text.
  std::string_view take_text(std::size_t count);
  /// A little-endian number.
  template <class T>
  T number() {
    T value;
    std::memcpy(&value, take(sizeof(T)).data(), sizeof(T));
    return value;
  }

  /// The next byte as a character, or -1 at the end.
  [[nodiscard]] int peek() const { return at_end() ? -1 : std::to_integer<int>(bytes_[position_]); }
  /// Skips blanks, tabs and line ends.
  void skip_spaces();
  /// Skips spaces, then `character` if it is there.
  bool accept(char character);
  /// Skips spaces and `character`, which must be there.
  void expect(char character);
  /// A decimal number in [0, 2^63), without leading zeros, after spaces.
  std::int64_t integer();

  /// Throws IoError: the message, and where.
  template <class... Parts>
  [[noreturn]] void fail(const Parts&... parts) const {
    throw IoError(path_, part_, parts..., " at byte ", offset());
  }

 private:
  std::span<const std::byte> bytes_;
  std::string_view path_;
  std::size_t base_;
  std::string part_;
  std::size_t position_ = 0;
};

/// A name from a file, fit for a message: in quotes, without control characters, and cut where it is very long.
[[nodiscard]] std::string quoted(std::string_view name);

}  // namespace reel::io
