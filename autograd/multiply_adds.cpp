#include <reel/autograd/multiply_adds.h>

namespace reel {

std::int64_t multiply_adds(std::string_view op, std::span<const Shape> inputs, const Shape& output) {
  const auto count = [&](std::size_t input) { return numel(inputs[input]); };
  const auto last = [](const Shape& s) { return s[s.rank() - 1]; };
  const std::int64_t out = numel(output);
  if (out == 0) return 0;
  if (op == "conv2d_weight_grad") return count(1) * (out / output[0]);
  if (op.starts_with("conv_transpose2d")) {  // each input number meets these
    return count(0) * (count(1) / inputs[1][0]);
  }
  if (op.starts_with("conv2d")) {
    const std::int64_t sums = op.ends_with("_max_pool2d") ? 4 * out : out;
    return sums * (count(1) / inputs[1][0]);
  }
  if (op == "linear" || op == "linear_relu") return out * inputs[1][1];
  if (op == "matmul") return out * last(inputs[0]);
  if (op == "scaled_dot_product_attention") {  // [..., L, E], [..., S, E], [..., S, V] -> [..., L, V]
    const std::int64_t keys = inputs[1][inputs[1].rank() - 2];
    return out / last(output) * keys * (last(inputs[0]) + last(output));
  }
  if (op == "rnn_tanh" || op == "rnn_relu" || op == "lstm" || op == "gru") {  // x [T, N, I], h, weight_ih, weight_hh
    return inputs[0][0] * inputs[0][1] * (count(2) + count(3));
  }
  return 0;
}

}  // namespace reel
