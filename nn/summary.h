#pragma once

#include <optional>
#include <reel/nn/module.h>

namespace reel::nn {

/// What a layer of a model is and does.
struct LayerSummary {
  std::string path;                  ///< "features.3"; empty for the model itself
  std::string kind;                  ///< "Conv2d"
  std::optional<Shape> output;       ///< of its last call; none where forward was not called
  std::int64_t parameters = 0;       ///< numbers in its own ones; what is shared counts where it stands first
  std::int64_t multiply_adds = 0;    ///< of all its calls
  std::size_t activation_bytes = 0;  ///< of all its outputs, but those that are views of the input, as Flatten's are
};

/// The layers of a model in the order of registration: all modules without children, and others that have parameters or
/// multiply-adds of their own. Streaming it prints an aligned table with the totals.
struct Summary {
  std::vector<LayerSummary> layers;  ///< in the order of registration

  /// Sums over the layers:
  [[nodiscard]] std::int64_t parameters() const;
  [[nodiscard]] std::int64_t multiply_adds() const;
  [[nodiscard]] std::size_t activation_bytes() const;
};
/// A table with a line for each layer, and the totals.
std::ostream& operator<<(std::ostream& out, const Summary& summary);

/// Calls the model, in evaluation, with zeros of a shape, whose batch counts, and sees what each layer does:
///
///     std::cout << nn::summary(model, {1, 1, 28, 28});
///
/// Multiply-adds are those of products of matrices, be they in convolutions, linear layers, attention, recurrence or
/// matmul itself; what is done number by number is not counted. Ops count for the innermost layer that was called, so
/// those in a method of one's own for the layer that calls it. Nothing is left changed: modes, frozen parameters,
/// gradients and the default generator are as before. Throws what the model throws, and StateError for one with
/// checkpoints, which hide their ops.
[[nodiscard]] Summary summary(Module& model, const Shape& input_shape, DType dtype = float32);

}  // namespace reel::nn
