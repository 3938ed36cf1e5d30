#pragma once

#include <map>
#include <optional>
#include <reel/autograd/tape.h>
#include <reel/nn/onnx/graph_writer.h>
#include <string>
#include <string_view>
#include <vector>

namespace reel::onnx {

/// A Shape as a list.
[[nodiscard]] inline Ints list(const Dims& dims) { return {dims.begin(), dims.end()}; }

/// An entry of the tape on its way into the graph.
struct TracedOp {
  const TapeRow& row;
  const TapeRow& again;  // the same entry, of the run on another input
  Names inputs;          // what they are called in the graph

  /// The numbers of an attribute; none where it has its usual value.
  [[nodiscard]] std::optional<Ints> numbers(std::string_view name) const;
  [[nodiscard]] std::int64_t integer(std::string_view name, std::int64_t usual) const;
  [[nodiscard]] double real(std::string_view name, double usual) const;
  [[nodiscard]] Ints pair(std::string_view name, std::int64_t usual) const;
  [[nodiscard]] int rank() const { return row.inputs[0].shape.rank(); }
  /// An attribute that is an axis of the first input, counted from 0.
  [[nodiscard]] std::int64_t axis(std::string_view name = "axis") const;
  /// The output's shape as a Reshape takes it: a size that depends on the batch is -1, and one at the most may.
  [[nodiscard]] Ints open_shape() const;
  /// Throws ValueError that names the op, its module and what to do.
  [[noreturn]] void refuse(const std::string& why) const;
};

/// Appends the nodes for an entry, and returns the name of its output.
using ExportOp = std::string (*)(GraphWriter& graph, const TracedOp& op);
using ExportTable = std::map<std::string_view, ExportOp>;

/// Each family's ops by the names that the tape has for them.
[[nodiscard]] const ExportTable& elementwise_exports();
[[nodiscard]] const ExportTable& layer_exports();
[[nodiscard]] const ExportTable& shape_exports();
[[nodiscard]] const ExportTable& sequence_exports();

}  // namespace reel::onnx
