#pragma once

#include <cstdint>
#include <reel/nn/onnx/import.h>
#include <span>
#include <string>
#include <vector>

/// Protobuf messages by hand, so that tests can lie in them (https://protobuf.dev/programming-guides/encoding).
namespace reel::testing {

inline std::string varint(std::uint64_t value) {
  std::string bytes;
  for (; value > 127; value >>= 7) bytes += static_cast<char>(value | 128);
  return bytes + static_cast<char>(value);
}
/// A field that is a number, or that is bytes or another message.
inline std::string field(std::uint64_t number, std::int64_t value) {
  return varint(number << 3) + varint(static_cast<std::uint64_t>(value));
}
inline std::string field(std::uint64_t number, const std::string& bytes) {
  return varint(number << 3 | 2) + varint(bytes.size()) + bytes;
}

/// A TensorProto of float32 (or another type) with these bytes.
inline std::string tensor_message(const std::string& name, const std::vector<std::int64_t>& sizes,
                                  const std::string& raw, std::int64_t type = 1) {
  std::string message;
  for (const std::int64_t size : sizes) message += field(1, size);
  return message + field(2, type) + field(8, name) + field(9, raw);
}

/// An AttributeProto that is a number, or a row of them.
inline std::string attribute(const std::string& name, std::int64_t value) {
  return field(5, field(1, name) + field(3, value) + field(20, 2));
}
inline std::string attribute(const std::string& name, const std::vector<std::int64_t>& values) {
  std::string message = field(1, name) + field(20, 7);
  for (const std::int64_t value : values) message += field(8, value);
  return field(5, message);
}

/// What goes into a GraphProto.
inline std::string node(const std::string& type, const std::vector<std::string>& inputs,
                        const std::vector<std::string>& outputs, const std::string& attributes = {}) {
  std::string message;
  for (const std::string& input : inputs) message += field(1, input);
  for (const std::string& output : outputs) message += field(2, output);
  return field(1, message + field(4, type) + attributes);
}
inline std::string initializer(const std::string& tensor) { return field(5, tensor); }
inline std::string input(const std::string& name) { return field(11, field(1, name)); }
inline std::string output(const std::string& name) { return field(12, field(1, name)); }

/// A ModelProto with the graph.
inline std::string model_message(const std::string& graph, std::int64_t opset = 17) {
  return field(1, std::int64_t{8}) + field(7, graph) + field(8, field(2, opset));
}

inline onnx::Model parse(const std::string& bytes, const onnx::ImportOptions& options = {}) {
  return onnx::parse_model(std::as_bytes(std::span(bytes)), "model.onnx", options);
}

inline std::string floats(const std::vector<float>& values) {
  return {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(float)};
}

/// y = op(x), with what stands before it in the graph.
inline std::string one_node(const std::string& type, const std::string& attributes = {}, const std::string& before = {},
                            const std::vector<std::string>& inputs = {"x"}) {
  return model_message(input("x") + before + node(type, inputs, {"y"}, attributes) + output("y"));
}

}  // namespace reel::testing
