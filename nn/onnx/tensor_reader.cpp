#include <onnx/onnx_pb.h>

#include <algorithm>
#include <cstring>
#include <reel/nn/onnx/tensor_reader.h>
#include <vector>

namespace reel::onnx {
namespace {

using Proto = ::onnx::TensorProto;

Shape read_shape(const Proto& proto, std::string_view name) {
  require<ValueError>(proto.dims_size() <= Dims::max_rank, name, "has ", proto.dims_size(),
                      " axes; a tensor of Reel has at most ", Dims::max_rank);
  Shape shape;
  std::int64_t elements = 1;
  for (const std::int64_t size : proto.dims()) {
    // An empty axis counts as one here, so that the product of the others is known to fit wherever it stands.
    const bool fits = size >= 0 && !__builtin_mul_overflow(elements, std::max<std::int64_t>(size, 1), &elements);
    require<IoError>(fits, name, "has a size of ", size, ", which can't be");
    shape.push_back(size);
  }
  return shape;
}

/// The numbers as they lie in memory, or one by one in a field of the message.
template <class T, class Field>
std::vector<T> read_numbers(const Proto& proto, const Field& field, const Shape& shape, std::string_view name) {
  const auto count = static_cast<std::size_t>(numel(shape));
  if (!proto.has_raw_data()) {
    require<IoError>(static_cast<std::size_t>(field.size()) == count, name, "is said to be ", shape, ", but has ",
                     field.size(), " numbers");
    std::vector<T> values;
    values.reserve(count);
    for (const auto value : field) values.push_back(static_cast<T>(value));
    return values;
  }
  const std::string& raw = proto.raw_data();
  require<IoError>(raw.size() / sizeof(T) == count && raw.size() % sizeof(T) == 0, name, "is said to be ", shape,
                   ", but has ", raw.size(), " bytes");
  std::vector<T> values(count);
  if (count > 0) std::memcpy(values.data(), raw.data(), raw.size());
  return values;
}

}  // namespace

std::optional<DType> dtype_from(std::int64_t onnx_type) {
  switch (onnx_type) {
    case Proto::FLOAT: return float32;
    case Proto::DOUBLE: return float64;
    case Proto::INT32:
    case Proto::INT64: return int64;
    case Proto::UINT8: return uint8;
    case Proto::BOOL: return boolean;
    default: return std::nullopt;
  }
}

Tensor read_tensor(const Proto& proto, std::string_view name) {
  require<ValueError>(proto.data_location() != Proto::EXTERNAL && proto.external_data_size() == 0, name,
                      "has its data in another file; save the model in one file");
  const Shape shape = read_shape(proto, name);
  const auto tensor = [&]<class T>(T, const auto& field) {
    return Tensor::from<T>(read_numbers<T>(proto, field, shape, name), shape);
  };
  switch (proto.data_type()) {
    case Proto::FLOAT: return tensor(float{}, proto.float_data());
    case Proto::DOUBLE: return tensor(double{}, proto.double_data());
    case Proto::INT64: return tensor(std::int64_t{}, proto.int64_data());
    case Proto::UINT8: return tensor(std::uint8_t{}, proto.int32_data());
    case Proto::BOOL: return tensor(std::uint8_t{}, proto.int32_data()).to(boolean);
    case Proto::INT32: {
      const auto numbers = read_numbers<std::int32_t>(proto, proto.int32_data(), shape, name);
      return Tensor::from<std::int64_t>(std::vector<std::int64_t>(numbers.begin(), numbers.end()), shape);
    }
    default: break;
  }
  throw ValueError(name, "is of ONNX's type ", proto.data_type(),
                   "; Reel has float32, float64, int64 (and reads int32 as such), uint8 and bool");
}

}  // namespace reel::onnx
