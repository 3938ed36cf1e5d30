#include <reel/core/kernels/linear.h>
#include <reel/core/kernels/linear_few.h>
#include <reel/core/kernels/linear_packed.h>
#include <reel/core/kernels/loops.h>
#include <reel/core/kernels/matmul.h>
#include <reel/core/kernels/simd.h>

namespace reel::kernels {
namespace {

template <class T>
REEL_SIMD void finish_row(T* __restrict y, const T* __restrict bias, bool is_relu, std::int64_t n) {
  if (bias != nullptr) {
    for (std::int64_t i = 0; i < n; ++i) y[i] += bias[i];
  }
  if (is_relu) {
    for (std::int64_t i = 0; i < n; ++i) y[i] = y[i] < 0 ? T{0} : y[i];
  }
}

/// Whether there are vectors for x (N, I) and weight (O, I).
bool has_vectors_for(const Tensor& x, const Tensor& weight) {
  return x.dtype() == float32 && weight.dtype() == float32 && x.size(1) == weight.size(1) && x.numel() > 0 &&
         x.is_contiguous() && weight.is_contiguous() && has_fast_vectors();
}

Tensor forward_packed(const Tensor& x, const Tensor& weight, const Tensor& bias, Activation activation) {
  Tensor y = Tensor::empty({x.size(0), weight.size(0)});
  linear_packed::forward(x.data<float>(), x.size(0), weight.data<float>(), weight.size(0), x.size(1),
                         bias.defined() ? bias.data<float>() : nullptr, activation, y.mutable_data<float>());
  return y;
}

/// x (N, I) times weight (O, I) transposed
Tensor multiply(const Tensor& x, const Tensor& weight) {
  if (x.size(0) > linear_few::most_inputs || !has_vectors_for(x, weight)) return matmul(x, weight.transpose(0, 1));
  Tensor y = Tensor::empty({x.size(0), weight.size(0)});
  linear_few::forward(x.data<float>(), x.size(0), weight.data<float>(), weight.size(0), x.size(1),
                      y.mutable_data<float>());
  return y;
}

}  // namespace

Tensor linear_forward(const Tensor& x, const Tensor& weight, const Tensor& bias, Activation activation) {
  const Tensor b = bias.defined() ? bias.contiguous() : bias;
  if (x.size(0) >= linear_packed::least_inputs && weight.size(0) >= linear_packed::least_outputs &&
      has_vectors_for(x, weight)) {
    return forward_packed(x, weight, b, activation);
  }
  Tensor y = multiply(x, weight);
  const bool is_relu = activation == Activation::relu;
  if (!bias.defined() && !is_relu) return y;
  visit_floats("linear", y.dtype(), [&]<class T>(T) {
    T* to = y.mutable_data<T>();
    const T* add = b.defined() ? b.data<T>() : nullptr;
    const std::int64_t n = y.size(1);
    parallel_for(y.size(0), std::max<std::int64_t>(1, loop_chunk / std::max<std::int64_t>(1, n)),
                 [&](std::int64_t begin, std::int64_t end) {
                   for (std::int64_t i = begin; i < end; ++i) finish_row(to + i * n, add, is_relu, n);
                 });
  });
  return y;
}

}  // namespace reel::kernels
