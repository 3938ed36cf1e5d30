#include <algorithm>
#include <array>
#include <optional>
#include <reel/core/io/file.h>
#include <reel/core/io/json.h>
#include <reel/core/io/safetensors.h>
#include <reel/core/io/tensor_bytes.h>
#include <utility>
#include <vector>

namespace reel::io {
namespace {

constexpr std::size_t max_header_bytes = 100'000'000;
constexpr std::string_view metadata_key = "__metadata__";

struct Code {
  std::string_view text;
  DType dtype;
};
// In the order in which the reference implementation lays tensors out: those that want the most alignment first.
constexpr std::array<Code, 5> codes{
    {{"I64", int64}, {"F64", float64}, {"F32", float32}, {"U8", uint8}, {"BOOL", boolean}}};

std::size_t place_of(DType dtype) {
  const auto* code = std::find_if(codes.begin(), codes.end(), [&](const Code& c) { return c.dtype == dtype; });
  return static_cast<std::size_t>(code - codes.begin());
}

// One tensor, as the header tells it.
struct Entry {
  std::string name;
  TensorHeader header;
  std::int64_t begin = 0;
  std::int64_t end = 0;
};

struct Header {
  std::vector<Entry> entries;
  std::map<std::string, std::string> metadata;
};

DType dtype_from(const JsonReader& json, std::string_view name, std::string_view text) {
  for (const Code& code : codes) {
    if (code.text == text) return code.dtype;
  }
  json.fail("tensor ", quoted(name), " has dtype ", quoted(text), ", not F32, F64, I64, U8 or BOOL,");
}

std::vector<std::int64_t> parse_integers(JsonReader& json) {
  std::vector<std::int64_t> values;
  json.array([&] { values.push_back(json.integer()); });
  return values;
}

Entry parse_entry(JsonReader& json, const std::string& name) {
  std::optional<DType> dtype;
  std::optional<std::vector<std::int64_t>> sizes;
  std::optional<std::vector<std::int64_t>> offsets;
  json.object([&](const std::string& key) {
    if (key == "dtype") {
      dtype = dtype_from(json, name, json.string());
    } else if (key == "shape") {
      sizes = parse_integers(json);
    } else if (key == "data_offsets") {
      offsets = parse_integers(json);
    } else {
      json.fail("tensor ", quoted(name), " has the unknown key ", quoted(key));
    }
  });
  if (!dtype || !sizes || !offsets || offsets->size() != 2) {
    json.fail("tensor ", quoted(name), " wants a dtype, a shape and two data_offsets");
  }
  return {.name = name,
          .header = checked_header(json.reader(), *sizes, *dtype),
          .begin = offsets->front(),
          .end = offsets->back()};
}

Header parse_header(JsonReader json) {
  Header header;
  json.object([&](const std::string& key) {
    if (key == metadata_key) {
      json.object([&](const std::string& name) { header.metadata.emplace(name, json.string()); });
    } else {
      header.entries.push_back(parse_entry(json, key));
    }
  });
  json.end();
  return header;
}

// The tensors must follow one another from the data's first byte to its last.
void require_gapless(const ByteReader& data, std::vector<Entry>& entries) {
  std::sort(entries.begin(), entries.end(),
            [](const Entry& a, const Entry& b) { return std::pair(a.begin, a.end) < std::pair(b.begin, b.end); });
  std::int64_t expected = 0;
  for (const auto& [name, header, begin, end] : entries) {
    const auto size = static_cast<std::int64_t>(header.bytes);
    if (begin != expected)
      data.fail("tensor ", quoted(name), " begins at ", begin, " and not at ", expected, " in the data");
    if (end < begin || end - begin != size) {
      data.fail("tensor ", quoted(name), " of shape ", header.shape, " and ", header.dtype, " wants ", size,
                " bytes, its data_offsets are ", begin, " and ", end);
    }
    expected = end;
  }
  if (static_cast<std::size_t>(expected) != data.remaining()) {
    data.fail("tensors want ", expected, " bytes of data, ", data.remaining(), " follow the header");
  }
}

std::vector<Entry> lay_out(const std::map<std::string, Tensor>& tensors) {
  std::vector<Entry> entries;
  for (const auto& [name, tensor] : tensors) {
    entries.push_back(
        {.name = name, .header = {.shape = tensor.shape(), .dtype = tensor.dtype(), .bytes = tensor.nbytes()}});
  }
  std::stable_sort(entries.begin(), entries.end(),
                   [](const Entry& a, const Entry& b) { return place_of(a.header.dtype) < place_of(b.header.dtype); });
  std::int64_t offset = 0;
  for (Entry& entry : entries) {
    entry.begin = offset;
    entry.end = offset += static_cast<std::int64_t>(entry.header.bytes);
  }
  return entries;
}

std::string quote(std::string_view path, std::string_view text) {
  require<IoError>(is_utf8(text), path, "names and metadata must be UTF-8, got ", quoted(text));
  return json_quote(text);
}

std::string describe(std::string_view path, const Entry& entry) {
  std::string shape;
  for (const std::int64_t size : entry.header.shape) shape += concat(shape.empty() ? "" : ",", size);
  return concat(quote(path, entry.name), ":{\"dtype\":\"", codes[place_of(entry.header.dtype)].text, "\",\"shape\":[",
                shape, "],\"data_offsets\":[", entry.begin, ',', entry.end, "]}");
}

std::string header_text(std::string_view path, const std::vector<Entry>& entries,
                        const std::map<std::string, std::string>& metadata) {
  std::vector<std::string> members;
  std::string pairs;
  for (const auto& [key, value] : metadata) {
    pairs += concat(pairs.empty() ? "" : ",", quote(path, key), ':', quote(path, value));
  }
  if (!metadata.empty()) members.push_back(concat('"', metadata_key, "\":{", pairs, '}'));
  for (const Entry& entry : entries) members.push_back(describe(path, entry));
  std::string text = "{";
  for (const std::string& member : members) text += concat(text.size() > 1 ? "," : "", member);
  text += '}';
  text.append((8 - text.size() % 8) % 8, ' ');
  return text;
}

}  // namespace

SafeTensors load_safetensors(std::string_view path, const LoadOptions& options) {
  const FileContent content(path, options);
  ByteReader reader(content.bytes, path);
  const auto length = reader.number<std::uint64_t>();
  if (length > max_header_bytes)
    reader.fail("is no safetensors file, or lies: its header would have ", length, " bytes, at most ", max_header_bytes,
                " are allowed,");
  // Other JSON readers skip spaces here; the format forbids them.
  if (reader.peek() != '{') reader.fail("header wants '{'");
  Header header = parse_header(JsonReader(ByteReader(reader.take(length), path, sizeof length)));
  require_gapless(reader, header.entries);
  SafeTensors out{.tensors = {}, .metadata = std::move(header.metadata)};
  for (const Entry& entry : header.entries) {
    out.tensors.emplace(entry.name, map_tensor(reader, entry.header, content.mapped));
  }
  return out;
}

void save_safetensors(std::string_view path, const std::map<std::string, Tensor>& tensors,
                      const std::map<std::string, std::string>& metadata) {
  require<IoError>(!tensors.contains(std::string(metadata_key)), path, "no tensor can be named ", metadata_key);
  const std::vector<Entry> entries = lay_out(tensors);
  const std::string header = header_text(path, entries, metadata);
  require<IoError>(header.size() <= max_header_bytes, path, "header of ", header.size(), " bytes, at most ",
                   max_header_bytes, " are allowed");
  AtomicFile file(path);
  const std::uint64_t length = header.size();
  file.write(std::as_bytes(std::span(&length, 1)));
  file.write(header);
  for (const Entry& entry : entries) file.write(bytes_of(tensors.at(entry.name).contiguous()));
  file.commit();
}

}  // namespace reel::io
