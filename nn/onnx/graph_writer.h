#pragma once

#include <cstdint>
#include <reel/core/tensor.h>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace onnx {
class ModelProto;
class TensorProto;
}  // namespace onnx

namespace reel::onnx {

using Ints = std::vector<std::int64_t>;
using Names = std::vector<std::string>;

/// An attribute of a node: `{"axis", 1}`.
struct NodeAttribute {
  NodeAttribute(const char* its_name, std::int64_t number) : name(its_name), value(number) {}
  NodeAttribute(const char* its_name, int number) : name(its_name), value(std::int64_t{number}) {}
  NodeAttribute(const char* its_name, double number) : name(its_name), value(number) {}
  NodeAttribute(const char* its_name, Ints numbers) : name(its_name), value(std::move(numbers)) {}
  NodeAttribute(const char* its_name, const char* word) : name(its_name), value(std::string(word)) {}

  NodeAttribute(const char* its_name, Names words) : name(its_name), value(std::move(words)) {}

  const char* name;
  std::variant<std::int64_t, double, Ints, std::string, Names> value;
};

/// The size of an axis that a file leaves open.
inline constexpr std::int64_t any_size = -1;

/// Appends to the graph of a model. What it makes has names of its own; nodes are called after what they are made for.
class GraphWriter {
 public:
  explicit GraphWriter(::onnx::ModelProto& model) : model_(model) {}

  /// Nodes from here on belong to the entry at `place`, in the module at `path`.
  void begin(const std::string& path, const std::string& op, std::int64_t place);
  /// One output of a node; an input "" is left out.
  std::string node(const char* type, const Names& inputs, const std::vector<NodeAttribute>& attributes = {});
  /// Several outputs.
  Names nodes(const char* type, const Names& inputs, const std::vector<NodeAttribute>& attributes, int outputs);
  void initializer(const std::string& name, const Tensor& value);
  /// An initializer with a name that the writer finds.
  std::string constant(const Tensor& value);
  std::string ints(const Ints& values);
  std::string number(double value, DType dtype);
  void input(const std::string& name, const Shape& shape, DType dtype);
  void output(const std::string& name, const std::string& value, const Shape& shape, DType dtype);
  /// Leaves out constants that no node came to use, once all is written.
  void drop_unused();

 private:
  ::onnx::ModelProto& model_;
  std::string prefix_;
  std::int64_t count_ = 0;      // of names under the prefix
  std::int64_t constants_ = 0;  // of all
};

}  // namespace reel::onnx
