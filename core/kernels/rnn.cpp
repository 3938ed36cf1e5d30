#include <algorithm>
#include <reel/core/kernels/elementwise.h>
#include <reel/core/kernels/gemm.h>
#include <reel/core/kernels/reduce.h>
#include <reel/core/kernels/rnn.h>
#include <reel/core/kernels/simd.h>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "reel/core/kernels/rnn.cpp"
#include <hwy/foreach_target.h>

#include <reel/core/kernels/rnn_cells-inl.h>
#include <reel/core/kernels/rnn_product-inl.h>

// A step needs all units of the step before, but of its own sequence alone. So tasks are some sequences each, from the
// first step to the last, and the weight stays in each core's cache. One that does not fit there is read once a step
// for all sequences, and tasks are some units of a step.

HWY_BEFORE_NAMESPACE();
namespace reel::kernels::HWY_NAMESPACE {
namespace {

constexpr std::int64_t cached_weight = 1 << 17;  // numbers
constexpr std::int64_t rows_together = 8;        // sequences of a task
constexpr std::int64_t worth_packing = 16;       // rows that the weight is multiplied by
constexpr std::int64_t worth_a_task = 1 << 20;   // multiply-adds

/// The sizes of a layer, and the order of its steps.
struct Sizes {
  std::int64_t steps, batch, units, groups;
  bool is_backwards;

  Sizes(const Recurrence& layer, std::int64_t step_count)
      : steps(step_count),
        batch(layer.h.size(0)),
        units(layer.h.size(1)),
        groups(gate_count(layer.cell)),
        is_backwards(layer.is_backwards) {}

  [[nodiscard]] std::int64_t weight() const { return groups * units * units; }
  /// The step that comes as number i.
  [[nodiscard]] std::int64_t step(std::int64_t i) const { return is_backwards ? steps - 1 - i : i; }
  /// Where sequence n of step t is, in tensors [T, N, ...].
  [[nodiscard]] std::int64_t row(std::int64_t t, std::int64_t n) const { return t * batch + n; }
  [[nodiscard]] bool is_worth_packing() const { return has_fast_vectors() && steps * batch >= worth_packing; }

  /// Calls `f(first, end)` for the sequences that are a task.
  template <class F>
  void each_rows(const F& f) const {
    parallel_for(batch, weight() <= cached_weight ? rows_together : batch, f);
  }
  /// Calls `f(begin, end)` for the blocks of units that are a task, of `rows` sequences.
  template <class F>
  void each_blocks(std::int64_t rows, std::int64_t blocks, const F& f) const {
    const std::int64_t work = std::max<std::int64_t>(1, rows * weight() / std::max<std::int64_t>(1, blocks));
    parallel_for(blocks, round_up(ceil_div(worth_a_task, work), 2), f);
  }
};

/// Where the numbers of the step before are: those to start from, or a row of all.
template <class T>
const T* earlier(const Tensor& start, const Tensor& all, const Sizes& size, std::int64_t i, std::int64_t n) {
  if (i == 0) return start.data<T>() + n * size.units;
  return all.data<T>() + size.row(all.size(0) == 1 ? 0 : size.step(i - 1), n) * size.units;
}

template <class T, class Cell>
void run_forward(Recurrence& layer, Recurred& out) {
  const Sizes size(layer, layer.gates.size(0));
  StepProduct<T> weight(layer.weight.data<T>(), size.groups, size.units, size.units, true, size.is_worth_packing());
  T* states = out.states.mutable_data<T>();
  T* gates = layer.gates.mutable_data<T>();
  T* kept = out.kept.defined() ? out.kept.mutable_data<T>() : nullptr;
  // Where they are not kept, each step writes over those of the one before.
  const bool keeps = out.kept.defined() && out.kept.size(0) == size.steps;
  const auto run_step = [&](std::int64_t i, std::int64_t first, std::int64_t end, T* product) HWY_ATTR {
    const std::int64_t t = size.step(i);
    const T* h = earlier<T>(layer.h, out.states, size, i, first);
    size.each_blocks(end - first, weight.blocks(), [&](std::int64_t begin_block, std::int64_t end_block) HWY_ATTR {
      weight.multiply(h, end - first, begin_block, end_block, product);
      for (std::int64_t n = first; n < end; ++n) {
        const std::int64_t at = size.row(t, n) * size.units;
        const std::int64_t at_kept = keeps ? at : n * size.units;
        const Forward<T> row{.units = size.units,
                             .product_stride = weight.group_stride(),
                             .product = product + (n - first) * weight.row_stride(),
                             .bias = layer.bias.defined() ? layer.bias.data<T>() : nullptr,
                             .h = h + (n - first) * size.units,
                             .before = layer.c.defined() ? earlier<T>(layer.c, out.kept, size, i, n) : nullptr,
                             .gates = gates + size.groups * at,
                             .kept = kept == nullptr ? nullptr : kept + at_kept,
                             .state = states + at};
        for_each_unit<T>(begin_block * lanes, std::min(size.units, end_block * lanes),
                         [&](auto d, std::int64_t unit) HWY_ATTR { Cell::forward(row, d, unit); });
      }
    });
  };
  size.each_rows([&](std::int64_t first, std::int64_t end) HWY_ATTR {
    Scratch<T> product((end - first) * weight.row_stride());
    for (std::int64_t i = 0; i < size.steps; ++i) run_step(i, first, end, product.data());
  });
}

/// Fills gates and h of `out`; `dproduct` is what the weight's gradient is made of.
template <class T, class Cell>
void run_backward(const Recurrence& layer, const Recurred& forward, const Tensor& grad, RecurrenceGrads& out,
                  Tensor& dproduct, Tensor& carry) {
  const Sizes size(layer, out.gates.size(0));
  const std::int64_t wide = size.groups * size.units;
  StepProduct<T> weight(layer.weight.data<T>(), 1, size.units, wide, false, size.is_worth_packing());
  T* dgates = out.gates.mutable_data<T>();
  T* dp = dproduct.mutable_data<T>();
  T* carried = carry.defined() ? carry.mutable_data<T>() : nullptr;
  const auto run_step = [&](std::int64_t i, std::int64_t first, std::int64_t end, T* product) HWY_ATTR {
    const std::int64_t t = size.step(i);
    for (std::int64_t n = first; n < end; ++n) {
      const std::int64_t at = size.row(t, n) * size.units;
      const bool is_plain = Cell::groups == 1;
      const Backward<T> row{.units = size.units,
                            .grad = grad.data<T>() + at,
                            .product = product + (n - first) * weight.row_stride(),
                            .state = forward.states.data<T>() + at,
                            .h = earlier<T>(layer.h, forward.states, size, i, n),
                            .gates = is_plain ? nullptr : layer.gates.data<T>() + size.groups * at,
                            .kept = is_plain ? nullptr : forward.kept.data<T>() + at,
                            .before = layer.c.defined() ? earlier<T>(layer.c, forward.kept, size, i, n) : nullptr,
                            .carry = is_plain ? nullptr : carried + n * size.units,
                            .dgates = dgates + size.groups * at,
                            .dproduct = dp + size.groups * at};
      for_each_unit<T>(0, size.units, [&](auto d, std::int64_t unit) HWY_ATTR { Cell::backward(row, d, unit); });
    }
    const T* from = dp + size.row(t, first) * wide;
    size.each_blocks(end - first, weight.blocks(), [&](std::int64_t begin, std::int64_t stop) HWY_ATTR {
      weight.multiply(from, end - first, begin, stop, product);
    });
  };
  size.each_rows([&](std::int64_t first, std::int64_t end) HWY_ATTR {
    Scratch<T> product((end - first) * weight.row_stride());
    std::fill_n(product.data(), (end - first) * weight.row_stride(), T{0});
    for (std::int64_t i = size.steps - 1; i >= 0; --i) run_step(i, first, end, product.data());
    for (std::int64_t n = first; n < end; ++n) {
      std::copy_n(product.data() + (n - first) * weight.row_stride(), size.units,
                  out.h.mutable_data<T>() + n * size.units);
    }
  });
}

template <class F>
void with_cell(RnnCell cell, const F& f) {
  switch (cell) {
    case RnnCell::tanh: return f(PlainCell<false>());
    case RnnCell::relu: return f(PlainCell<true>());
    case RnnCell::lstm: return f(LstmCell());
    case RnnCell::gru: return f(GruCell());
  }
}

void Run(Recurrence& layer, Recurred& out) {
  visit_floats("rnn", layer.h.dtype(),
               [&]<class T>(T) { with_cell(layer.cell, [&]<class Cell>(Cell) { run_forward<T, Cell>(layer, out); }); });
}

void RunBack(const Recurrence& layer, const Recurred& forward, const Tensor& grad, RecurrenceGrads& out,
             Tensor& dproduct, Tensor& carry) {
  visit_floats("rnn", layer.h.dtype(), [&]<class T>(T) {
    with_cell(layer.cell, [&]<class Cell>(Cell) { run_backward<T, Cell>(layer, forward, grad, out, dproduct, carry); });
  });
}

}  // namespace
}  // namespace reel::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace reel {

std::int64_t gate_count(RnnCell cell) { return cell == RnnCell::lstm ? 4 : cell == RnnCell::gru ? 3 : 1; }

namespace kernels {

HWY_EXPORT(Run);
HWY_EXPORT(RunBack);

namespace {

/// The sum over steps and sequences of dproduct transposed times the state before.
Tensor weight_grad(const Recurrence& layer, const Tensor& states, const Tensor& dproduct) {
  const std::int64_t steps = dproduct.size(0), batch = dproduct.size(1), wide = dproduct.size(2);
  const std::int64_t units = layer.h.size(1);
  Tensor out = Tensor::empty(layer.weight.shape(), layer.weight.dtype());
  visit_floats("rnn", out.dtype(), [&]<class T>(T) {
    const auto add = [&](std::int64_t step, const T* h, std::int64_t count, T beta) {
      const T* from = dproduct.data<T>() + step * batch * wide;
      parallel_gemm<T>(wide, units, count * batch, {from, wide, true}, {h, units}, beta, out.mutable_data<T>(), units);
    };
    add(layer.is_backwards ? steps - 1 : 0, layer.h.data<T>(), 1, 0);
    const T* before = states.data<T>() + (layer.is_backwards ? batch * units : 0);
    if (steps > 1) add(layer.is_backwards ? 0 : 1, before, steps - 1, 1);
  });
  return out;
}

}  // namespace

Recurred recur(Recurrence& layer, bool keep) {
  const std::int64_t steps = layer.gates.size(0), batch = layer.h.size(0), units = layer.h.size(1);
  const bool is_lstm = layer.cell == RnnCell::lstm;
  const auto empty = [&](std::int64_t t) { return Tensor::empty({t, batch, units}, layer.h.dtype()); };
  Recurred out{empty(is_lstm ? steps + 1 : steps), {}};
  if (gate_count(layer.cell) > 1) out.kept = empty(keep ? steps : 1);
  HWY_DYNAMIC_DISPATCH(Run)(layer, out);
  if (is_lstm) out.states.select(0, steps).copy_from(out.kept.select(0, layer.is_backwards || !keep ? 0 : steps - 1));
  return out;
}

RecurrenceGrads recur_grads(const Recurrence& layer, const Recurred& forward, const Tensor& given) {
  const Tensor grad = given.contiguous();
  const std::int64_t steps = forward.states.size(0) - (layer.cell == RnnCell::lstm ? 1 : 0);
  const Shape shape{steps, layer.h.size(0), layer.weight.size(0)};
  RecurrenceGrads out{.gates = Tensor::empty(shape, grad.dtype()), .h = Tensor::empty(layer.h.shape(), grad.dtype())};
  Tensor dproduct = out.gates;
  Tensor carry;
  if (layer.cell == RnnCell::lstm) carry = grad.select(0, steps).clone();
  if (layer.cell == RnnCell::gru) {
    dproduct = Tensor::empty(shape, grad.dtype());
    carry = Tensor::zeros(layer.h.shape(), grad.dtype());
  }
  HWY_DYNAMIC_DISPATCH(RunBack)(layer, forward, grad, out, dproduct, carry);
  out.weight = weight_grad(layer, forward.states, dproduct);
  if (layer.cell == RnnCell::lstm) out.c = carry;
  if (layer.cell == RnnCell::gru) {
    out.bias = sum(dproduct, {0, 1});
    add_scaled(out.h, carry);
  }
  return out;
}

}  // namespace kernels
}  // namespace reel
#endif
