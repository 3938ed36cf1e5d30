#pragma once

#include <optional>
#include <reel/autograd/variable.h>

namespace reel {

/// Rows of weight [K, D] by their index: int64 [...] in [0, K) -> [..., D]. The row `padding_idx` (from the end, where
/// it is negative) is read as the others, but gets no gradient. Throws ShapeError, TypeError, and IndexError for an
/// index or a padding_idx that isn't there.
[[nodiscard]] Variable embedding(const Tensor& index, const Variable& weight,
                                 std::optional<std::int64_t> padding_idx = {});

}  // namespace reel
