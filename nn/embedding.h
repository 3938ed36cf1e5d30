#pragma once

#include <optional>
#include <reel/nn/module.h>

namespace reel::nn {

/// What an Embedding may have.
struct EmbeddingOptions {
  std::optional<std::int64_t> padding_idx = {};  ///< a row that starts as zeros and gets no gradient
};

/// Index, int64 [...] in [0, num_embeddings) -> [..., embedding_dim]; see reel::embedding. Parameter: weight
/// [num_embeddings, embedding_dim], which starts normal with a deviation of 1.
class Embedding : public Module {
 public:
  /// Throws ValueError for sizes below 1, and IndexError for a padding_idx that isn't there.
  Embedding(std::int64_t num_embeddings, std::int64_t embedding_dim, const EmbeddingOptions& options = {});

  /// The vectors, [num_embeddings, embedding_dim].
  [[nodiscard]] const Variable& weight() const { return *weight_; }
  [[nodiscard]] std::string describe() const override;

 protected:
  Variable forward(const Variable& index) override;

 private:
  EmbeddingOptions options_;
  const Variable* weight_ = nullptr;  // owned as a parameter
};

}  // namespace reel::nn
