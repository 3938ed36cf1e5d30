#pragma once

#include <reel/core/tensor.h>
#include <string>

namespace reel {

/// A tensor as JSON, as much of it as `most` values:
///
///     {"shape": [6, 24, 24], "dtype": "float32", "low": -0.5, "high": 2, "values": [0, 0.5, ...],
///      "picture": {"tiles": 2, "height": 24, "width": 24, "of": [6, 24, 24], "pixels": "..."}}
///
/// `low` and `high` are those of the whole tensor, infinities and NaNs aside, which are counted in `bad`. Up to
/// 64 values are there as numbers, and of a tensor that has more, the first eight and a picture. Its tiles are the
/// planes of the last two axes in row-major order: the channels of the first image, or filter after filter. A pixel is
/// a byte in base64, from 1 at `low` to 255 at `high`; 0 is no number. What is not finite among `values` is a string.
[[nodiscard]] std::string tensor_json(const Tensor& tensor, std::int64_t most);

}  // namespace reel
