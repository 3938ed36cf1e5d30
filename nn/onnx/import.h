#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <reel/nn/module.h>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace reel::onnx {

/// How a file is read.
struct ImportOptions {
  /// Whether a floating-point initializer becomes a parameter, by its name and value; where it doesn't, it is a buffer.
  /// By default all do but those that begin with a slash, as constants of exporters do, and those that are, by name or
  /// by use in a BatchNormalization, running statistics.
  std::function<bool(std::string_view, const Tensor&)> is_parameter = {};
};

/// The graph of an ONNX file, node by node in ops of Reel, so that it can be run, trained, and exported again. Its
/// parameters and buffers have the names of the file's initializers: one called `conv1.weight` is the parameter
/// `weight` of a child `conv1`. It starts in evaluation mode, which is what a file describes; after train() its
/// BatchNormalizations normalise by the batch and move their running statistics, and its Dropouts drop.
///
///     onnx::Model model = onnx::import_model("model.onnx");
///     const Variable logits = model(images);                       // one input, one output
///     const std::vector<Variable> outputs = model.run({a, b});     // several
class Model : public nn::Module {
 public:
  /// What is moved from can only be destroyed or assigned to:
  Model(Model&&) noexcept;
  Model& operator=(Model&&) noexcept;
  ~Model() override;

  /// What run() wants, and what it gives, in the order of the file:
  [[nodiscard]] const std::vector<std::string>& input_names() const;
  [[nodiscard]] const std::vector<std::string>& output_names() const;
  /// Runs the graph. Throws ValueError for another number of inputs, and what its ops throw, with the node's name.
  [[nodiscard]] std::vector<Variable> run(const std::vector<Variable>& inputs);
  [[nodiscard]] std::string describe() const override;

 protected:
  /// For a graph of one input; gives the first output.
  Variable forward(const Variable& x) override;

 private:
  friend class Importer;
  Model();
  struct Graph;
  std::unique_ptr<Graph> graph_;
};

/// Reads a model of an opset up to 28, op by op from where on each has been what it is; see imported_ops(). Nothing is
/// run while it is read. Throws IoError for a file that is not there, is none of ONNX's, or contradicts itself (sizes
/// that are not those of its data, names that are used before they are made); ValueError, with the node, for an op, an
/// attribute or a data type that Reel has not, and for data in other files.
[[nodiscard]] Model import_model(std::string_view path, const ImportOptions& options = {});
/// The same of a file's content. `name` stands for the path in messages.
[[nodiscard]] Model parse_model(std::span<const std::byte> bytes, std::string_view name,
                                const ImportOptions& options = {});
/// A TensorProto file, as ONNX's tests have them: float32, float64, int64, int32 (as int64), uint8 and bool. Throws as
/// import_model().
[[nodiscard]] Tensor parse_tensor(std::span<const std::byte> bytes, std::string_view name);

/// An op that can be imported.
struct ImportedOp {
  std::string name;                     ///< ONNX's
  std::vector<std::string> attributes;  ///< those that a node may have, in alphabetical order
  std::int64_t since;                   ///< the oldest opset that it is read of
};
/// All of them, in alphabetical order.
[[nodiscard]] std::vector<ImportedOp> imported_ops();

}  // namespace reel::onnx
