#include <algorithm>
#include <limits>
#include <reel/core/io/tensor_bytes.h>

namespace reel::io {
namespace {

// A C++ bool that holds anything but 0 and 1 is undefined behaviour.
void require_bools(const ByteReader& reader, std::span<const std::byte> bytes) {
  const auto bad = std::find_if(bytes.begin(), bytes.end(), [](std::byte b) { return b > std::byte{1}; });
  if (bad == bytes.end()) return;
  throw IoError(reader.path(), "holds a bool that is ", std::to_integer<int>(*bad), " at byte ",
                reader.offset() - static_cast<std::size_t>(bytes.end() - bad));
}

}  // namespace

TensorHeader checked_header(const ByteReader& reader, std::span<const std::int64_t> sizes, DType dtype) {
  if (sizes.size() > Dims::max_rank) reader.fail("has ", sizes.size(), " axes, a tensor at most ", Dims::max_rank);
  const Shape shape(sizes);
  // Axes of size 0 count as 1 here: strides are products too, and must not overflow either.
  std::size_t span = size_of(dtype);
  for (const std::int64_t size : shape) {
    if (size < 0 || __builtin_mul_overflow(span, static_cast<std::size_t>(std::max<std::int64_t>(size, 1)), &span) ||
        span > static_cast<std::size_t>(std::numeric_limits<std::int64_t>::max())) {
      reader.fail("has shape ", shape, ", more than can be addressed");
    }
  }
  const bool is_empty = std::find(shape.begin(), shape.end(), 0) != shape.end();
  return {.shape = shape, .dtype = dtype, .bytes = is_empty ? 0 : span};
}

Tensor read_tensor(ByteReader& reader, const TensorHeader& header) {
  const auto bytes = reader.take(header.bytes);
  if (header.dtype == boolean) require_bools(reader, bytes);
  Tensor out = Tensor::empty(header.shape, header.dtype);
  std::copy(bytes.begin(), bytes.end(), out.bytes());
  return out;
}

Tensor map_tensor(ByteReader& reader, const TensorHeader& header, const std::shared_ptr<MappedFile>& owner) {
  const std::span<std::byte> all = owner == nullptr ? std::span<std::byte>() : owner->bytes();
  const std::size_t place = reader.offset();
  if (all.empty() || header.bytes == 0 || place % size_of(header.dtype) != 0) return read_tensor(reader, header);
  const auto bytes = reader.take(header.bytes);
  if (header.dtype == boolean) require_bools(reader, bytes);
  return Tensor::from_blob(&all[place], header.shape, header.dtype, owner);
}

std::span<const std::byte> bytes_of(const Tensor& contiguous) {
  require<ShapeError>(contiguous.is_contiguous(), "bytes_of", "wants a contiguous tensor, got shape ",
                      contiguous.shape(), " with strides ", contiguous.strides());
  return {contiguous.bytes(), contiguous.nbytes()};
}

}  // namespace reel::io
