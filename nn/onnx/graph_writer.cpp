#include <onnx/onnx_pb.h>

#include <algorithm>
#include <reel/nn/onnx/graph_writer.h>
#include <set>

namespace reel::onnx {
namespace {

::onnx::TensorProto::DataType type_of(DType dtype) {
  switch (dtype) {
    case DType::float32: return ::onnx::TensorProto::FLOAT;
    case DType::float64: return ::onnx::TensorProto::DOUBLE;
    case DType::int64: return ::onnx::TensorProto::INT64;
    case DType::uint8: return ::onnx::TensorProto::UINT8;
    case DType::boolean: break;
  }
  return ::onnx::TensorProto::BOOL;
}

void set(::onnx::AttributeProto& to, std::int64_t value) {
  to.set_type(::onnx::AttributeProto::INT);
  to.set_i(value);
}
void set(::onnx::AttributeProto& to, double value) {
  to.set_type(::onnx::AttributeProto::FLOAT);
  to.set_f(static_cast<float>(value));
}
void set(::onnx::AttributeProto& to, const Ints& values) {
  to.set_type(::onnx::AttributeProto::INTS);
  for (const std::int64_t value : values) to.add_ints(value);
}
void set(::onnx::AttributeProto& to, const std::string& value) {
  to.set_type(::onnx::AttributeProto::STRING);
  to.set_s(value);
}
void set(::onnx::AttributeProto& to, const Names& words) {
  to.set_type(::onnx::AttributeProto::STRINGS);
  for (const std::string& word : words) to.add_strings(word);
}

void describe(::onnx::ValueInfoProto& info, const std::string& name, const Shape& shape, DType dtype) {
  info.set_name(name);
  auto& type = *info.mutable_type()->mutable_tensor_type();
  type.set_elem_type(type_of(dtype));
  auto& sizes = *type.mutable_shape();
  for (const std::int64_t size : shape) {
    if (size == any_size) sizes.add_dim()->set_dim_param("batch");
    else sizes.add_dim()->set_dim_value(size);
  }
}

}  // namespace

void GraphWriter::begin(const std::string& path, const std::string& op, std::int64_t place) {
  prefix_ = concat(path, path.empty() ? "" : "/", op, '_', place);
  count_ = 0;
}

std::string GraphWriter::node(const char* type, const Names& inputs, const std::vector<NodeAttribute>& attributes) {
  return nodes(type, inputs, attributes, 1).front();
}

Names GraphWriter::nodes(const char* type, const Names& inputs, const std::vector<NodeAttribute>& attributes,
                         int outputs) {
  auto& node = *model_.mutable_graph()->add_node();
  node.set_op_type(type);
  for (const std::string& input : inputs) node.add_input(input);
  while (node.input_size() > 0 && node.input(node.input_size() - 1).empty()) node.mutable_input()->RemoveLast();
  for (const NodeAttribute& attribute : attributes) {
    auto& to = *node.add_attribute();
    to.set_name(attribute.name);
    std::visit([&](const auto& value) { set(to, value); }, attribute.value);
  }
  Names names;
  for (int i = 0; i < outputs; ++i) {
    names.push_back(concat(prefix_, '.', count_++));
    node.add_output(names.back());
  }
  node.set_name(concat(names.front(), '/', type));
  return names;
}

void GraphWriter::initializer(const std::string& name, const Tensor& value) {
  auto& to = *model_.mutable_graph()->add_initializer();
  to.set_name(name);
  to.set_data_type(type_of(value.dtype()));
  for (const std::int64_t size : value.shape()) to.add_dims(size);
  const Tensor whole = value.contiguous();
  to.set_raw_data(whole.bytes(), whole.nbytes());
}

std::string GraphWriter::constant(const Tensor& value) {
  std::string name = concat("/constant_", constants_++);  // no state dict has a name with a slash
  initializer(name, value);
  return name;
}

std::string GraphWriter::ints(const Ints& values) {
  return constant(Tensor::from(std::span<const std::int64_t>(values), Shape{static_cast<std::int64_t>(values.size())}));
}

std::string GraphWriter::number(double value, DType dtype) { return constant(Tensor::scalar(value, dtype)); }

void GraphWriter::input(const std::string& name, const Shape& shape, DType dtype) {
  describe(*model_.mutable_graph()->add_input(), name, shape, dtype);
}

void GraphWriter::output(const std::string& name, const std::string& value, const Shape& shape, DType dtype) {
  auto& node = *model_.mutable_graph()->add_node();
  node.set_op_type("Identity");
  node.set_name(concat(name, "/Identity"));
  node.add_input(value);
  node.add_output(name);
  describe(*model_.mutable_graph()->add_output(), name, shape, dtype);
}

void GraphWriter::drop_unused() {
  std::set<std::string> used;
  auto& graph = *model_.mutable_graph();
  for (const auto& node : graph.node()) used.insert(node.input().begin(), node.input().end());
  auto& all = *graph.mutable_initializer();
  all.erase(std::remove_if(all.begin(), all.end(), [&](const auto& one) { return used.count(one.name()) == 0; }),
            all.end());
}

}  // namespace reel::onnx
