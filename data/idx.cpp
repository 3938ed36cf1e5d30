#include <reel/core/io/deflate.h>
#include <reel/data/idx.h>

namespace reel::data {
namespace {

// An IDX file: 0, 0, element type, number of axes; the size of each axis in 4 bytes, the highest first; the elements,
// row-major. (http://yann.lecun.com/exdb/mnist/)

constexpr std::size_t magic_bytes = 4;
constexpr std::size_t size_bytes = 4;
constexpr unsigned type_uint8 = 0x08;

/// The format's types, for the message only.
std::string_view type_name(unsigned code) {
  switch (code) {
    case 0x09: return "int8";
    case 0x0B: return "int16";
    case 0x0C: return "int32";
    case 0x0D: return "float32";
    case 0x0E: return "float64";
    default: return "unknown";
  }
}

class Header {
 public:
  Header(std::span<const std::byte> file, std::string_view path) : file_(file), path_(path) {
    require<IoError>(file.size() >= magic_bytes, path, "no IDX file: it ends after ", file.size(),
                     " bytes, within the magic number at byte 0");
    require<IoError>(byte(0) == 0 && byte(1) == 0, path, "no IDX file: wants 0, 0 at byte 0, found ", byte(0), ", ",
                     byte(1));
    require<IoError>(byte(2) == type_uint8, path, "wants elements of uint8 (type 8) at byte 2, found type ", byte(2),
                     " (", type_name(byte(2)), ")");
    require<IoError>(byte(3) >= 1 && byte(3) <= Shape::max_rank, path, "wants 1 to ", Shape::max_rank,
                     " axes at byte 3, found ", byte(3));
    require<IoError>(file.size() >= bytes(), path, "truncated: ", byte(3), " axes want ", bytes(),
                     " bytes of header, the file ends at byte ", file.size());
  }

  [[nodiscard]] std::size_t bytes() const { return magic_bytes + size_bytes * byte(3); }

  /// The sizes, once the elements that they promise are known to be there, to the byte.
  [[nodiscard]] Shape shape() const {
    Shape shape;
    std::uint64_t elements = 1;
    const std::uint64_t room = file_.size() - bytes();
    for (std::size_t axis = 0; axis < byte(3); ++axis) {
      const std::size_t at = magic_bytes + size_bytes * axis;
      const std::uint64_t size =
          (std::uint64_t{byte(at)} << 24) | (byte(at + 1) << 16) | (byte(at + 2) << 8) | byte(at + 3);
      require<IoError>(size > 0, path_, axis == 0 ? "an empty data set: " : "", "size 0 of axis ", axis, " at byte ",
                       at);
      // Both factors are below 2^32, or the product would have been refused before.
      elements *= size;
      require<IoError>(elements <= room, path_, "truncated or lying: size ", size, " of axis ", axis, " at byte ", at,
                       " promises at least ", elements, " elements, ", room, " bytes follow the header");
      shape.push_back(static_cast<std::int64_t>(size));
    }
    require<IoError>(elements == room, path_, "shape ", shape, " ends at byte ", bytes() + elements,
                     ", the file at byte ", file_.size());
    return shape;
  }

 private:
  [[nodiscard]] unsigned byte(std::size_t at) const { return std::to_integer<unsigned>(file_[at]); }

  std::span<const std::byte> file_;
  std::string_view path_;
};

}  // namespace

Tensor read_idx(std::string_view path, std::size_t max_bytes) {
  const auto file = std::make_shared<io::Bytes>(io::read_maybe_gzip(path, max_bytes));
  const Header header(*file, path);
  const Shape shape = header.shape();
  return Tensor::from_blob(file->data() + header.bytes(), shape, uint8, file);
}

}  // namespace reel::data
