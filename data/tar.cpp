#include <algorithm>
#include <charconv>
#include <optional>
#include <reel/core/io/reader.h>
#include <reel/data/tar.h>
#include <unordered_set>

namespace reel::data {
namespace {

// An archive is a row of blocks: a header for each member, and its content, filled up to whole blocks. Two blocks of
// zeros end it. (POSIX.1-2017, pax: https://pubs.opengroup.org/onlinepubs/9699919799/utilities/pax.html)

constexpr std::size_t block = 512;

/// Fields of a header: where, and how long.
struct Field {
  std::size_t at;
  std::size_t length;
};
constexpr Field name_field{0, 100}, size_field{124, 12}, checksum_field{148, 8}, magic_field{257, 5},
    prefix_field{345, 155};
constexpr std::size_t type_at = 156;

std::string_view text_of(std::string_view header, Field field) {
  const std::string_view text = header.substr(field.at, field.length);
  return text.substr(0, text.find('\0'));
}

/// An octal number between spaces; none for anything else.
std::optional<std::uint64_t> octal(std::string_view text) {
  text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
  text = text.substr(0, text.find(' '));
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, 8);
  if (error != std::errc() || end != text.data() + text.size()) return {};
  return value;
}

/// The sum of a header's bytes, its own field counted as spaces.
std::uint64_t checksum(std::string_view header) {
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < block; ++i) {
    const bool is_own = i >= checksum_field.at && i < checksum_field.at + checksum_field.length;
    sum += is_own ? ' ' : static_cast<unsigned char>(header[i]);
  }
  return sum;
}

bool is_zero(std::string_view header) { return header.find_first_not_of('\0') == std::string_view::npos; }

/// What extended headers say of the member behind them.
struct Extended {
  std::optional<std::string> name;
  std::optional<std::uint64_t> size;
};

class Reader {
 public:
  Reader(std::span<const std::byte> archive, std::string_view path) : reader_(archive, path) {}

  std::vector<TarMember> members() {
    while (!at_end()) read_member();
    return std::move(members_);
  }

 private:
  bool at_end() {
    if (reader_.remaining() < block) reader_.fail("is truncated, or no tar archive: a header wants 512 bytes,");
    const std::size_t start = reader_.position();
    const bool ends = is_zero(reader_.take_text(block));
    if (!ends) reader_.seek(start);
    return ends;
  }

  void read_member() {
    const std::size_t at = reader_.offset();
    const std::string_view header = reader_.take_text(block);
    if (octal(text_of(header, checksum_field)) != checksum(header))
      throw IoError(reader_.path(), "is no tar archive, or corrupt: the checksum of the header at byte ", at,
                    " is wrong");
    const char type = header[type_at];
    const auto size = type == 'x' || type == 'L' ? std::nullopt : extended_.size;
    const auto announced = size ? size : octal(text_of(header, size_field));
    if (!announced) throw IoError(reader_.path(), "header at byte ", at, " has no size that can be read");
    if (*announced > reader_.remaining())
      reader_.fail("is truncated or lies: ", *announced, " bytes should follow, ", reader_.remaining(), " do,");
    const std::size_t offset = reader_.offset();
    const auto content = reader_.take(*announced);
    reader_.take(std::min((block - *announced % block) % block, reader_.remaining()));
    take(type, at, header, content, offset);
  }

  void take(char type, std::size_t at, std::string_view header, std::span<const std::byte> content,
            std::size_t offset) {
    const std::string_view text(reinterpret_cast<const char*>(content.data()), content.size());
    if (type == 'L') {
      extended_.name = text.substr(0, text.find('\0'));
    } else if (type == 'x') {
      read_pax(text, offset);
    } else if (type != 'g') {
      const std::string name = extended_.name.value_or(own_name(header));
      extended_ = {};
      if (type == '5') return;
      if (type != '0' && type != '\0')
        throw IoError(reader_.path(), "member ", io::quoted(name), " at byte ", at,
                      " is a link or something else that is no file (type ", io::quoted({&type, 1}), ")");
      add({name, content, offset}, at);
    }
  }

  static std::string own_name(std::string_view header) {
    const std::string name(text_of(header, name_field));
    const bool has_prefix = text_of(header, magic_field) == "ustar" && header[magic_field.at + 5] == '\0';
    const std::string_view prefix = has_prefix ? text_of(header, prefix_field) : "";
    return prefix.empty() ? name : concat(prefix, '/', name);
  }

  /// Records `LENGTH KEY=VALUE\n`.
  void read_pax(std::string_view text, std::size_t offset) {
    while (!text.empty()) {
      std::size_t length = 0;
      const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), length);
      const auto digits = static_cast<std::size_t>(end - text.data());
      const bool is_framed = error == std::errc() && length > digits + 1 && length <= text.size() && *end == ' ' &&
                             text[length - 1] == '\n';
      const std::string_view record = is_framed ? text.substr(digits + 1, length - digits - 2) : "";
      const std::size_t equals = record.find('=');
      if (equals == std::string_view::npos)
        throw IoError(reader_.path(), "extended header at byte ", offset, " is corrupt");
      note_pax(record.substr(0, equals), record.substr(equals + 1), offset);
      text.remove_prefix(length);
    }
  }

  void note_pax(std::string_view key, std::string_view value, std::size_t offset) {
    if (key == "path") extended_.name = value;
    if (key != "size") return;
    std::uint64_t size = 0;
    const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), size);
    if (error != std::errc() || end != value.data() + value.size())
      throw IoError(reader_.path(), "extended header at byte ", offset, " has a size that is no number");
    extended_.size = size;
  }

  void add(TarMember member, std::size_t at) {
    if (member.name.starts_with("./")) member.name.erase(0, 2);
    const std::string framed = concat('/', member.name, '/');
    if (member.name.empty() || member.name.front() == '/' || framed.find("/../") != std::string::npos)
      throw IoError(reader_.path(), "member ", io::quoted(member.name), " at byte ", at, " leads out of the archive");
    if (!names_.insert(member.name).second)
      throw IoError(reader_.path(), "member ", io::quoted(member.name), " at byte ", at, " comes twice");
    members_.push_back(std::move(member));
  }

  io::ByteReader reader_;
  Extended extended_;
  std::vector<TarMember> members_;
  std::unordered_set<std::string> names_;
};

}  // namespace

std::vector<TarMember> tar_members(std::span<const std::byte> archive, std::string_view path) {
  return Reader(archive, path).members();
}

}  // namespace reel::data
