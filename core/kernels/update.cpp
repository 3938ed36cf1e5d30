#include <cmath>
#include <reel/core/kernels/loops.h>
#include <reel/core/kernels/update.h>

namespace reel::kernels {
namespace {

template <class T>
struct Sgd {
  T lr, momentum, kept, taken,
      weight_decay;  // kept, taken: the shares of the buffer and the gradient in the new buffer
  bool nesterov;
};

template <class T>
REEL_SIMD void plain_row(T* __restrict p, const T* __restrict g, Sgd<T> s, std::int64_t n) {
  for (std::int64_t i = 0; i < n; ++i) p[i] -= s.lr * (g[i] + s.weight_decay * p[i]);
}

template <class T>
REEL_SIMD void momentum_row(T* __restrict p, const T* __restrict g, T* __restrict b, Sgd<T> s, std::int64_t n) {
  for (std::int64_t i = 0; i < n; ++i) {
    const T d = g[i] + s.weight_decay * p[i];
    b[i] = s.kept * b[i] + s.taken * d;
    p[i] -= s.lr * (s.nesterov ? d + s.momentum * b[i] : b[i]);
  }
}

template <class T>
struct Adam {
  T lr, beta1, rest1, beta2, rest2, eps, weight_decay, keep, correction2;  // a rest is 1 - beta, rounded once
};

template <class T>
REEL_SIMD void adam_row(T* __restrict p, const T* __restrict g, T* __restrict m, T* __restrict v, Adam<T> a,
                        std::int64_t n) {
  for (std::int64_t i = 0; i < n; ++i) {
    const T start = p[i] * a.keep;
    const T d = g[i] + a.weight_decay * start;
    m[i] = a.beta1 * m[i] + a.rest1 * d;
    v[i] = a.beta2 * v[i] + a.rest2 * d * d;
    p[i] = start - a.lr * m[i] / (std::sqrt(v[i]) / a.correction2 + a.eps);
  }
}

}  // namespace

void sgd_step(Tensor parameter, const Tensor& grad, Tensor buffer, const SgdStep& step) {
  const Tensor g = grad.contiguous();
  visit_floats("SGD", parameter.dtype(), [&]<class T>(T) {
    const auto as = [](double x) { return static_cast<T>(x); };
    const Sgd<T> s{as(step.lr),
                   as(step.momentum),
                   as(step.first ? 0 : step.momentum),
                   as(step.first ? 1 : 1 - step.dampening),
                   as(step.weight_decay),
                   step.nesterov};
    T* p = parameter.mutable_data<T>();
    T* b = buffer.defined() ? buffer.mutable_data<T>() : nullptr;
    parallel_for(parameter.numel(), loop_chunk, [&](std::int64_t begin, std::int64_t end) {
      if (b == nullptr) return plain_row(p + begin, g.data<T>() + begin, s, end - begin);
      momentum_row(p + begin, g.data<T>() + begin, b + begin, s, end - begin);
    });
  });
}

void adam_step(Tensor parameter, const Tensor& grad, Tensor mean, Tensor square, const AdamStep& step) {
  const Tensor g = grad.contiguous();
  const auto count = static_cast<double>(step.count);
  visit_floats("Adam", parameter.dtype(), [&]<class T>(T) {
    const auto as = [](double x) { return static_cast<T>(x); };
    const Adam<T> a{.lr = as(step.lr / (1 - std::pow(step.beta1, count))),
                    .beta1 = as(step.beta1),
                    .rest1 = as(1 - step.beta1),
                    .beta2 = as(step.beta2),
                    .rest2 = as(1 - step.beta2),
                    .eps = as(step.eps),
                    .weight_decay = as(step.decoupled ? 0 : step.weight_decay),
                    .keep = as(step.decoupled ? 1 - step.lr * step.weight_decay : 1),
                    .correction2 = as(std::sqrt(1 - std::pow(step.beta2, count)))};
    T* p = parameter.mutable_data<T>();
    T* m = mean.mutable_data<T>();
    T* v = square.mutable_data<T>();
    parallel_for(parameter.numel(), loop_chunk, [&](std::int64_t begin, std::int64_t end) {
      adam_row(p + begin, g.data<T>() + begin, m + begin, v + begin, a, end - begin);
    });
  });
}

}  // namespace reel::kernels
