#include <reel/autograd/ops/pad.h>
#include <reel/autograd/tape.h>
#include <reel/core/kernels/pad.h>

namespace reel {
namespace {

Variable pad_adjoint(const Variable& grad, const Shape& shape, const Dims& amounts, PaddingMode mode) {
  return record(
      "pad_adjoint", {grad}, kernels::pad_adjoint(grad.value(), shape, amounts, mode),
      [amounts, mode](const Variable& upstream, const Step&) -> Gradients { return {pad(upstream, amounts, mode)}; },
      {{"amounts", amounts}, {"mode", mode}});
}

Variable pad_with(const Variable& x, const Dims& amounts, PaddingMode mode, double zero) {
  require_defined("pad", x.value());
  return record("pad", {x}, kernels::pad(x.value(), amounts, mode, zero),
                [shape = x.shape(), amounts, mode](const Variable& grad, const Step&) -> Gradients {
                  return {pad_adjoint(grad, shape, amounts, mode)};
                },
                {{"amounts", amounts}, {"mode", mode}, {"value", zero, 0}});
}

}  // namespace

Variable pad(const Variable& x, const Dims& amounts, double value) {
  return pad_with(x, amounts, PaddingMode::zeros, value);
}

Variable pad(const Variable& x, const Dims& amounts, PaddingMode mode) { return pad_with(x, amounts, mode, 0); }

}  // namespace reel
