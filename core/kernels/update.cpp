#include <algorithm>
#include <cmath>
#include <reel/core/kernels/loops.h>
#include <reel/core/kernels/update.h>

namespace reel::kernels {
namespace {

template <class T>
struct Sgd {
  T lr, momentum;
  T kept, taken;  // the shares of the buffer and the gradient in the new buffer
  T weight_decay;
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

template <class T>
Sgd<T> sgd_of(const SgdStep& step, bool first) {
  const auto as = [](double x) { return static_cast<T>(x); };
  return {as(step.lr),           as(step.momentum), as(first ? 0 : step.momentum), as(first ? 1 : 1 - step.dampening),
          as(step.weight_decay), step.nesterov};
}

template <class T>
Adam<T> adam_of(const AdamStep& step, std::int64_t count) {
  const auto as = [](double x) { return static_cast<T>(x); };
  const auto n = static_cast<double>(count);
  return {.lr = as(step.lr / (1 - std::pow(step.beta1, n))),
          .beta1 = as(step.beta1),
          .rest1 = as(1 - step.beta1),
          .beta2 = as(step.beta2),
          .rest2 = as(1 - step.beta2),
          .eps = as(step.eps),
          .weight_decay = as(step.decoupled ? 0 : step.weight_decay),
          .keep = as(step.decoupled ? 1 - step.lr * step.weight_decay : 1),
          .correction2 = as(std::sqrt(1 - std::pow(step.beta2, n)))};
}

/// Calls `f(update, begin, end)` for pieces of the parameters, in one parallel loop over the elements of all: a task
/// may get the end of one parameter, some small ones and the beginning of another.
template <class Update, class F>
void for_each_piece(std::string_view op, std::vector<Update>& updates, const F& f) {
  std::vector<std::int64_t> ends;  // of each parameter, in a row of all
  for (Update& update : updates) {
    update.grad = update.grad.contiguous();
    ends.push_back((ends.empty() ? 0 : ends.back()) + update.parameter.numel());
  }
  parallel_for(ends.empty() ? 0 : ends.back(), loop_chunk, [&](std::int64_t at, std::int64_t end) {
    for (auto i = std::upper_bound(ends.begin(), ends.end(), at); at < end; ++i) {
      Update& update = updates[static_cast<std::size_t>(i - ends.begin())];
      const std::int64_t first = *i - update.parameter.numel();
      const std::int64_t stop = std::min(end, *i);
      visit_floats(op, update.parameter.dtype(), [&](auto zero) { f(zero, update, at - first, stop - first); });
      at = stop;
    }
  });
}

}  // namespace

void sgd_step(std::vector<SgdUpdate> updates, const SgdStep& step) {
  for_each_piece("SGD", updates, [&]<class T>(T, SgdUpdate& u, std::int64_t begin, std::int64_t end) {
    T* p = u.parameter.mutable_data<T>() + begin;
    const T* g = u.grad.data<T>() + begin;
    const auto sgd = sgd_of<T>(step, u.first);
    if (!u.buffer.defined()) return plain_row(p, g, sgd, end - begin);
    momentum_row(p, g, u.buffer.mutable_data<T>() + begin, sgd, end - begin);
  });
}

void adam_step(std::vector<AdamUpdate> updates, const AdamStep& step) {
  for_each_piece("Adam", updates, [&]<class T>(T, AdamUpdate& u, std::int64_t begin, std::int64_t end) {
    adam_row(u.parameter.mutable_data<T>() + begin, u.grad.data<T>() + begin, u.mean.mutable_data<T>() + begin,
             u.square.mutable_data<T>() + begin, adam_of<T>(step, u.count), end - begin);
  });
}

}  // namespace reel::kernels
