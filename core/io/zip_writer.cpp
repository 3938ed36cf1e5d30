#include <limits>
#include <reel/core/io/deflate.h>
#include <reel/core/io/reader.h>
#include <reel/core/io/zip.h>

namespace reel::io {
namespace {

constexpr std::uint16_t version = 45;           // 4.5: ZIP64
constexpr std::uint16_t utf8_name = 1 << 11;    // flag bit 11
constexpr std::uint16_t date = 0x21;            // 1980-01-01, so that the same arrays give the same file
constexpr std::uint32_t in_extra = 0xffffffff;  // "the number stands in the ZIP64 extra field"

template <class T>
void put(std::string& out, T value) {
  out.append(reinterpret_cast<const char*>(&value), sizeof value);
}

// What the local header and the directory have in common: from "version needed" to the extra field's length.
void put_common(std::string& out, std::uint32_t crc, std::size_t name_size, std::uint16_t extra_size) {
  put(out, version);
  put(out, utf8_name);
  put<std::uint16_t>(out, 0);  // method: stored
  put<std::uint16_t>(out, 0);  // time
  put(out, date);
  put(out, crc);
  put(out, in_extra);  // compressed size
  put(out, in_extra);  // size
  put(out, static_cast<std::uint16_t>(name_size));
  put(out, extra_size);
}

// APPNOTE 4.5.3: id 1, then the 64-bit numbers that the header has no room for.
void put_extra(std::string& out, std::initializer_list<std::uint64_t> numbers) {
  put<std::uint16_t>(out, 1);
  put(out, static_cast<std::uint16_t>(numbers.size() * 8));
  for (const std::uint64_t number : numbers) put(out, number);
}

std::string directory_end(std::uint64_t members, std::uint64_t offset, std::uint64_t size) {
  std::string out;
  if (members == 0) {  // numpy.load knows an empty archive by this record standing first
    out = "PK\x05\x06";
    out.append(18, '\0');
    return out;
  }
  out = "PK\x06\x06";
  put<std::uint64_t>(out, 44);  // this record's size, without what stands so far
  put(out, version);
  put(out, version);
  put<std::uint64_t>(out, 0);  // this disk, and the directory's
  put(out, members);
  put(out, members);
  put(out, size);
  put(out, offset);
  out += "PK\x06\x07";         // where to find that record
  put<std::uint32_t>(out, 0);  // its disk
  put<std::uint64_t>(out, offset + size);
  put<std::uint32_t>(out, 1);  // number of disks
  out += "PK\x05\x06";
  put<std::uint32_t>(out, 0);
  put<std::uint32_t>(out, in_extra);  // number of members, twice 16 bits
  put(out, in_extra);
  put(out, in_extra);
  put<std::uint16_t>(out, 0);  // comment
  return out;
}

}  // namespace

void ZipWriter::add(std::string_view name, std::string_view head, std::span<const std::byte> body) {
  require<IoError>(name.size() <= std::numeric_limits<std::uint16_t>::max(), path_, "a ZIP member's name has at most ",
                   "65535 bytes, got ", name.size());
  const std::uint64_t offset = file_.size();
  const std::uint64_t size = head.size() + body.size();
  const std::uint32_t crc = crc32(body, crc32(std::as_bytes(std::span(head))));

  std::string local = "PK\x03\x04";
  put_common(local, crc, name.size(), 20);
  local += name;
  put_extra(local, {size, size});
  file_.write(local);
  file_.write(head);
  file_.write(body);

  directory_ += "PK\x01\x02";
  put(directory_, version);
  put_common(directory_, crc, name.size(), 28);
  put<std::uint64_t>(directory_, 0);  // comment's length, disk, attributes within; half of those outside
  put<std::uint16_t>(directory_, 0);  // the other half
  put(directory_, in_extra);
  directory_ += name;
  put_extra(directory_, {size, size, offset});
  ++members_;
}

void ZipWriter::commit() {
  const std::uint64_t offset = file_.size();
  file_.write(directory_);
  file_.write(directory_end(members_, offset, directory_.size()));
  file_.commit();
}

}  // namespace reel::io
