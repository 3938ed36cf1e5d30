#include <reel/autograd/ops/arithmetic.h>
#include <reel/autograd/ops/composed.h>
#include <reel/autograd/ops/scan.h>
#include <reel/autograd/ops/view.h>
#include <reel/autograd/tape.h>

namespace reel {
namespace {

/// The running products by doubling (Hillis and Steele, 1986): after each turn, an element holds twice as many factors.
/// No division, so the gradients are right beside zeros too.
Variable doubled_products(Variable a, int axis) {
  const std::int64_t n = a.size(axis);
  for (std::int64_t reach = 1; reach < n; reach *= 2) {
    const Variable longer = narrow(a, axis, reach, n - reach) * narrow(a, axis, 0, n - reach);
    a = concatenate({narrow(a, axis, 0, reach), longer}, axis);
  }
  return a;
}

}  // namespace

Variable cumsum(const Variable& a, std::int64_t axis, bool reverse) {
  return record(
      "cumsum", {a}, cumsum(a.value(), axis, reverse),
      [axis, reverse](const Variable& grad, const Step&) -> Gradients { return {cumsum(grad, axis, !reverse)}; },
      {{"axis", axis}, {"reverse", reverse, false}});
}

Variable cumprod(const Variable& a, std::int64_t axis) {
  return record("cumprod", {a}, cumprod(a.value(), axis),
                [a, axis](const Variable& grad, const Step& step) {
                  const auto products = [&](const std::vector<Variable>& v) {
                    return doubled_products(v[0], normalize_axis("cumprod", axis, a.rank())) * 1.0;
                  };
                  return composed_gradients(products, {a}, grad, step);
                },
                {{"axis", axis}});
}

}  // namespace reel
