#include <onnx/onnx_pb.h>

#include <reel/nn/onnx/import_ops.h>
#include <reel/nn/onnx/tensor_reader.h>

namespace reel::onnx {

using Attribute = ::onnx::AttributeProto;

const Variable& Call::input(std::size_t i) const {
  require<ValueError>(i < inputs.size() && inputs[i].defined(), "onnx", "input ", i, " is missing");
  return inputs[i];
}

Ints Call::ints(std::size_t i) const {
  const Tensor& value = input(i).value();
  require<TypeError>(value.dtype() == int64, "onnx", "input ", i, " is to be int64, got ", value.dtype());
  require<ShapeError>(value.rank() < 2, "onnx", "input ", i, " is to have one axis, got ", value.shape());
  const Tensor row = value.contiguous();
  const auto numbers = row.span<std::int64_t>();
  return {numbers.begin(), numbers.end()};
}

std::int64_t Call::integer(std::size_t i) const {
  const Ints numbers = ints(i);
  require<ShapeError>(numbers.size() == 1, "onnx", "input ", i, " is to be one number, got ", numbers.size());
  return numbers[0];
}

double Call::real(std::size_t i) const { return input(i).value().item(); }

bool NodeReader::has_output(int i) const { return i < node_.output_size() && !node_.output(i).empty(); }

const Attribute* NodeReader::find(std::string_view name) const {
  for (const Attribute& attribute : node_.attribute()) {
    if (attribute.name() == name) return &attribute;
  }
  return nullptr;
}

const Attribute* NodeReader::find(std::string_view name, int type) const {
  const Attribute* found = find(name);
  require_that(found == nullptr || found->type() == type, concat("its attribute ", name, " is of another type"));
  return found;
}

std::int64_t NodeReader::integer(std::string_view name, std::int64_t usual) const {
  const Attribute* found = find(name, Attribute::INT);
  return found == nullptr ? usual : found->i();
}

double NodeReader::real(std::string_view name, double usual) const {
  const Attribute* found = find(name, Attribute::FLOAT);
  return found == nullptr ? usual : static_cast<double>(found->f());
}

std::string NodeReader::word(std::string_view name, const std::string& usual) const {
  const Attribute* found = find(name, Attribute::STRING);
  return found == nullptr ? usual : found->s();
}

Names NodeReader::words(std::string_view name) const {
  const Attribute* found = find(name, Attribute::STRINGS);
  return found == nullptr ? Names() : Names(found->strings().begin(), found->strings().end());
}

std::optional<Ints> NodeReader::ints(std::string_view name) const {
  const Attribute* found = find(name, Attribute::INTS);
  if (found == nullptr) return std::nullopt;
  return Ints(found->ints().begin(), found->ints().end());
}

std::vector<double> NodeReader::reals(std::string_view name) const {
  const Attribute* found = find(name, Attribute::FLOATS);
  if (found == nullptr) return {};
  return {found->floats().begin(), found->floats().end()};
}

Tensor NodeReader::tensor(std::string_view name) const {
  const Attribute* found = find(name, Attribute::TENSOR);
  if (found == nullptr) return {};
  return read_tensor(found->t(), concat(node_.op_type(), node_.name().empty() ? "" : " ", node_.name(), ": ", name));
}

void NodeReader::refuse(std::string_view why) const {
  throw ValueError("onnx", node_.op_type(), node_.name().empty() ? "" : " ", node_.name(), ": ", why);
}

}  // namespace reel::onnx
