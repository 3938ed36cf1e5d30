#include <algorithm>
#include <optional>
#include <reel/core/io/deflate.h>
#include <reel/core/io/reader.h>
#include <reel/core/io/zip.h>
#include <set>

namespace reel::io {
namespace {

constexpr std::uint32_t local_signature = 0x04034b50;
constexpr std::uint32_t entry_signature = 0x02014b50;
constexpr std::uint32_t end_signature = 0x06054b50;
constexpr std::uint32_t locator_signature = 0x07064b50;
constexpr std::uint32_t end64_signature = 0x06064b50;
constexpr std::size_t end_size = 22;
constexpr std::size_t locator_size = 20;
constexpr std::uint32_t in_extra = 0xffffffff;  // "the number stands in the ZIP64 extra field"

struct Directory {
  std::uint64_t members = 0;
  std::uint64_t size = 0;
  std::uint64_t offset = 0;
  std::size_t end = 0;  // where the record that told all this begins
};

struct Entry {
  std::string name;
  std::uint16_t flags = 0;
  std::uint16_t method = 0;
  std::uint32_t crc = 0;
  std::uint64_t compressed_size = 0;
  std::uint64_t size = 0;
  std::uint64_t offset = 0;
};

void expect_signature(ByteReader& reader, std::uint32_t signature, std::string_view what) {
  if (reader.remaining() < 4) reader.fail("is truncated: wants ", what);
  const std::size_t back = reader.position();
  if (reader.number<std::uint32_t>() == signature) return;
  reader.seek(back);
  reader.fail("wants ", what);
}

// The end record stands last, but for a comment of at most 64 KiB whose length it tells.
std::size_t find_end(std::span<const std::byte> archive, ByteReader reader) {
  for (std::size_t tail = end_size; tail <= std::min<std::size_t>(archive.size(), end_size + 0xffff); ++tail) {
    reader.seek(archive.size() - tail);
    if (reader.number<std::uint32_t>() != end_signature) continue;
    reader.seek(archive.size() - tail + 20);
    if (reader.number<std::uint16_t>() == tail - end_size) return archive.size() - tail;
  }
  reader.seek(archive.size());
  reader.fail("is no ZIP archive, or a truncated one: no end of directory found");
}

// The ZIP64 end record, which a locator right before the plain one points to.
std::optional<Directory> read_end64(ByteReader reader, std::size_t end) {
  if (end < locator_size) return {};
  reader.seek(end - locator_size);
  if (reader.number<std::uint32_t>() != locator_signature) return {};
  reader.number<std::uint32_t>();  // disk
  Directory directory;
  directory.end = reader.number<std::uint64_t>();
  reader.seek(directory.end);
  expect_signature(reader, end64_signature, "the ZIP64 end of directory");
  reader.take(8 + 2 + 2 + 4 + 4 + 8);  // its size, versions, disks, members on this disk
  directory.members = reader.number<std::uint64_t>();
  directory.size = reader.number<std::uint64_t>();
  directory.offset = reader.number<std::uint64_t>();
  return directory;
}

Directory read_end(std::span<const std::byte> archive, ByteReader reader) {
  const std::size_t end = find_end(archive, reader);
  if (const auto directory = read_end64(reader, end)) return *directory;
  reader.seek(end + 10);
  Directory directory{.end = end};
  directory.members = reader.number<std::uint16_t>();
  directory.size = reader.number<std::uint32_t>();
  directory.offset = reader.number<std::uint32_t>();
  return directory;
}

// Fills in, from the ZIP64 extra field, those numbers that the entry itself had no room for.
void read_extra(ByteReader extra, Entry& entry) {
  while (extra.remaining() >= 4) {
    const auto id = extra.number<std::uint16_t>();
    const auto size = extra.number<std::uint16_t>();
    const std::size_t next = extra.position() + size;
    if (id == 1) {
      for (std::uint64_t* number : {&entry.size, &entry.compressed_size, &entry.offset}) {
        if (*number == in_extra) *number = extra.number<std::uint64_t>();
      }
    }
    extra.seek(next);
  }
}

Entry read_entry(ByteReader& reader) {
  expect_signature(reader, entry_signature, "a directory entry");
  reader.take(4);  // versions
  Entry entry;
  entry.flags = reader.number<std::uint16_t>();
  entry.method = reader.number<std::uint16_t>();
  reader.take(4);  // time and date
  entry.crc = reader.number<std::uint32_t>();
  entry.compressed_size = reader.number<std::uint32_t>();
  entry.size = reader.number<std::uint32_t>();
  const auto name_size = reader.number<std::uint16_t>();
  const auto extra_size = reader.number<std::uint16_t>();
  const auto comment_size = reader.number<std::uint16_t>();
  reader.take(2 + 2 + 4);  // disk, attributes
  entry.offset = reader.number<std::uint32_t>();
  entry.name = reader.take_text(name_size);
  const std::size_t extra_offset = reader.offset();
  read_extra(ByteReader(reader.take(extra_size), reader.path(), extra_offset), entry);
  reader.take(comment_size);
  return entry;
}

// Follows an entry to its content. The sizes are taken from the entry: writers that can't seek leave them out of the
// local header.
ZipMember locate(ByteReader reader, const Entry& entry) {
  reader.seek(entry.offset);
  expect_signature(reader, local_signature, "a member's header");
  reader.take(2 + 2 + 2 + 4 + 4 + 4 + 4);  // version, flags, method, time and date, CRC, sizes
  const auto name_size = reader.number<std::uint16_t>();
  const auto extra_size = reader.number<std::uint16_t>();
  if (reader.take_text(name_size) != entry.name) {
    reader.fail(quoted(entry.name), " has another name in the member's header");
  }
  reader.take(extra_size);
  if ((entry.flags & 1) != 0) reader.fail(quoted(entry.name), " is encrypted");
  if (entry.method != 0 && entry.method != 8) {
    reader.fail(quoted(entry.name), " is compressed by method ", entry.method, ", not stored or deflated,");
  }
  const bool deflated = entry.method == 8;
  if (!deflated && entry.size != entry.compressed_size) {
    reader.fail(quoted(entry.name), " is stored, but has two sizes: ", entry.size, " and ", entry.compressed_size);
  }
  const std::size_t offset = reader.offset();
  return {.name = entry.name,
          .deflated = deflated,
          .crc = entry.crc,
          .size = entry.size,
          .compressed = reader.take(entry.compressed_size),
          .offset = offset};
}

// Members that share their bytes could hold far more than the file is long.
void require_apart(const std::vector<ZipMember>& members, std::size_t directory, std::string_view path) {
  for (std::size_t i = 0; i < members.size(); ++i) {
    const std::size_t end = members[i].offset + members[i].compressed.size();
    const std::size_t next = i + 1 < members.size() ? members[i + 1].offset : directory;
    require<IoError>(end <= next, path, quoted(members[i].name), " overlaps what follows at byte ", next);
  }
}

}  // namespace

std::vector<ZipMember> zip_members(std::span<const std::byte> archive, std::string_view path) {
  ByteReader reader(archive, path);
  const Directory directory = read_end(archive, reader);
  if (directory.offset > directory.end || directory.end - directory.offset != directory.size) {
    reader.seek(directory.end);
    reader.fail("directory of ", directory.size, " bytes from byte ", directory.offset, " does not end");
  }
  reader.seek(directory.offset);
  std::vector<ZipMember> members;
  std::set<std::string> names;
  while (reader.offset() < directory.end) {
    const Entry entry = read_entry(reader);
    if (!names.insert(entry.name).second) reader.fail("holds ", quoted(entry.name), " twice");
    members.push_back(locate(reader, entry));
  }
  if (reader.offset() != directory.end || members.size() != directory.members) {
    reader.fail("announces ", directory.members, " members, lists ", members.size());
  }
  std::sort(members.begin(), members.end(), [](const auto& a, const auto& b) { return a.offset < b.offset; });
  require_apart(members, directory.offset, path);
  return members;
}

std::span<const std::byte> zip_content(const ZipMember& member, std::string_view path, Bytes& inflated) {
  std::span<const std::byte> content = member.compressed;
  if (member.deflated) {
    inflated = inflate(member.compressed, Wrapping::raw, path, member.size, member.offset);
    content = inflated;
  }
  require<IoError>(content.size() == member.size, path, quoted(member.name), " wants ", member.size,
                   " bytes, inflates to ", content.size(), " at byte ", member.offset);
  require<IoError>(crc32(content) == member.crc, path, quoted(member.name), " has a wrong CRC-32 at byte ",
                   member.offset);
  return content;
}

}  // namespace reel::io
