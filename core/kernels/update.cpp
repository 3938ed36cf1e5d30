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

/// With the largest v so far in place of v.
template <class T>
REEL_SIMD void amsgrad_row(T* __restrict p, const T* __restrict g, T* __restrict m, T* __restrict v,
                           T* __restrict largest, Adam<T> a, std::int64_t n) {
  for (std::int64_t i = 0; i < n; ++i) {
    const T start = p[i] * a.keep;
    const T d = g[i] + a.weight_decay * start;
    m[i] = a.beta1 * m[i] + a.rest1 * d;
    v[i] = a.beta2 * v[i] + a.rest2 * d * d;
    largest[i] = v[i] > largest[i] ? v[i] : largest[i];
    p[i] = start - a.lr * m[i] / (std::sqrt(largest[i]) / a.correction2 + a.eps);
  }
}

template <class T>
struct Rmsprop {
  T lr, alpha, rest, eps, weight_decay, momentum;
};

/// Takes the mean of the gradient and the momentum buffer where they are not null.
template <class T>
REEL_SIMD void rmsprop_row(T* __restrict p, const T* __restrict g, T* __restrict v, T* __restrict mean, T* __restrict b,
                           Rmsprop<T> r, std::int64_t n) {
  for (std::int64_t i = 0; i < n; ++i) {
    const T d = g[i] + r.weight_decay * p[i];
    v[i] = r.alpha * v[i] + r.rest * d * d;
    T square = v[i];
    if (mean != nullptr) {
      mean[i] += r.rest * (d - mean[i]);
      square -= mean[i] * mean[i];
    }
    T way = d / (std::sqrt(square) + r.eps);
    if (b != nullptr) {
      b[i] = r.momentum * b[i] + way;
      way = b[i];
    }
    p[i] -= r.lr * way;
  }
}

template <class T>
struct Adagrad {
  T lr, eps, weight_decay;
};

template <class T>
REEL_SIMD void adagrad_row(T* __restrict p, const T* __restrict g, T* __restrict sum, Adagrad<T> a, std::int64_t n) {
  for (std::int64_t i = 0; i < n; ++i) {
    const T d = g[i] + a.weight_decay * p[i];
    sum[i] += d * d;
    p[i] -= a.lr * d / (std::sqrt(sum[i]) + a.eps);
  }
}

template <class T>
REEL_SIMD void average_row(T* __restrict average, const T* __restrict x, T share, std::int64_t n) {
  for (std::int64_t i = 0; i < n; ++i) average[i] += share * (x[i] - average[i]);
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

/// A stretch of a parameter's elements, and of what belongs to them.
template <class T>
struct Piece {
  Piece(Update& update, std::int64_t begin, std::int64_t length)
      : parameter(update.parameter.mutable_data<T>() + begin), grad(update.grad.data<T>() + begin), size(length) {
    for (std::size_t i = 0; i < state.size(); ++i) {
      if (update.state[i].defined()) state[i] = update.state[i].mutable_data<T>() + begin;
    }
  }

  T* parameter;
  const T* grad;
  std::array<T*, 3> state{};  // null where there is none
  std::int64_t size;
};

/// Calls `f(piece, update)` for pieces of the parameters, in one parallel loop over the elements of all: a task may
/// get the end of one parameter, some small ones and the beginning of another.
template <class F>
void for_each_piece(const char* op, std::vector<Update>& updates, const F& f) {
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
      visit_floats(op, update.parameter.dtype(),
                   [&]<class T>(T) { f(Piece<T>(update, at - first, stop - at), update); });
      at = stop;
    }
  });
  for (Update& update : updates) update.parameter.mark_changed(op);
}

}  // namespace

void sgd_step(std::vector<Update> updates, const SgdStep& step) {
  for_each_piece("SGD", updates, [&]<class T>(const Piece<T>& x, const Update& u) {
    const auto sgd = sgd_of<T>(step, u.first);
    if (x.state[0] == nullptr) return plain_row(x.parameter, x.grad, sgd, x.size);
    momentum_row(x.parameter, x.grad, x.state[0], sgd, x.size);
  });
}

void adam_step(std::vector<Update> updates, const AdamStep& step) {
  for_each_piece("Adam", updates, [&]<class T>(const Piece<T>& x, const Update& u) {
    const auto adam = adam_of<T>(step, u.count);
    if (x.state[2] == nullptr) return adam_row(x.parameter, x.grad, x.state[0], x.state[1], adam, x.size);
    amsgrad_row(x.parameter, x.grad, x.state[0], x.state[1], x.state[2], adam, x.size);
  });
}

void rmsprop_step(std::vector<Update> updates, const RmspropStep& step) {
  for_each_piece("RMSprop", updates, [&]<class T>(const Piece<T>& x, const Update&) {
    const auto as = [](double number) { return static_cast<T>(number); };
    const Rmsprop<T> rmsprop{.lr = as(step.lr),
                             .alpha = as(step.alpha),
                             .rest = as(1 - step.alpha),
                             .eps = as(step.eps),
                             .weight_decay = as(step.weight_decay),
                             .momentum = as(step.momentum)};
    rmsprop_row(x.parameter, x.grad, x.state[0], x.state[1], x.state[2], rmsprop, x.size);
  });
}

void adagrad_step(std::vector<Update> updates, const AdagradStep& step) {
  for_each_piece("Adagrad", updates, [&]<class T>(const Piece<T>& x, const Update& u) {
    const double lr = step.lr / (1 + static_cast<double>(u.count - 1) * step.lr_decay);
    const Adagrad<T> adagrad{static_cast<T>(lr), static_cast<T>(step.eps), static_cast<T>(step.weight_decay)};
    adagrad_row(x.parameter, x.grad, x.state[0], adagrad, x.size);
  });
}

void average_step(std::vector<Update> updates, double decay) {
  for_each_piece("average", updates, [&]<class T>(const Piece<T>& x, const Update&) {
    average_row(x.parameter, x.grad, static_cast<T>(1 - decay), x.size);
  });
}

}  // namespace reel::kernels
