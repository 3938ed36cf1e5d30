#pragma once

#include <cstddef>
#include <cstdint>
#include <reel/core/io/file.h>
#include <span>
#include <string_view>

namespace reel::io {

/// What stands around a deflate stream (RFC 1951): nothing, a zlib header and Adler-32 (RFC 1950), or a gzip header,
/// CRC-32 and length (RFC 1952). Checksums are verified.
enum class Wrapping : std::uint8_t { raw, zlib, gzip };

/// Inflates all of `compressed`, which must hold one stream and nothing else (gzip: one or more members). Throws
/// IoError for data that is truncated, corrupt, followed by something else, or that inflates to more than `max_bytes`;
/// memory beyond that is never taken, so a bomb does no harm. `path` and `offset` (where in that file `compressed`
/// begins) are for the error message.
[[nodiscard]] Bytes inflate(std::span<const std::byte> compressed, Wrapping wrapping, std::string_view path,
                            std::size_t max_bytes, std::size_t offset = 0);

/// Inflates a gzip file's content: `inflate` with Wrapping::gzip.
[[nodiscard]] Bytes gunzip(std::span<const std::byte> compressed, std::string_view path, std::size_t max_bytes);

/// True where `bytes` begin as a gzip file does (1f 8b).
[[nodiscard]] bool is_gzip(std::span<const std::byte> bytes);

/// A file's content, inflated where it begins as a gzip file does. Throws IoError where it can't be read, where it is
/// corrupt (see `inflate`), and where it holds more than `max_bytes` (after inflation).
[[nodiscard]] Bytes read_maybe_gzip(std::string_view path, std::size_t max_bytes);

/// CRC-32 as in gzip, ZIP and PNG. To go on where an earlier call ended, give its result as `previous`.
[[nodiscard]] std::uint32_t crc32(std::span<const std::byte> bytes, std::uint32_t previous = 0);

}  // namespace reel::io
