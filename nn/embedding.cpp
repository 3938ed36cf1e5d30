#include <reel/autograd/ops/embedding.h>
#include <reel/core/random.h>
#include <reel/nn/embedding.h>

namespace reel::nn {

Embedding::Embedding(std::int64_t num_embeddings, std::int64_t embedding_dim, const EmbeddingOptions& options)
    : options_(options) {
  require<ValueError>(num_embeddings >= 1 && embedding_dim >= 1, "Embedding",
                      "num_embeddings and embedding_dim must be at least 1, got ", num_embeddings, " and ",
                      embedding_dim);
  require<IndexError>(
      !options_.padding_idx || (*options_.padding_idx >= -num_embeddings && *options_.padding_idx < num_embeddings),
      "Embedding", "padding_idx ", options_.padding_idx.value_or(0), " is outside [", -num_embeddings, ", ",
      num_embeddings, ")");
  Tensor weight = normal({num_embeddings, embedding_dim});
  if (options_.padding_idx) weight.select(0, *options_.padding_idx).fill(0);
  weight_ = &parameter("weight", std::move(weight));
}

std::string Embedding::describe() const {
  return concat("Embedding(", weight_->size(0), ", ", weight_->size(1),
                options_.padding_idx ? concat(", padding_idx=", *options_.padding_idx) : "", ')');
}

Variable Embedding::forward(const Variable& index) { return embedding(index.value(), *weight_, options_.padding_idx); }

}  // namespace reel::nn
