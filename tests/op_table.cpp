#include <doctest/doctest.h>

#include <reel/core/kernels/elementwise.h>
#include <reel/core/random.h>
#include <tests/op_table.h>

namespace reel::testing {

std::vector<Tensor> draw_inputs(const OpCase& op) {
  Generator generator(std::hash<std::string>{}(op.name));
  std::vector<Tensor> inputs;
  for (const Shape& shape : op.shapes) {
    if (!op.distinct) {
      inputs.push_back(uniform(shape, op.low, op.high, float64, generator));
      continue;
    }
    // A shuffled grid: no two values closer than its step, none closer to 0 than half of it.
    const std::int64_t n = numel(shape);
    const double step = (op.high - op.low) / static_cast<double>(n);
    const Tensor grid = permutation(n, generator).to(float64) * step + (op.low + step / 3);
    inputs.push_back(grid.reshape(shape));
  }
  return inputs;
}

void check_table(const std::vector<OpCase>& table) {
  for (const OpCase& op : table) {
    CAPTURE(op.name);
    CHECK_NOTHROW(check_op(op.call, draw_inputs(op), {.broadcasts = op.broadcasts}));
  }
}

}  // namespace reel::testing
