#include <reel/autograd/ops/arithmetic.h>
#include <reel/autograd/ops/embedding.h>
#include <reel/autograd/ops/index.h>
#include <reel/autograd/ops/view.h>
#include <reel/autograd/tape.h>
#include <reel/core/kernels/index.h>

namespace reel {
namespace {

/// The rows, of which those of the mask pass no gradient on.
Variable without_gradient(const Variable& rows, const Tensor& mask) {
  return record("embedding_padding", {rows}, rows.value(), [mask](const Variable& grad, const Step&) -> Gradients {
    return {where(mask, scalar_like(0, grad.value()), grad)};
  });
}

}  // namespace

Variable embedding(const Tensor& index, const Variable& weight, std::optional<std::int64_t> padding_idx) {
  require_defined("embedding", index);
  require_defined("embedding", weight.value());
  require<ShapeError>(weight.rank() == 2, "embedding", "weight wants shape [K, D], got ", weight.shape());
  require_indices("embedding", index, weight.size(0));
  visit_floats("embedding", weight.dtype(), [](auto) {});
  const Tensor flat = index.reshape({-1});
  Variable rows = index_select(weight, 0, flat);
  if (padding_idx) {
    const std::int64_t count = weight.size(0);
    require<IndexError>(*padding_idx >= -count && *padding_idx < count, "embedding", "padding_idx ", *padding_idx,
                        " is outside [", -count, ", ", count, ")");
    const auto padding = static_cast<double>(*padding_idx < 0 ? *padding_idx + count : *padding_idx);
    rows = without_gradient(rows, eq(flat, Tensor::scalar(padding, int64)).unsqueeze(1));
  }
  Shape shape = index.shape();
  shape.push_back(weight.size(1));
  return reshape(rows, shape);
}

}  // namespace reel
