#include <algorithm>
#include <reel/core/kernels/linear_packed.h>
#include <reel/core/kernels/scratch.h>
#include <reel/core/parallel.h>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "reel/core/kernels/linear_packed.cpp"
#include <hwy/foreach_target.h>

#include <reel/core/kernels/epilogue-inl.h>

HWY_BEFORE_NAMESPACE();
namespace reel::kernels::HWY_NAMESPACE {
namespace {

constexpr std::int64_t task_work = 1 << 20;  // multiply-adds that make a task worth handing to a thread
constexpr std::int64_t task_rows = 64;       // rows of x that stay in the second-level cache

struct Product {
  const float* x;
  std::int64_t n, inputs, outputs;
  const float* panels;  // the weight as [block of outputs][I][lane]
  ChannelEnds ends;
  float* y;

  [[nodiscard]] std::int64_t blocks() const { return ceil_div(outputs, lanes); }
};

/// Zeros stand for outputs that the last block lacks.
void pack(const float* w, std::int64_t outputs, std::int64_t inputs, float* panels) {
  parallel_for(ceil_div(outputs, lanes), ceil_div(1 << 12, inputs), [&](std::int64_t begin, std::int64_t end) HWY_ATTR {
    for (std::int64_t b = begin; b < end; ++b) {
      gather_columns(w + b * lanes * inputs, inputs, std::min(lanes, outputs - b * lanes), inputs,
                     [&](std::int64_t k, Vec v) HWY_ATTR { store(v, panels + (b * inputs + k) * lanes); });
    }
  });
}

/// Rows [n, n + Rows) of y, in one or two blocks of outputs from block b on.
template <int Rows, int Blocks>
void multiply_tile(const Product& p, std::int64_t n, std::int64_t b) {
  Vec sum[Blocks][Rows];
  HWY_UNROLL(2)
  for (int v = 0; v < Blocks; ++v) {
    HWY_UNROLL(8)
    for (int i = 0; i < Rows; ++i) sum[v][i] = hn::Zero(Floats());
  }
  const float* rows = p.x + n * p.inputs;
  const float* panel = p.panels + b * p.inputs * lanes;
  add_terms(
      sum, [&](int i) HWY_ATTR { return rows + i * p.inputs; }, [](std::int64_t k) HWY_ATTR { return k; },
      [&](std::int64_t k) HWY_ATTR { return panel + k * lanes; }, p.inputs * lanes, p.inputs);
  HWY_UNROLL(2)
  for (int v = 0; v < Blocks; ++v) {
    const std::int64_t first = (b + v) * lanes;
    const std::int64_t count = std::min(lanes, p.outputs - first);
    const ChannelEnd finish = block_end(p.ends.from(first), count);
    HWY_UNROLL(8)
    for (int i = 0; i < Rows; ++i) store_some(finish(sum[v][i]), p.y + (n + i) * p.outputs + first, count);
  }
}

/// Rows [begin, end) of the blocks [first, last). The panels of a pair of blocks meet all rows while they are in the
/// second-level cache.
void multiply_piece(const Product& p, std::int64_t begin, std::int64_t end, std::int64_t first, std::int64_t last) {
  for (std::int64_t b = first; b < last; b += 2) {
    for_each_tile(end - begin, tile_rows, [&](std::int64_t n, std::int64_t count) HWY_ATTR {
      with_rows(count, [&]<int Rows>() HWY_ATTR {
        if (b + 1 < last) multiply_tile<Rows, 2>(p, begin + n, b);
        else multiply_tile<Rows, 1>(p, begin + n, b);
      });
    });
  }
}

/// Cut by sizes alone: some rows, and as many pairs of blocks as make them worth a task.
void multiply(const Product& p) {
  const std::int64_t pairs = ceil_div(p.blocks(), 2);
  const std::int64_t row_work = 2 * lanes * p.inputs;  // of a pair
  const std::int64_t rows = std::max(task_rows, round_up(ceil_div(task_work, pairs * row_work), tile_rows));
  const std::int64_t together = std::min(pairs, ceil_div(task_work, std::min(rows, p.n) * row_work));
  const std::int64_t down = ceil_div(p.n, rows);
  parallel_for(down * ceil_div(pairs, together), 1, [&](std::int64_t begin, std::int64_t end) HWY_ATTR {
    for (std::int64_t task = begin; task < end; ++task) {
      const std::int64_t row = task % down * rows;
      const std::int64_t block = task / down * together * 2;
      multiply_piece(p, row, std::min(p.n, row + rows), block, std::min(p.blocks(), block + 2 * together));
    }
  });
}

void Forward(const float* x, std::int64_t n, const float* w, std::int64_t outputs, std::int64_t inputs,
             const float* bias, Activation activation, float* y) {
  Scratch<float> panels(round_up(outputs, lanes) * inputs);
  pack(w, outputs, inputs, panels.data());
  multiply({x, n, inputs, outputs, panels.data(), {nullptr, bias, activation}, y});
}

}  // namespace
}  // namespace reel::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace reel::kernels::linear_packed {

HWY_EXPORT(Forward);

void forward(const float* x, std::int64_t n, const float* w, std::int64_t outputs, std::int64_t inputs,
             const float* bias, Activation activation, float* y) {
  HWY_DYNAMIC_DISPATCH(Forward)(x, n, w, outputs, inputs, bias, activation, y);
}

}  // namespace reel::kernels::linear_packed
#endif
