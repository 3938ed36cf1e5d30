#pragma once

#include <cstdint>

/// A linear layer of float32 for a few inputs. Each weight is used once or twice then, so it is not laid out anew, as a
/// matrix product would do.
namespace reel::kernels::linear_few {

inline constexpr std::int64_t most_inputs = 4;

/// y (n, O) = x (n, I) times w (O, I) transposed, all contiguous, for n <= most_inputs.
void forward(const float* x, std::int64_t n, const float* w, std::int64_t outputs, std::int64_t inputs, float* y);

}  // namespace reel::kernels::linear_few
