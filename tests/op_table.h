#pragma once

#include <functional>
#include <reel/autograd/gradcheck.h>
#include <string>
#include <vector>

namespace reel::testing {

/// One row of an op table: what to call, on which shapes, and how its inputs are drawn.
struct OpCase {
  std::string name;
  Function call;
  std::vector<Shape> shapes;
  /// Values are drawn from [low, high), at least `gap` from 0 and from one another where the op has kinks or ties.
  double low = -2;
  double high = 2;
  bool distinct = false;
  bool broadcasts = false;  // see check_op
};

/// Inputs for a case, float64, the same at every call.
std::vector<Tensor> draw_inputs(const OpCase& op);

/// Runs the whole of the shared checks on every row: check_op, that is gradcheck and gradgradcheck, contiguous and not,
/// and broadcast.
void check_table(const std::vector<OpCase>& table);

}  // namespace reel::testing
