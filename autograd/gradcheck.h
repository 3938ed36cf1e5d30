#pragma once

#include <reel/autograd/function.h>

namespace reel {

/// How gradcheck() and its kin compare.
struct GradcheckOptions {
  /// How far an input is moved to either side for the central difference.
  double step = 1e-6;
  /// A gradient may differ by this share of the largest one of its input (and by rounding, some 1e-8).
  double tolerance = 1e-5;
  /// For the random direction that the output's gradient takes.
  std::uint64_t seed = 1;
  /// For check_op: the op broadcasts its inputs as NumPy does, element by element.
  bool broadcasts = false;
};

/// Compares the backward of `f` with central differences, for every element of every input and along a random direction
/// of the output. Inputs must be float64, and away from kinks and ties. Throws AutogradError that names the input, the
/// element, and both values where they differ, and where an output has no elements or depends on nothing.
void gradcheck(const Function& f, const std::vector<Tensor>& inputs, const GradcheckOptions& options = {});

/// The same for the gradient of the gradient: checks the backward of f's backward, for the inputs and for the output's
/// gradient.
void gradgradcheck(const Function& f, const std::vector<Tensor>& inputs, const GradcheckOptions& options = {});

/// All that an op has to stand: gradcheck and gradgradcheck on the inputs as given and on non-contiguous copies of
/// them, jvp along a direction beside a central difference, and the same forward from both. With `broadcasts`, also
/// with each input in turn cut down to its first row (an axis fewer) and to its first column (an axis of size 1) beside
/// the others as they are; the forward must then be that of the cut input expanded. Other shapes are other inputs to
/// call it with. For ops outside the library as well. Throws AutogradError where something differs, and ValueError for
/// `broadcasts` with fewer than two inputs.
void check_op(const Function& f, const std::vector<Tensor>& inputs, const GradcheckOptions& options = {});

}  // namespace reel
