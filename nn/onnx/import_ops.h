#pragma once

#include <functional>
#include <map>
#include <optional>
#include <reel/autograd/variable.h>
#include <reel/nn/onnx/graph_writer.h>
#include <string>
#include <string_view>
#include <vector>

namespace onnx {
class AttributeProto;
class NodeProto;
}  // namespace onnx

namespace reel::onnx {

using Values = std::vector<Variable>;

/// What a node is run with.
struct Call {
  const Values& inputs;
  bool training;

  /// An input that may be missing: then it is undefined.
  [[nodiscard]] Variable optional(std::size_t i) const { return i < inputs.size() ? inputs[i] : Variable(); }
  /// Throws ValueError where it is missing.
  [[nodiscard]] const Variable& input(std::size_t i = 0) const;
  /// The numbers of an int64 tensor of one axis or none. Throws TypeError and ShapeError.
  [[nodiscard]] Ints ints(std::size_t i) const;
  [[nodiscard]] std::int64_t integer(std::size_t i) const;
  /// The one number of a tensor.
  [[nodiscard]] double real(std::size_t i) const;
};

/// A node at work: from its inputs to its outputs.
using Run = std::function<Values(const Call&)>;

/// A node as it stands in a file.
class NodeReader {
 public:
  NodeReader(const ::onnx::NodeProto& node, std::int64_t opset) : node_(node), opset_(opset) {}

  [[nodiscard]] std::int64_t opset() const { return opset_; }
  [[nodiscard]] bool has_output(int i) const;
  [[nodiscard]] bool has(std::string_view attribute) const { return find(attribute) != nullptr; }
  // The attribute, or what it usually is. Throw ValueError for one of another type.
  [[nodiscard]] std::int64_t integer(std::string_view name, std::int64_t usual) const;
  [[nodiscard]] bool flag(std::string_view name, bool usual) const { return integer(name, usual ? 1 : 0) != 0; }
  [[nodiscard]] double real(std::string_view name, double usual) const;
  [[nodiscard]] std::string word(std::string_view name, const std::string& usual) const;
  [[nodiscard]] Names words(std::string_view name) const;
  [[nodiscard]] std::optional<Ints> ints(std::string_view name) const;
  [[nodiscard]] std::vector<double> reals(std::string_view name) const;
  /// Undefined where there is none.
  [[nodiscard]] Tensor tensor(std::string_view name) const;

  /// Throws ValueError.
  [[noreturn]] void refuse(std::string_view why) const;
  void require_that(bool holds, std::string_view why) const {
    if (!holds) refuse(why);
  }

 private:
  [[nodiscard]] const ::onnx::AttributeProto* find(std::string_view name) const;
  /// Throws ValueError unless the attribute is of the type, a number of ONNX's.
  [[nodiscard]] const ::onnx::AttributeProto* find(std::string_view name, int type) const;

  const ::onnx::NodeProto& node_;
  std::int64_t opset_;
};

/// How nodes of a type are read: the attributes that they may have, what makes a Run of one, and from which opset on it
/// means that.
struct ImportOp {
  std::vector<std::string_view> attributes;
  Run (*make)(const NodeReader& node);
  std::int64_t since = 7;
};
using ImportTable = std::map<std::string_view, ImportOp>;

/// Each family's ops by ONNX's names.
[[nodiscard]] const ImportTable& elementwise_imports();
[[nodiscard]] const ImportTable& layer_imports();
[[nodiscard]] const ImportTable& reduce_imports();
[[nodiscard]] const ImportTable& sequence_imports();
[[nodiscard]] const ImportTable& shape_imports();

/// Numbers as the axes of a tensor. Throws ShapeError for more than it can have.
[[nodiscard]] inline Dims dims(const Ints& numbers) { return Dims(std::span<const std::int64_t>(numbers)); }

/// A Run for a function of the first input alone.
template <class F>
Run on_input(F f) {
  return [f](const Call& call) { return Values{f(call.input())}; };
}

}  // namespace reel::onnx
