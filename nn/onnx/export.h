#pragma once

#include <cstdint>
#include <functional>
#include <reel/nn/module.h>
#include <string>
#include <string_view>
#include <vector>

/// ONNX files (https://onnx.ai), for ONNX Runtime and what else reads them. An optional part of Reel, which is built
/// where protobuf and ONNX's headers are: the target reel::onnx.
namespace reel::onnx {

/// How a model is written.
struct ExportOptions {
  /// The version of ONNX's operators that the file is written in: 17.
  std::int64_t opset = 17;
  /// Empty: "input", or input_0, input_1, ... where there are several.
  std::vector<std::string> input_names = {};
  /// Empty: "output", or output_0, output_1, ... where there are several.
  std::vector<std::string> output_names = {};
  /// Axis 0 of every input is the batch, and of any size where the file is run. For a model with another order of axes
  /// or with a part that depends on the batch size, switch it off.
  bool dynamic_batch = true;
};

/// What is exported: from the inputs to the outputs.
using Function = std::function<std::vector<Variable>(const std::vector<Variable>&)>;

/// Writes the graph of what `model(example)` computes in evaluation mode. Parameters and buffers become initializers
/// under their names in the state dict. The model runs twice, on the example and on other numbers (with a dynamic
/// batch, one more of them), and what differs between the two is what depends on the input: so a part of the model that
/// computes with an input's value() beside the tape is found, and no batch size gets into the file. The model is back
/// in its mode afterwards.
///
/// Throws ValueError for an op that ONNX or this export has no counterpart of, with the op and the path of its module,
/// and where the model does something else for another input; IoError where the file can't be written.
void export_model(std::string_view path, nn::Module& model, const Tensor& example, const ExportOptions& options = {});

/// The same of a model with several inputs or outputs, or with a method of its own:
///
///     onnx::export_model("lstm.onnx", lstm, {sequence}, [&](const auto& in) {
///       return std::vector{lstm.run(in[0]).output};
///     });
void export_model(std::string_view path, nn::Module& model, const std::vector<Tensor>& examples,
                  const Function& function, const ExportOptions& options = {});

/// The ops that can be exported, by the names that a tape has for them, in alphabetical order.
[[nodiscard]] std::vector<std::string> exported_ops();

}  // namespace reel::onnx
