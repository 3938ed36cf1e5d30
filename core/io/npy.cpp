#include <algorithm>
#include <array>
#include <optional>
#include <reel/core/io/file.h>
#include <reel/core/io/npy.h>
#include <reel/core/io/tensor_bytes.h>
#include <vector>

namespace reel::io {
namespace {

constexpr std::string_view magic = "\x93NUMPY";

struct Code {
  std::string_view text;
  DType dtype;
};
constexpr std::array<Code, 5> codes{{{"f4", float32}, {"f8", float64}, {"i8", int64}, {"u1", uint8}, {"b1", boolean}}};

// The header's dict: {'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }
struct Fields {
  std::optional<std::string> descr;
  std::optional<bool> fortran_order;
  std::optional<std::vector<std::int64_t>> shape;
};

// A Python string. None that NumPy writes here for a dtype that Reel has needs an escape.
std::string parse_string(ByteReader& reader) {
  const bool is_double = reader.accept('"');
  if (!is_double) reader.expect('\'');
  std::string text;
  while (reader.peek() != (is_double ? '"' : '\'')) {
    if (reader.peek() == '\\') reader.fail("header wants a string without escapes");
    text += reader.take_text(1);
  }
  reader.take(1);
  return text;
}

bool parse_bool(ByteReader& reader) {
  reader.skip_spaces();
  const bool value = reader.peek() == 'T';
  const std::string_view word = value ? "True" : "False";
  if (reader.remaining() < word.size() || reader.take_text(word.size()) != word) {
    reader.fail("header wants True or False");
  }
  return value;
}

// A tuple: (), (3,) or (3, 4). Python 2 put an L after long numbers.
std::vector<std::int64_t> parse_shape(ByteReader& reader) {
  std::vector<std::int64_t> sizes;
  reader.expect('(');
  while (!reader.accept(')')) {
    sizes.push_back(reader.integer());
    if (reader.peek() == 'L') reader.take(1);
    const bool has_comma = reader.accept(',');
    if (!has_comma && sizes.size() == 1) reader.fail("header wants a tuple as the shape");
    if (has_comma) continue;
    reader.expect(')');
    break;
  }
  return sizes;
}

// Sets a field that must not have come before.
template <class T>
void set_once(const ByteReader& reader, std::string_view key, std::optional<T>& field, T value) {
  if (field) reader.fail("header has ", quoted(key), " twice");
  field = std::move(value);
}

void parse_field(ByteReader& reader, Fields& fields) {
  const std::string key = parse_string(reader);
  reader.expect(':');
  if (key == "descr") {
    reader.skip_spaces();
    if (reader.peek() == '[') reader.fail("has a structured dtype, which a tensor can't have,");
    set_once(reader, key, fields.descr, parse_string(reader));
  } else if (key == "fortran_order") {
    set_once(reader, key, fields.fortran_order, parse_bool(reader));
  } else if (key == "shape") {
    set_once(reader, key, fields.shape, parse_shape(reader));
  } else {
    reader.fail("header has the unknown key ", quoted(key));
  }
}

Fields parse_fields(ByteReader& reader) {
  Fields fields;
  reader.expect('{');
  while (!reader.accept('}')) {
    parse_field(reader, fields);
    if (reader.accept(',')) continue;
    reader.expect('}');
    break;
  }
  reader.skip_spaces();
  if (!reader.at_end()) reader.fail("header goes on after its dict");
  if (!fields.descr || !fields.fortran_order || !fields.shape) {
    reader.fail("header wants 'descr', 'fortran_order' and 'shape'");
  }
  return fields;
}

DType dtype_from(const ByteReader& reader, std::string_view descr) {
  const char order = descr.empty() ? '\0' : descr[0];
  for (const auto& [text, dtype] : codes) {
    const bool has_order = order == '<' || order == '>' || (order == '|' && size_of(dtype) == 1);
    if (has_order && descr.substr(1) == text) return dtype;
  }
  reader.fail("has dtype ", quoted(descr), ", not float32, float64, int64, uint8 or bool,");
}

void swap_byte_order(Tensor& tensor) {
  const auto width = static_cast<std::ptrdiff_t>(size_of(tensor.dtype()));
  std::byte* const end = tensor.bytes() + tensor.nbytes();
  for (std::byte* element = tensor.bytes(); element != end; element += width) std::reverse(element, element + width);
}

// Fortran order is the row-major order of the transposed array.
Tensor read_fortran(ByteReader& reader, TensorHeader header) {
  std::reverse(header.shape.begin(), header.shape.end());
  Dims order;
  for (int axis = header.shape.rank() - 1; axis >= 0; --axis) order.push_back(axis);
  return read_tensor(reader, header).permute(order);
}

Fields parse_header(ByteReader& reader) {
  if (reader.remaining() < magic.size() || reader.take_text(magic.size()) != magic) {
    reader.fail("is no .npy file: wants its magic number");
  }
  const auto major = reader.number<std::uint8_t>();
  const auto minor = reader.number<std::uint8_t>();
  if (major < 1 || major > 3 || minor != 0) reader.fail("has unknown .npy version ", +major, '.', +minor);
  const std::size_t length = major == 1 ? reader.number<std::uint16_t>() : reader.number<std::uint32_t>();
  const std::size_t start = reader.offset();
  ByteReader text(reader.take(length), reader.path(), start, reader.part());
  return parse_fields(text);
}

}  // namespace

Tensor parse_npy(ByteReader reader, const std::shared_ptr<MappedFile>& mapped) {
  const Fields fields = parse_header(reader);
  const TensorHeader header = checked_header(reader, *fields.shape, dtype_from(reader, *fields.descr));
  if (header.bytes < reader.remaining()) {
    reader.fail("shape ", header.shape, " wants ", header.bytes, " bytes of ", header.dtype, ", ", reader.remaining(),
                " follow");
  }
  const bool swapped = fields.descr->front() == '>';
  Tensor tensor =
      *fields.fortran_order ? read_fortran(reader, header) : map_tensor(reader, header, swapped ? nullptr : mapped);
  if (swapped) swap_byte_order(tensor);
  return tensor.contiguous();
}

std::string npy_header(const Shape& shape, DType dtype) {
  const auto* code = std::find_if(codes.begin(), codes.end(), [&](const Code& c) { return c.dtype == dtype; });
  std::string dict =
      concat("{'descr': '", size_of(dtype) == 1 ? '|' : '<', code->text, "', 'fortran_order': False, 'shape': (");
  for (int axis = 0; axis < shape.rank(); ++axis) dict += concat(axis == 0 ? "" : ", ", shape[axis]);
  dict += shape.rank() == 1 ? ",), }" : "), }";
  // NumPy leaves room for the first axis to grow to 21 digits in place, and aligns the elements to 64 bytes.
  if (shape.rank() > 0) dict.append(21 - std::to_string(shape[0]).size(), ' ');
  constexpr std::size_t prefix = magic.size() + 4;
  dict.append(63 - (prefix + dict.size()) % 64, ' ');
  dict += '\n';
  // At most 8 axes: the length always fits the 16 bits of version 1.0.
  const std::array<char, 4> version_and_length{1, 0, static_cast<char>(dict.size() & 0xff),
                                               static_cast<char>(dict.size() >> 8)};
  return concat(magic, std::string_view(version_and_length.data(), version_and_length.size()), dict);
}

Tensor load_npy(std::string_view path, const LoadOptions& options) {
  const FileContent content(path, options);
  return parse_npy(ByteReader(content.bytes, path), content.mapped);
}

void save_npy(std::string_view path, const Tensor& tensor) {
  const Tensor contiguous = tensor.contiguous();
  AtomicFile file(path);
  file.write(npy_header(contiguous.shape(), contiguous.dtype()));
  file.write(bytes_of(contiguous));
  file.commit();
}

}  // namespace reel::io
